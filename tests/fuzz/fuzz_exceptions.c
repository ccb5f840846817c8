// A file of exceptions; and a value and a reason, divided by a zero byte, that somebody asked for:
// however they are spelled, the line that is written for them is one exception with just these.
#include "fuzz.h"

#include "common/base/text.h"
#include "watch/detect/exceptions.h"

#include <string.h>

static void same(const struct exception *a, const struct exception *b)
{
	fuzz_rule(strcmp(a->rule, b->rule) == 0 && a->field == b->field &&
			  strcmp(a->value, b->value) == 0 && strcmp(a->reason, b->reason) == 0 &&
			  strcmp(a->until, b->until) == 0 && a->until_us == b->until_us,
		"the same exception");
}

static void file(struct bytes text, struct arena *arena)
{
	struct exceptions got, again;
	struct exceptions_problem problem;
	struct buf out = {0};
	if (exceptions_parse(text, arena, &got, &problem))
		return;
	fuzz_rule(got.count <= EXCEPTIONS_MOST, "the ceiling");
	for (size_t i = 0; i < got.count; i++) {
		bool small = strlen(got.at[i].value) < EXCEPTION_TEXT_BYTES;
		out.size = 0;
		exception_encode(&got.at[i], &out);
		if (!small || exceptions_parse(buf_bytes(&out), arena, &again, &problem))
			continue; // longer than what anybody may ask for, or control characters
		fuzz_rule(again.count == 1, "one line is one exception");
		same(&got.at[i], &again.at[0]);
	}
	buf_done(&out);
}

static bool is_line(const char *text)
{
	for (const char *c = text; *c; c++)
		if ((unsigned char)*c < 0x20 || *c == 0x7f)
			return false;
	return *text && strlen(text) < EXCEPTION_TEXT_BYTES && text_is_utf8(bytes_text(text));
}

static void asked(struct bytes text, struct arena *arena)
{
	const char *value = arena_text_n(arena, (const char *)text.at, text.size);
	size_t size = strlen(value);
	struct exception e = {.rule = "6b1f0d5e-3f0e-4e0c-9c55-0f4f0e9c2a11",
		.field = OCSF_USER_AGENT,
		.value = value,
		.reason = size < text.size ? value + size + 1 : "",
		.until = "2099-01-31",
		.until_us = 4073587199000000};
	struct exceptions got;
	struct exceptions_problem problem;
	struct buf out = {0};
	if (!is_line(e.value) || !is_line(e.reason))
		return;
	exception_encode(&e, &out);
	if (exceptions_parse(buf_bytes(&out), arena, &got, &problem) == OK) {
		fuzz_rule(got.count == 1, "no more than was asked for");
		same(&e, &got.at[0]);
	}
	buf_done(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *at, size_t size)
{
	struct arena *arena = arena_new();
	if (size)
		(*at & 1 ? asked : file)(bytes_of(at + 1, size - 1), arena);
	arena_free(arena);
	return 0;
}
