#include "vault/spared.h"

#include "common/format/yaml.h"
#include "common/io/file.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
	FILE_BYTES = 256 * 1024
};

static enum err wrong(struct spared_problem *problem, unsigned line, const char *words)
{
	problem->line = line;
	snprintf(problem->text, sizeof problem->text, "%s", words);
	return ERR_INVALID;
}

static enum err read_texts(const struct yaml *list, const char **ret, size_t *ret_count,
	struct spared_problem *problem)
{
	if (list->kind != YAML_LIST)
		return wrong(problem, list->line, "a list is expected here");
	for (const struct yaml *one = list->first; one; one = one->next) {
		if (one->kind != YAML_SCALAR || !*one->text || *ret_count == SPARED_MOST)
			return wrong(problem, one->line, "at most 500 words in a list");
		ret[(*ret_count)++] = one->text;
	}
	return OK;
}

static enum err read_addresses(
	const struct yaml *list, struct spared *s, struct spared_problem *problem)
{
	const char *texts[SPARED_MOST];
	size_t count = 0;
	enum err err = read_texts(list, texts, &count, problem);
	for (size_t i = 0; !err && i < count; i++)
		if (prefix_parse(texts[i], &s->addresses[s->address_count++]))
			err = wrong(problem, list->line, "that is not an address or a prefix");
	return err;
}

static enum err read_number(const struct yaml *at, unsigned *ret, struct spared_problem *problem)
{
	char *end;
	unsigned long number = strtoul(at->text, &end, 10);
	if (at->kind != YAML_SCALAR || end == at->text || *end || number > 100000)
		return wrong(problem, at->line, "a number is expected here");
	*ret = (unsigned)number;
	return OK;
}

static enum err read_one(const struct yaml *one, struct spared *s, struct spared_problem *problem)
{
	const char *key = one->key;
	if (strcmp(key, "accounts") == 0)
		return read_texts(one, s->accounts, &s->account_count, problem);
	if (strcmp(key, "roles") == 0)
		return read_texts(one, s->roles, &s->role_count, problem);
	if (strcmp(key, "patients") == 0)
		return read_texts(one, s->patients, &s->patient_count, problem);
	if (strcmp(key, "addresses") == 0)
		return read_addresses(one, s, problem);
	if (strcmp(key, "most-per-hour") == 0)
		return read_number(one, &s->an_hour, problem);
	if (strcmp(key, "most-by-itself-per-hour") == 0)
		return read_number(one, &s->by_itself, problem);
	if (strcmp(key, "most-by-itself-per-account") == 0)
		return read_number(one, &s->by_itself_account, problem);
	return wrong(problem, one->line, "this is not known here");
}

enum err spared_parse(struct bytes text, struct arena *arena, struct spared *ret,
	struct spared_problem *ret_problem)
{
	struct yaml_problem problem;
	struct yaml *root;
	enum err err = yaml_parse(text, arena, &root, &problem);
	if (err) {
		(void)!wrong(ret_problem, problem.line, problem.words);
		return err;
	}
	if (root->kind != YAML_MAP)
		return wrong(ret_problem, root->line, "a map is expected here");
	if (!root->first) // cut off, perhaps: a list of nobody says so
		return wrong(ret_problem, 1, "nothing stands in this file");
	*ret = (struct spared){.an_hour = 30, .by_itself = 12, .by_itself_account = 2};
	for (const struct yaml *one = root->first; !err && one; one = one->next)
		err = read_one(one, ret, ret_problem);
	return err;
}

enum err spared_load(const char *path, struct arena *arena, struct spared *ret,
	struct spared_problem *ret_problem)
{
	struct buf read = {0};
	enum err err = file_read(path, FILE_BYTES, &read);
	struct bytes text = err ? (struct bytes){0} : bytes_copy(arena, buf_bytes(&read));
	buf_done(&read);
	if (err) {
		(void)!wrong(ret_problem, 0, err == ERR_LIMIT ? "is too large" : "cannot be read");
		return err == ERR_LIMIT ? ERR_INVALID : ERR_IO;
	}
	return spared_parse(text, arena, ret, ret_problem);
}

bool spared_has(const char *const *list, size_t count, const char *text)
{
	for (size_t i = 0; i < count; i++)
		if (strcmp(list[i], text) == 0)
			return true;
	return false;
}

bool spared_address(const struct spared *s, const struct prefix *prefix)
{
	for (size_t i = 0; i < s->address_count; i++)
		if (prefix_overlaps(&s->addresses[i], prefix))
			return true;
	return false;
}
