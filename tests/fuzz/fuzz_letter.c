// Any file as a letter's template: refused with its line, or every field is filled or a blank.
#include "fuzz.h"

#include "common/format/letter.h"

#include <string.h>

static size_t count_of(const struct buf *out, const char *text)
{
	size_t count = 0, size = strlen(text);
	for (size_t i = 0; i + size <= out->size; i++)
		count += memcmp(out->at + i, text, size) == 0;
	return count;
}

int LLVMFuzzerTestOneInput(const uint8_t *at, size_t size)
{
	const char *values[LETTER_FIELDS] = {[LETTER_NUMBER] = "\x01{patient}\x1b"};
	struct letter_problem problem = {0};
	struct buf out = {0};
	enum err err = letter_fill(bytes_of(at, size), values, &out, &problem);
	fuzz_rule(!err || (problem.line && *problem.text), "a problem has a line and words");
	for (size_t i = 0; !err && i < out.size; i++)
		fuzz_rule(
			out.at[i] >= 0x20 || strchr("\n\r\t", out.at[i]), "no control characters");
	if (!err && size && !memchr(at, '[', size))
		fuzz_rule(count_of(&out, "[") == count_of(&out, "[TO FILL IN: "),
			"blanks are marked");
	buf_done(&out);
	return 0;
}
