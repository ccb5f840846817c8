#include "common/format/letter.h"

#include "common/base/text.h"

#include <stdio.h>
#include <string.h>

const struct letter_word letter_words[LETTER_FIELDS] = {
	[LETTER_ORGANIZATION] = {"organization", "name of the hospital"},
	[LETTER_ADDRESS] = {"address", "postal address of the hospital"},
	[LETTER_CONTACT] = {"contact", "name and role of the person to ask"},
	[LETTER_PHONE] = {"phone", "telephone number, toll-free where the law asks for it"},
	[LETTER_EMAIL] = {"email", "e-mail address for questions"},
	[LETTER_WEB] = {"web", "web page for questions"},
	[LETTER_OFFICER] = {"officer", "name and contact of the data protection officer"},
	[LETTER_AUTHORITY] = {"authority", "name and address of the authority"},
	[LETTER_TODAY] = {"today", "date of this letter"},
	[LETTER_NUMBER] = {"number", "number of the incident"},
	[LETTER_TITLE] = {"title", "title of the incident"},
	[LETTER_STATE] = {"state", "state of the incident"},
	[LETTER_OPENED] = {"opened", "when the incident was opened"},
	[LETTER_HAPPENED] = {"happened", "when it happened"},
	[LETTER_DISCOVERED] = {"discovered", "date of the discovery"},
	[LETTER_AWARE] = {"aware", "when the hospital became aware"},
	[LETTER_LATE] = {"late", "reasons for a delay, where it is later than the law says"},
	[LETTER_AFFECTED] = {"affected", "number of people affected"},
	[LETTER_RECORDS] = {"records", "number of records affected"},
	[LETTER_KINDS] = {"kinds", "kinds of information that were exposed"},
	[LETTER_DESCRIPTION] = {"description", "what happened, in a few plain sentences"},
	[LETTER_CONSEQUENCES] = {"consequences", "likely consequences for those concerned"},
	[LETTER_MEASURES] = {"measures", "what was done, and what is being done"},
	[LETTER_STEPS] = {"steps", "what those concerned should do to protect themselves"},
	[LETTER_FACTORS] = {"factors", "the four factors of the assessment"},
	[LETTER_FINDINGS] = {"findings", "what was found"},
	[LETTER_TIMELINE] = {"timeline", "what happened when"},
	[LETTER_CLOCKS] = {"clocks", "what is due until when"},
	[LETTER_PATIENT] = {"patient", "name of the patient"},
};

int letter_field_find(const char *name, size_t size)
{
	for (int i = 0; i < LETTER_FIELDS; i++)
		if (strlen(letter_words[i].name) == size &&
			memcmp(letter_words[i].name, name, size) == 0)
			return i;
	return -1;
}

static enum err wrong(struct letter_problem *problem, unsigned line, const char *text, enum err err)
{
	problem->line = line;
	snprintf(problem->text, sizeof problem->text, "%s", text);
	return err;
}

static void put_value(struct buf *out, int field, const char *value)
{
	if (!value || !*value) {
		buf_printf(out, "[TO FILL IN: %s]", letter_words[field].help);
		return;
	}
	for (const char *at = value; *at; at++) {
		bool plain = (unsigned char)*at >= 0x20 || *at == '\n';
		buf_add(out, plain && *at != 0x7f ? at : " ", 1);
	}
}

enum err letter_fill(struct bytes text, const char *const values[LETTER_FIELDS], struct buf *out,
	struct letter_problem *ret_problem)
{
	unsigned line = 1;
	const char *at = (const char *)text.at, *end = at + text.size;
	if (text.size > LETTER_BYTES)
		return wrong(ret_problem, 1, "this template is too long", ERR_LIMIT);
	if (!text_is_clean(text))
		return wrong(ret_problem, 1, "this template is no plain UTF-8 text", ERR_INVALID);
	for (; at < end; at++) {
		line += *at == '\n';
		if (*at != '{') {
			buf_add(out, at, 1);
			continue;
		}
		if (at + 1 < end && at[1] == '{') {
			buf_add(out, at++, 1);
			continue;
		}
		const char *close = memchr(at, '}', (size_t)(end - at));
		const char *newline = memchr(at, '\n', (size_t)(end - at));
		if (!close || (newline && newline < close))
			return wrong(ret_problem, line, "a { that does not close", ERR_SYNTAX);
		int field = letter_field_find(at + 1, (size_t)(close - at - 1));
		if (field < 0)
			return wrong(ret_problem, line, "there is no such field", ERR_INVALID);
		put_value(out, field, values[field]);
		if (out->size > LETTER_MADE_BYTES)
			return wrong(ret_problem, line, "the letter is too long", ERR_LIMIT);
		at = close;
	}
	return OK;
}
