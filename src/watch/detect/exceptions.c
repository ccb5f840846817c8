#include "watch/detect/exceptions.h"

#include "common/base/time.h"
#include "common/format/yaml.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static enum err wrong(struct exceptions_problem *problem, unsigned line, const char *words)
{
	problem->line = line;
	snprintf(problem->text, sizeof problem->text, "%s", words);
	return ERR_INVALID;
}

static const char *word_of(const struct yaml *map, const char *key)
{
	const struct yaml *node = yaml_find(map, key);
	return node && node->kind == YAML_SCALAR && *node->text ? node->text : NULL;
}

static enum err read_until(const char *text, int64_t *ret_us)
{
	char full[TIME_TEXT_BYTES];
	if (strlen(text) != 10)
		return ERR_SYNTAX;
	snprintf(full, sizeof full, "%sT23:59:59Z", text);
	return time_parse(full, ret_us);
}

static enum err read_one(struct arena *arena, const struct yaml *map, struct exception *ret,
	struct exceptions_problem *problem)
{
	static const char *const keys[] = {"rule", "when", "reason", "until"};
	struct exception e = {.line = map->line};
	for (const struct yaml *one = map->first; one; one = one->next) {
		bool known = false;
		for (size_t i = 0; i < 4 && one->key; i++)
			known |= strcmp(keys[i], one->key) == 0;
		if (!known)
			return wrong(problem, one->line,
				"an exception has rule, when, reason and until");
	}
	const char *when = word_of(map, "when"), *is = when ? strchr(when, '=') : NULL;
	e.rule = word_of(map, "rule");
	e.reason = word_of(map, "reason");
	e.until = word_of(map, "until");
	if (!e.rule || !e.reason || !e.until || !is || !is[1])
		return wrong(problem, map->line,
			"an exception needs rule, when: field=value, reason and until");
	e.field = ocsf_field_find(arena_text_n(arena, when, (size_t)(is - when)));
	e.value = is + 1;
	if (e.field < 0)
		return wrong(problem, map->line, "there is no such field");
	if (read_until(e.until, &e.until_us))
		return wrong(problem, map->line, "until is a day, such as 2027-01-31");
	*ret = e;
	return OK;
}

enum err exceptions_parse(struct bytes text, struct arena *arena, struct exceptions *ret_exceptions,
	struct exceptions_problem *ret_problem)
{
	struct yaml_problem yaml;
	struct yaml *root;
	struct exceptions made = {0};
	enum err err = yaml_parse(text, arena, &root, &yaml);
	if (err) {
		(void)wrong(ret_problem, yaml.line, yaml.words);
		return err;
	}
	if (root->kind != YAML_LIST && root->first)
		return wrong(ret_problem, root->line, "a list of exceptions is expected");
	size_t count = 0;
	for (const struct yaml *one = root->first; one; one = one->next)
		count++;
	if (count > EXCEPTIONS_MOST)
		return wrong(ret_problem, root->line, "there are too many exceptions");
	made.at = arena_alloc(arena, (count + 1) * sizeof *made.at);
	for (const struct yaml *one = root->first; one; one = one->next) {
		err = read_one(arena, one, &made.at[made.count++], ret_problem);
		if (err)
			return err;
	}
	*ret_exceptions = made;
	return OK;
}

// JSON's texts are YAML's, in double quotes, but for three characters that YAML takes for the end
// of a line.
static void put_quoted(struct buf *out, const char *text)
{
	static const struct {
		const char *ends, *written;
	} lines[] = {{"\xc2\x85", "\\N"}, {"\xe2\x80\xa8", "\\L"}, {"\xe2\x80\xa9", "\\P"}};
	json_t *json = json_string(text);
	char *quoted = json ? json_dumps(json, JSON_ENCODE_ANY) : NULL;
	for (const char *at = quoted ? quoted : "\"\""; *at;) {
		size_t i = 0, most = sizeof lines / sizeof *lines;
		while (i < most && strncmp(at, lines[i].ends, strlen(lines[i].ends)) != 0)
			i++;
		if (i < most)
			buf_add_text(out, lines[i].written);
		else
			put_u8(out, (uint8_t)*at);
		at += i < most ? strlen(lines[i].ends) : 1;
	}
	free(quoted);
	json_decref(json);
}

void exception_encode(const struct exception *e, struct buf *out)
{
	char when[EXCEPTION_TEXT_BYTES + 64];
	snprintf(when, sizeof when, "%s=%s", ocsf_fields[e->field].name, e->value);
	buf_add_text(out, "- {rule: ");
	put_quoted(out, e->rule);
	buf_add_text(out, ", when: ");
	put_quoted(out, when);
	buf_add_text(out, ", reason: ");
	put_quoted(out, e->reason);
	buf_printf(out, ", until: %s}\n", e->until);
}

void exception_id(const struct exception *e, char ret_id[EXCEPTION_ID_BYTES])
{
	const char *const parts[] = {e->rule, ocsf_fields[e->field].name, e->value};
	static const uint8_t between = 0xff; // in no text
	uint64_t hash = BYTES_FNV;
	for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
		hash = bytes_fnv(bytes_fnv(hash, bytes_text(parts[i])), bytes_of(&between, 1));
	snprintf(ret_id, EXCEPTION_ID_BYTES, "%016llx", (unsigned long long)hash);
}

struct exception *exceptions_find(
	struct exceptions *exceptions, const char *rule, const struct ocsf_event *event)
{
	for (size_t i = 0; i < exceptions->count; i++) {
		struct exception *e = &exceptions->at[i];
		if (event->time_us > e->until_us || strcmp(e->rule, rule) != 0)
			continue;
		for (const struct ocsf_value *v = ocsf_first(event, (enum ocsf_field)e->field); v;
			v = ocsf_next(event, v))
			if (bytes_equal(v->text, bytes_text(e->value))) {
				e->used++;
				return e;
			}
	}
	return NULL;
}

void exceptions_carry(struct exceptions *to, const struct exceptions *from)
{
	for (size_t i = 0; i < to->count; i++)
		for (size_t j = 0; j < from->count; j++)
			if (strcmp(to->at[i].rule, from->at[j].rule) == 0 &&
				to->at[i].field == from->at[j].field &&
				strcmp(to->at[i].value, from->at[j].value) == 0)
				to->at[i].used += from->at[j].used;
}
