#include "common/format/yaml_read.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

bool yaml_wrong(struct yaml_fault *fault, const struct yaml *at, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	fault->line = at ? at->line : 1;
	vsnprintf(fault->text, sizeof fault->text, format, args);
	va_end(args);
	return false;
}

enum err yaml_read(
	struct bytes text, struct arena *arena, struct yaml **ret_root, struct yaml_fault *fault)
{
	struct yaml_problem problem;
	enum err err = yaml_parse(text, arena, ret_root, &problem);
	if (err) {
		fault->line = problem.line;
		snprintf(fault->text, sizeof fault->text, "%s", problem.words);
	}
	return err;
}

bool yaml_is_list(const struct yaml *at)
{
	return at && at->kind == YAML_LIST && at->first;
}

bool yaml_check_keys(struct yaml_fault *fault, const struct yaml *map, const char *const *keys)
{
	if (map->kind != YAML_MAP)
		return yaml_wrong(fault, map, "keys and values are expected here");
	for (const struct yaml *k = map->first; k; k = k->next) {
		const char *const *at = keys;
		while (*at && strcmp(*at, k->key) != 0)
			at++;
		if (!*at)
			return yaml_wrong(fault, k, "'%.60s' is not a key of this", k->key);
	}
	return true;
}

bool yaml_choice(
	struct yaml_fault *fault, const struct yaml *at, const char *const words[2], bool *ret)
{
	if (at && strcmp(at->text, words[0]) != 0 && strcmp(at->text, words[1]) != 0)
		return yaml_wrong(
			fault, at, "'%.60s' is neither %s nor %s", at->text, words[1], words[0]);
	*ret = at && strcmp(at->text, words[1]) == 0;
	return true;
}
