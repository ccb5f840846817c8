#include "common/format/indicator_list.h"

#include "common/base/text.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

struct line {
	char text[INDICATOR_LINE_BYTES];
	unsigned number;
};

static void replace(char *text, const char *from, const char *to)
{
	size_t size = strlen(from), other = strlen(to);
	for (char *at = strstr(text, from); at; at = strstr(at + other, from)) {
		memmove(at + other, at + size, strlen(at + size) + 1);
		memcpy(at, to, other);
	}
}

static void refang(char *text)
{
	replace(text, "[.]", ".");
	replace(text, "[:]", ":");
	if (text_starts(text, "hxxp"))
		memcpy(text, "http", 4);
}

// A value ends at the first space: what is behind it is a date, a score, a comment. A user agent
// has spaces, and ends at a comment.
static void trim(char *text, bool agent)
{
	for (char *c = text; *c; c++)
		if (isspace((unsigned char)*c) && (!agent || c[1] == '#')) {
			*c = '\0';
			break;
		}
}

static char *begin_of(char *text)
{
	static const char *const hosts[] = {"0.0.0.0", "127.0.0.1"};
	while (isspace((unsigned char)*text))
		text++;
	for (size_t i = 0; i < sizeof hosts / sizeof *hosts; i++) {
		size_t size = strlen(hosts[i]);
		if (!text_starts(text, hosts[i]) || !isspace((unsigned char)text[size]))
			continue;
		char *name = text + size;
		while (isspace((unsigned char)*name))
			name++;
		if (*name && *name != '#' && *name != ';')
			return name;
	}
	return text;
}

static enum err parse(char *text, struct indicator *indicator)
{
	bool agent = text_starts(text, "agent:") || text_starts(text, "agent part:");
	trim(text, agent);
	if (text_starts(text, "agent part:"))
		return indicator_set(indicator, OBSERVABLE_AGENT_PART, bytes_text(text + 11));
	if (agent)
		return indicator_set(indicator, OBSERVABLE_AGENT, bytes_text(text + 6));
	refang(text);
	return indicator_guess(indicator, bytes_text(text));
}

// False at the end. Lines that are too long are cut, and then no indicator.
static bool next_line(struct bytes *text, struct line *line)
{
	if (!text->size)
		return false;
	const uint8_t *end = memchr(text->at, '\n', text->size);
	size_t size = end ? (size_t)(end - text->at) : text->size;
	size_t kept = size < INDICATOR_LINE_BYTES ? size : INDICATOR_LINE_BYTES - 1;
	memcpy(line->text, text->at, kept);
	line->text[kept] = '\0';
	line->number++;
	size += end != NULL;
	*text = bytes_of(text->at + size, text->size - size);
	return true;
}

static void each(struct bytes text, const struct indicator_taker *taker, size_t ret_counts[2])
{
	struct line line = {.number = 0};
	while (next_line(&text, &line)) {
		struct indicator i = {.sure = INDICATOR_SURE_UNKNOWN};
		char id[32], *at = begin_of(line.text);
		if (!*at || *at == '#' || *at == ';')
			continue;
		enum err err = parse(at, &i);
		ret_counts[err == ERR_SYNTAX]++;
		snprintf(id, sizeof id, "line %u", line.number);
		if (taker && err)
			taker->left(taker->context, id,
				err == ERR_INVALID ? "it would match almost everybody"
						   : "nothing that is known");
		else if (taker)
			taker->take(taker->context, &i);
	}
}

enum err indicator_list(struct bytes text, const struct indicator_taker *taker)
{
	size_t counts[2] = {0};
	if (text.size > INDICATOR_LIST_BYTES)
		return ERR_LIMIT;
	if (!text_is_utf8(text))
		return ERR_SYNTAX;
	each(text, NULL, counts);
	if (counts[1] > counts[0])
		return ERR_SYNTAX;
	each(text, taker, counts);
	return OK;
}
