#include "vault/serve/letters.h"

#include "common/base/text.h"
#include "common/base/time.h"
#include "common/format/casework.h"
#include "common/io/file.h"
#include "vault/serve/names.h"

#include <stdio.h>
#include <string.h>

static enum err slurp(const char *path, size_t most, struct buf *text)
{
	enum err err = file_read(path, most, text);
	return err == ERR_LIMIT ? OK : err; // whoever reads it says so
}

// A name of a file and nothing else.
static bool is_kind(const char *kind)
{
	size_t size = strlen(kind);
	return size && size <= 40 && strspn(kind, "abcdefghijklmnopqrstuvwxyz0123456789-") == size;
}

// ---- What is known.

static const char *day_of(struct exchange *x, int64_t at_us)
{
	char text[TIME_TEXT_BYTES];
	if (!at_us)
		return "";
	time_format(at_us, text);
	return arena_text_n(x->arena, text, 10);
}

static const char *moment_of(struct exchange *x, int64_t at_us)
{
	char text[TIME_TEXT_BYTES];
	if (!at_us)
		return "";
	time_format(at_us, text);
	return arena_printf(x->arena, "%.10s %.5s UTC", text, text + 11);
}

static const char *span_of(struct exchange *x, const struct room *room)
{
	const char *first = day_of(x, room->first_us), *last = day_of(x, room->last_us);
	return strcmp(first, last) == 0 ? first : arena_printf(x->arena, "%s to %s", first, last);
}

static const char *word(const json_t *json, const char *key)
{
	const char *text = json_string_value(json_object_get(json, key));
	return text ? text : "";
}

static const char *list_of(struct exchange *x, const json_t *json, bool findings_only)
{
	struct buf out = {0};
	const json_t *timeline = json_object_get(json, "timeline");
	json_int_t more = json_integer_value(json_object_get(json, "timeline_left_out"));
	for (size_t i = 0; i < json_array_size(timeline); i++) {
		const json_t *one = json_array_get(timeline, i);
		bool finding = strcmp(word(one, "kind"), "finding") == 0;
		const char *who = word(json_object_get(one, "who"), "name");
		if (findings_only && !finding)
			continue;
		buf_printf(&out, "- %.16s", word(one, "time"));
		if (finding)
			buf_printf(&out, " found (%s): %s", word(one, "level"), word(one, "title"));
		else
			buf_printf(&out, " %s", word(one, "kind"));
		if (!finding && *who)
			buf_printf(&out, " by %s", who);
		const char *text = *word(one, "text") ? word(one, "text") : word(one, "value");
		char *line = arena_printf(x->arena, "%s%s", *text ? ": " : "", text);
		text_tame(line, false); // a note has lines, and each would be an item of its own
		buf_printf(&out, "%s\n", line);
	}
	if (more)
		buf_printf(&out, "- and %lld findings more\n", (long long)more);
	const char *made = arena_text_n(x->arena, (const char *)out.at, out.size);
	buf_done(&out);
	return made;
}

static const char *factors_of(struct exchange *x, const struct room *room)
{
	static const char *const factors[][2] = {{"factor-nature", "Nature and extent"},
		{"factor-recipient", "Who used or received it"},
		{"factor-acquired", "Whether it was acquired or viewed"},
		{"factor-mitigated", "How far the risk was mitigated"}};
	const char *all = "";
	bool known = false;
	for (size_t i = 0; i < 4; i++) {
		const char *answer = room_answer(room, factors[i][0]);
		known |= *answer != 0;
		all = arena_printf(x->arena, "%s- %s: %s\n", all, factors[i][1],
			*answer ? answer : "[TO FILL IN]");
	}
	return known ? all : "";
}

static const char *clocks_of(struct exchange *x, const struct room *room)
{
	const char *all = "";
	for (int duty = 0; room->has_clocks && duty < BREACH_DUTIES; duty++)
		all = arena_printf(x->arena, "%s- %s %s: %s: %s\n", all, breach_words[duty].law,
			breach_words[duty].article, breach_words[duty].title,
			room->clocks[duty].words);
	return all;
}

static const char *count_of(struct exchange *x, uint64_t count)
{
	return count ? arena_printf(x->arena, "%llu", (unsigned long long)count) : "";
}

static const char *either(const char *one, const char *other)
{
	return *one ? one : other;
}

static void fill_values(struct exchange *x, const struct room *room, const char **values)
{
	const json_t *json = room->json;
	values[LETTER_TODAY] = day_of(x, x->now_us);
	values[LETTER_NUMBER] = room->number;
	values[LETTER_TITLE] = word(json, "title");
	values[LETTER_STATE] = word(json, "state");
	values[LETTER_OPENED] = word(json, "opened");
	values[LETTER_HAPPENED] = span_of(x, room);
	values[LETTER_DISCOVERED] = day_of(x, room->known.discovered_us);
	values[LETTER_AWARE] = moment_of(x, room->known.aware_us);
	values[LETTER_LATE] = room_answer(room, "late");
	values[LETTER_AFFECTED] = count_of(x, room->known.affected);
	values[LETTER_RECORDS] = count_of(x, room->access_count);
	values[LETTER_KINDS] = either(room_answer(room, "kinds"), room->kinds);
	values[LETTER_DESCRIPTION] = room_answer(room, "description");
	values[LETTER_CONSEQUENCES] = room_answer(room, "consequences");
	values[LETTER_MEASURES] = room_answer(room, "measures");
	values[LETTER_STEPS] = room_answer(room, "steps");
	values[LETTER_FACTORS] = factors_of(x, room);
	values[LETTER_FINDINGS] = list_of(x, json, true);
	values[LETTER_TIMELINE] = list_of(x, json, false);
	values[LETTER_CLOCKS] = clocks_of(x, room);
}

// The hospital's own facts. False: answered.
static bool read_facts(struct vault *vault, struct exchange *x, const char **values)
{
	struct buf text = {0};
	struct casework work = {0};
	struct casework_problem problem = {0};
	enum err err = slurp(arena_printf(x->arena, "%s/incidents.yaml", vault->parts.rules),
		CASEWORK_BYTES, &text);
	if (!err)
		err = casework_parse(buf_bytes(&text), x->arena, &work, &problem);
	buf_done(&text);
	if (err && err != ERR_NOT_FOUND) {
		answer_error(x, 503, "unavailable", "incidents.yaml:%u: %s", problem.line,
			*problem.text ? problem.text : err_text(err));
		return false;
	}
	for (int i = 0; i < LETTER_GIVEN; i++)
		values[i] = work.facts[i];
	return true;
}

const char *letter_write(struct vault *vault, struct exchange *x, const struct letter_wish *wish)
{
	const char *values[LETTER_FIELDS] = {0};
	struct letter_problem problem = {0};
	struct buf text = {0}, made = {0};
	char *letter = NULL;
	enum err err = is_kind(wish->kind) ? slurp(arena_printf(x->arena, "%s/letters/%s.md",
							   vault->parts.rules, wish->kind),
						     LETTER_BYTES, &text)
					   : ERR_NOT_FOUND;
	if (err) {
		answer_error(x, 404, "not-found", "There is no such letter.");
	} else if (read_facts(vault, x, values)) {
		fill_values(x, wish->room, values);
		values[LETTER_PATIENT] =
			wish->patient ? names_patient(vault, x, wish->patient) : NULL;
		err = letter_fill(buf_bytes(&text), values, &made, &problem);
		if (err)
			answer_error(x, 503, "unavailable", "letters/%s.md:%u: %s", wish->kind,
				problem.line, problem.text);
		else
			text_tame(letter = arena_text_n(x->arena, (const char *)made.at, made.size),
				true);
	}
	buf_done(&text);
	buf_done(&made);
	return letter;
}
