#include "common/format/casework.h"

#include "common/format/yaml.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

[[gnu::format(printf, 3, 4)]] static bool wrong(
	struct casework_problem *problem, unsigned line, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	problem->line = line;
	vsnprintf(problem->text, sizeof problem->text, format, args);
	va_end(args);
	return false;
}

// As the courier's names are: a-z, 0-9 and -.
static bool is_destination(const char *text)
{
	size_t size = strlen(text);
	return size && size < CASEWORK_TELL_BYTES && *text != '-' &&
	       strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789-") == size;
}

static bool read_laws(
	const struct yaml *list, struct casework *work, struct casework_problem *problem)
{
	if (list->kind != YAML_LIST)
		return wrong(problem, list->line, "laws is a list");
	work->hipaa = work->gdpr = false;
	for (const struct yaml *law = list->first; law; law = law->next) {
		bool hipaa = strcmp(law->text, "hipaa") == 0, gdpr = strcmp(law->text, "gdpr") == 0;
		if (!hipaa && !gdpr)
			return wrong(problem, law->line, "a law is hipaa or gdpr");
		work->hipaa |= hipaa;
		work->gdpr |= gdpr;
	}
	return true;
}

static bool read_facts(
	const struct yaml *map, struct casework *work, struct casework_problem *problem)
{
	if (map->kind != YAML_MAP)
		return wrong(problem, map->line, "letters has keys and values");
	for (const struct yaml *fact = map->first; fact; fact = fact->next) {
		int field = letter_field_find(fact->key, strlen(fact->key));
		if (field < 0 || field >= LETTER_GIVEN || fact->kind != YAML_SCALAR)
			return wrong(
				problem, fact->line, "'%.40s' is no fact of a hospital", fact->key);
		work->facts[field] = fact->text;
	}
	return true;
}

static bool read_all(
	const struct yaml *root, struct casework *work, struct casework_problem *problem)
{
	if (root->kind != YAML_MAP)
		return wrong(problem, root->line, "keys and values are expected here");
	for (const struct yaml *key = root->first; key; key = key->next) {
		if (strcmp(key->key, "tell") == 0) {
			if (!is_destination(key->text))
				return wrong(problem, key->line, "tell names a destination");
			snprintf(work->tell, sizeof work->tell, "%s", key->text);
		} else if (strcmp(key->key, "laws") == 0) {
			if (!read_laws(key, work, problem))
				return false;
		} else if (strcmp(key->key, "letters") == 0) {
			if (!read_facts(key, work, problem))
				return false;
		} else {
			return wrong(problem, key->line, "'%.40s' is not a key of this", key->key);
		}
	}
	return true;
}

enum err casework_parse(struct bytes text, struct arena *arena, struct casework *ret,
	struct casework_problem *ret_problem)
{
	struct casework work = {.hipaa = true, .gdpr = true};
	struct yaml_problem problem;
	struct yaml *root;
	enum err err = text.size > CASEWORK_BYTES ? ERR_LIMIT : OK;
	if (err) {
		wrong(ret_problem, 1, "this file is too long");
		return err;
	}
	err = yaml_parse(text, arena, &root, &problem);
	if (err) {
		wrong(ret_problem, problem.line, "%s", problem.words);
		return err;
	}
	if (!read_all(root, &work, ret_problem))
		return ERR_INVALID;
	*ret = work;
	return OK;
}
