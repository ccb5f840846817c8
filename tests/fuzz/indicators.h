// indicators: what must hold for whatever a parser of indicators hands over.
#pragma once

#include "fuzz.h"

#include "common/base/text.h"
#include "common/format/indicator.h"

#include <string.h>

static inline bool fuzz_is_line(const char *text)
{
	for (; *text; text++)
		if ((unsigned char)*text < ' ' || *text == 127)
			return false;
	return true;
}

static inline void fuzz_take(void *context, const struct indicator *i)
{
	struct indicator again = {.sure = i->sure};
	size_t *count = context;
	fuzz_rule(i->kind < OBSERVABLES && i->tlp < TLPS, "a kind and a colour");
	fuzz_rule(i->sure >= INDICATOR_SURE_UNKNOWN && i->sure <= 100, "how sure");
	fuzz_rule(*i->value && strlen(i->value) < sizeof i->value, "a value");
	fuzz_rule(fuzz_is_line(i->id) && fuzz_is_line(i->name) && fuzz_is_line(i->author),
		"one line each");
	fuzz_rule(text_is_utf8(bytes_text(i->name)), "text");
	fuzz_rule(indicator_set(&again, i->kind, bytes_text(i->value)) == OK &&
			  strcmp(again.value, i->value) == 0,
		"one spelling");
	(*count)++;
}

static inline void fuzz_left(void *context, const char *id, const char *why)
{
	size_t *count = context;
	fuzz_rule(*id && *why && fuzz_is_line(id), "what, and why");
	(*count)++;
}
