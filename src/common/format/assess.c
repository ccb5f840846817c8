#include "common/format/assess.h"

#include "common/base/text.h"
#include "common/base/time.h"

#include <stdio.h>
#include <string.h>

const struct assess_question assess_questions[] = {
	{"discovered", "When it was known, or would have been with diligence.", ASSESS_TIME},
	{"aware", "When the hospital became aware of it, for the 72 hours.", ASSESS_TIME},
	{"factor-nature", "What kinds of information, and how likely it names the person.",
		ASSESS_WORDS, .factor = true},
	{"factor-recipient", "Who used it, or to whom it went.", ASSESS_WORDS, .factor = true},
	{"factor-acquired", "Whether it was actually acquired or viewed.", ASSESS_WORDS,
		.factor = true},
	{"factor-mitigated", "How far the risk has been mitigated.", ASSESS_WORDS, .factor = true},
	{"breach", "Whether it is a breach; no needs the four factors.", ASSESS_CHOICE,
		{"undecided", "yes", "no"}},
	{"harm", "How high the risk to those concerned is.", ASSESS_CHOICE,
		{"unknown", "unlikely", "likely", "high"}},
	{"affected", "How many people, where it is not what the evidence says.", ASSESS_NUMBER},
	{"residents", "The most of them who live in one State.", ASSESS_NUMBER},
	{"description", "What happened, in a few plain sentences.", ASSESS_WORDS},
	{"kinds", "Kinds of information, where it is not what the evidence says.", ASSESS_WORDS},
	{"consequences", "Likely consequences for those concerned.", ASSESS_WORDS},
	{"measures", "What was done, and what is being done.", ASSESS_WORDS},
	{"steps", "What those concerned should do.", ASSESS_WORDS},
	{"late", "Why something is later than the law says.", ASSESS_WORDS},
	{"told-individuals", "When the patients were told (45 CFR 164.404).", ASSESS_TIME},
	{"told-hhs", "When HHS was told (45 CFR 164.408).", ASSESS_TIME},
	{"told-media", "When the media were told (45 CFR 164.406).", ASSESS_TIME},
	{"told-authority", "When the authority was notified (Art. 33).", ASSESS_TIME},
	{"told-subjects", "When those concerned were told (Art. 34).", ASSESS_TIME},
};
const size_t assess_question_count = sizeof assess_questions / sizeof *assess_questions;

const struct assess_question *assess_find(const char *key)
{
	for (size_t i = 0; i < assess_question_count; i++)
		if (strcmp(assess_questions[i].key, key) == 0)
			return &assess_questions[i];
	return NULL;
}

static bool time_of(const char *value, int64_t *ret_us)
{
	char full[64];
	snprintf(full, sizeof full, "%.40s%s", value, strchr(value, 'T') ? "" : "T00:00:00Z");
	return strlen(value) <= 40 && time_parse(full, ret_us) == OK && *ret_us > 0;
}

const char *assess_problem(const struct assess_question *question, const char *value)
{
	size_t size = strlen(value);
	int64_t at_us;
	switch (question->kind) {
	case ASSESS_TIME:
		return time_of(value, &at_us)
			       ? NULL
			       : "a time is written 2026-02-03 or 2026-02-03T04:05:06Z";
	case ASSESS_NUMBER:
		return size && size <= 12 && strspn(value, "0123456789") == size
			       ? NULL
			       : "a number is expected";
	case ASSESS_CHOICE:
		for (size_t i = 0; question->choices[i]; i++)
			if (strcmp(question->choices[i], value) == 0)
				return NULL;
		return "this is none of the answers";
	default:
		return size && size <= ASSESS_WORDS_BYTES && text_is_clean(bytes_text(value))
			       ? NULL
			       : "some words are expected, at most 1000 bytes";
	}
}

int64_t assess_time_us(const char *value)
{
	int64_t at_us = 0;
	return time_of(value, &at_us) ? at_us : 0;
}
