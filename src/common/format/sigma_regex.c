// Regular expressions, through PCRE2: rules are written for it (look-around, classes), which rules
// out engines that are linear by construction. It is kept from hanging by limits on steps, depth
// and memory, for the pattern as for each match.
#include "common/format/sigma_in.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

enum {
	REGEX_STEPS = 5000, // about a tenth of a millisecond
	REGEX_DEPTH = 200,
	REGEX_HEAP_KIB = 256,
	REGEX_PARENTHESES = 20
};

struct sigma_regex {
	struct sigma_regex *next;
	pcre2_code *code;
	pcre2_match_data *found;
	pcre2_match_context *limits;
};

static uint32_t options_of(const char *flags)
{
	uint32_t options = PCRE2_UTF | PCRE2_MATCH_INVALID_UTF | PCRE2_NEVER_BACKSLASH_C;
	if (strchr(flags, 'i'))
		options |= PCRE2_CASELESS;
	if (strchr(flags, 'm'))
		options |= PCRE2_MULTILINE;
	if (strchr(flags, 's'))
		options |= PCRE2_DOTALL;
	return options;
}

static pcre2_code *compile(const char *pattern, const char *flags, char ret_words[120])
{
	int error = 0;
	PCRE2_SIZE at = 0;
	pcre2_compile_context *context = pcre2_compile_context_create(NULL);
	if (!context)
		abort();
	pcre2_set_max_pattern_length(context, SIGMA_PATTERN_BYTES);
	pcre2_set_parens_nest_limit(context, REGEX_PARENTHESES);
	pcre2_code *code = pcre2_compile((PCRE2_SPTR)pattern, PCRE2_ZERO_TERMINATED,
		options_of(flags), &error, &at, context);
	pcre2_compile_context_free(context);
	if (!code && pcre2_get_error_message(error, (PCRE2_UCHAR *)ret_words, 120) < 0)
		snprintf(ret_words, 120, "error %d", error);
	return code;
}

enum err regex_new(struct sigma_rule *rule, const char *pattern, const char *flags,
	struct sigma_regex **ret_regex, char ret_words[120])
{
	pcre2_code *code = compile(pattern, flags, ret_words);
	if (!code)
		return ERR_SYNTAX;
	struct sigma_regex *regex = calloc(1, sizeof *regex);
	if (!regex)
		abort();
	regex->code = code;
	regex->found = pcre2_match_data_create(1, NULL);
	regex->limits = pcre2_match_context_create(NULL);
	if (!regex->found || !regex->limits)
		abort();
	pcre2_set_match_limit(regex->limits, REGEX_STEPS);
	pcre2_set_depth_limit(regex->limits, REGEX_DEPTH);
	pcre2_set_heap_limit(regex->limits, REGEX_HEAP_KIB);
	regex->next = rule->regexes;
	rule->regexes = regex;
	*ret_regex = regex;
	return OK;
}

bool regex_match(struct sigma_regex *regex, struct bytes text, uint64_t *gave_up)
{
	int found = pcre2_match(regex->code, text.at, text.size, 0, 0, regex->found, regex->limits);
	if (found < 0 && found != PCRE2_ERROR_NOMATCH)
		++*gave_up;
	return found >= 0;
}

void regex_free_all(struct sigma_regex *first)
{
	for (struct sigma_regex *next; first; first = next) {
		next = first->next;
		pcre2_code_free(first->code);
		pcre2_match_data_free(first->found);
		pcre2_match_context_free(first->limits);
		free(first);
	}
}
