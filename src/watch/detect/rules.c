#include "watch/detect/rules.h"

#include "common/base/map.h"
#include "common/base/text.h"
#include "common/format/yaml.h"
#include "common/io/file.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

// ---- Files.

struct paths {
	char *at[RULES_FILES];
	size_t count, left_out, odd, looked_at;
};

static int by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static bool ends_with(const char *text, const char *end)
{
	size_t size = strlen(text), tail = strlen(end);
	return size > tail && strcmp(text + size - tail, end) == 0;
}

static bool is_wanted(const char *path)
{
	return ends_with(path, ".yml") || ends_with(path, ".txt") ||
	       ends_with(path, "/exceptions.yaml");
}

// Links lead to files and nowhere else, so that none goes in circles.
static void collect(const char *folder, int depth, struct paths *paths)
{
	DIR *dir = depth <= RULES_DEPTH ? opendir(folder) : NULL;
	for (struct dirent *one; dir && paths->looked_at <= RULES_NAMES && (one = readdir(dir));) {
		char path[RULES_PATH_BYTES];
		struct stat info;
		int size = snprintf(path, sizeof path, "%s/%s", folder, one->d_name);
		paths->looked_at++;
		if (one->d_name[0] == '.' || size < 0 || (size_t)size >= sizeof path)
			continue;
		if (!text_is_utf8(bytes_text(one->d_name)) || !text_is_tame(one->d_name, false)) {
			paths->odd++; // its name would be told
			continue;
		}
		if (!is_wanted(path) && (one->d_type == DT_REG || one->d_type == DT_LNK))
			continue;
		if (lstat(path, &info) == 0 && S_ISDIR(info.st_mode))
			collect(path, depth + 1, paths);
		else if (!is_wanted(path))
			continue;
		else if (stat(path, &info) != 0 || !S_ISREG(info.st_mode))
			paths->odd++;
		else if (paths->count < RULES_FILES)
			paths->at[paths->count++] = strdup(path);
		else
			paths->left_out++;
	}
	if (dir)
		closedir(dir);
}

static struct paths *paths_of(const char *folder)
{
	struct paths *paths = calloc(1, sizeof *paths);
	if (!paths)
		abort();
	collect(folder, 0, paths);
	qsort(paths->at, paths->count, sizeof *paths->at, by_name);
	return paths;
}

static void paths_free(struct paths *paths)
{
	for (size_t i = 0; i < paths->count; i++)
		free(paths->at[i]);
	free(paths);
}

uint64_t rules_stamp(const char *folder)
{
	struct paths *paths = paths_of(folder);
	uint64_t stamp = BYTES_FNV;
	for (size_t i = 0; i < paths->count; i++) {
		struct stat info;
		uint64_t parts[4] = {0};
		if (stat(paths->at[i], &info) == 0) {
			parts[0] = (uint64_t)info.st_mtim.tv_sec;
			parts[1] = (uint64_t)info.st_mtim.tv_nsec;
			parts[2] = (uint64_t)info.st_size;
			parts[3] = (uint64_t)info.st_ino;
		}
		stamp = bytes_fnv(stamp, bytes_text(paths->at[i]));
		for (size_t p = 0; p < 4; p++)
			stamp = (stamp ^ parts[p]) * 0x9e3779b97f4a7c15u;
	}
	paths_free(paths);
	return stamp;
}

// ---- Reading.

struct reading {
	struct rules *rules;
	size_t folder_size; // of its path with the slash, to show the rest
	struct map *lists;  // name: struct sigma_list
	struct map *ids;    // id or name: struct sigma_rule, once resolved
};

static void problem(struct reading *r, const char *path, unsigned line, const char *words)
{
	struct rules *rules = r->rules;
	if (rules->problem_count < RULES_PROBLEMS) {
		struct rules_problem *p = &rules->problems[rules->problem_count];
		p->file = strlen(path) > r->folder_size
				  ? arena_text(rules->arena, path + r->folder_size)
				  : "";
		p->line = line;
		snprintf(p->text, sizeof p->text, "%s", words);
	}
	rules->problem_count++;
}

static const struct sigma_list *list_find(void *context, const char *name)
{
	const struct reading *r = context;
	return map_find(r->lists, bytes_text(name));
}

// One value a line; empty lines and those that begin with # do not count.
static void take_list(struct reading *r, const char *path, struct bytes text)
{
	struct arena *arena = r->rules->arena;
	char *all = arena_text_n(arena, (const char *)text.at, text.size), *save = NULL;
	const char **values = arena_alloc(arena, RULES_LIST_VALUES * sizeof *values);
	size_t count = 0;
	if (!text_is_clean(text)) {
		problem(r, path, 1, "this is not text");
		return;
	}
	for (char *line = strtok_r(all, "\r\n", &save); line;
		line = strtok_r(NULL, "\r\n", &save)) {
		if (*line == '#')
			continue;
		if (count == RULES_LIST_VALUES) {
			problem(r, path, 1, "there are too many values in this list");
			return;
		}
		values[count++] = line;
	}
	struct sigma_list *list = arena_alloc(arena, sizeof *list);
	*list = (struct sigma_list){values, count};
	const char *name = strrchr(path, '/') + 1;
	map_set(r->lists, bytes_of(name, strlen(name) - strlen(".txt")), list);
}

static void take_rules(struct reading *r, const char *path, struct bytes text)
{
	const struct sigma_lists lists = {list_find, r};
	struct sigma_rule *first;
	struct sigma_problem wrong;
	struct rules *rules = r->rules;
	if (sigma_parse(text, &lists, rules->arena, &first, &wrong)) {
		problem(r, path, wrong.line, wrong.text);
		return;
	}
	const char *file = arena_text(rules->arena, path + r->folder_size);
	for (; first; first = first->next) {
		if (rules->count == RULES_MOST) {
			problem(r, path, first->line, "there are too many rules");
			sigma_free(first);
			break;
		}
		rules->at[rules->count++] = (struct rules_entry){first, file, NULL};
	}
}

static void take_exceptions(struct reading *r, const char *path, struct bytes text)
{
	struct exceptions_problem wrong;
	if (exceptions_parse(text, r->rules->arena, &r->rules->exceptions, &wrong))
		problem(r, path, wrong.line, wrong.text);
}

static void take_files(struct reading *r, const struct paths *paths, const char *end,
	void (*take)(struct reading *, const char *, struct bytes))
{
	for (size_t i = 0; i < paths->count; i++) {
		struct buf text = {0};
		if (!ends_with(paths->at[i], end))
			continue;
		enum err err = file_read(paths->at[i], YAML_MOST_BYTES, &text);
		if (err)
			problem(r, paths->at[i], 1,
				err == ERR_LIMIT ? "the file is too large"
						 : "the file cannot be read");
		else
			take(r, paths->at[i], buf_bytes(&text));
		buf_done(&text);
	}
}

// ---- Who refers to whom.

static struct sigma_rule *rule_find(void *context, const char *name)
{
	struct reading *r = context;
	return map_find(r->ids, bytes_text(name));
}

static bool publish(struct reading *r, const struct rules_entry *entry)
{
	struct sigma_rule *rule = entry->rule;
	const char *names[] = {rule->id, rule->name};
	for (size_t i = 0; i < 2; i++) {
		if (names[i] && map_find(r->ids, bytes_text(names[i])))
			return false;
		if (names[i])
			map_set(r->ids, bytes_text(names[i]), rule);
	}
	return true;
}

static void leave_out(
	struct reading *r, struct rules_entry *entry, unsigned line, const char *words)
{
	char path[RULES_PATH_BYTES * 2];
	snprintf(path, sizeof path, "%*s%s", (int)r->folder_size, "", entry->file);
	problem(r, path, line, words);
	entry->rule->detection = NULL;
	entry->rule->correlation = NULL;
}

// Detections first; then, layer by layer, the correlations all of whose rules are there.
static void resolve(struct reading *r)
{
	struct rules *rules = r->rules;
	bool *done = calloc(rules->count + 1, sizeof *done);
	struct sigma_problem wrong;
	if (!done)
		abort();
	for (int layer = 0; layer <= RULES_CHAIN; layer++)
		for (size_t i = 0; i < rules->count; i++) {
			struct rules_entry *e = &rules->at[i];
			if (done[i] || (!layer) == (e->rule->kind != SIGMA_DETECTION) ||
				sigma_resolve(e->rule, rule_find, r, &wrong))
				continue;
			done[i] = true;
			if (!publish(r, e))
				leave_out(r, e, e->rule->line, "another rule has this id or name");
		}
	for (size_t i = 0; i < rules->count; i++)
		if (!done[i] && sigma_resolve(rules->at[i].rule, rule_find, r, &wrong))
			leave_out(r, &rules->at[i], wrong.line, wrong.text);
		else if (!done[i])
			leave_out(r, &rules->at[i], rules->at[i].rule->line,
				"too many correlations one above the other");
	free(done);
}

static void connect_all(struct rules *rules)
{
	size_t kept = 0;
	for (size_t i = 0; i < rules->count; i++)
		if (rules->at[i].rule->detection || rules->at[i].rule->correlation)
			rules->at[kept++] = rules->at[i];
		else
			sigma_free(&(struct sigma_rule){.regexes = rules->at[i].rule->regexes});
	rules->count = kept;
	for (size_t i = 0; i < kept; i++)
		rules->at[i].rule->number = i;
	for (size_t i = kept; i-- > 0;) {
		const struct sigma_correlation *c = rules->at[i].rule->correlation;
		for (size_t which = 0; c && which < c->rule_count; which++) {
			struct rules_wish *wish = arena_alloc(rules->arena, sizeof *wish);
			struct rules_entry *to = &rules->at[c->rules[which]->number];
			*wish = (struct rules_wish){to->wishes, i, which};
			to->wishes = wish;
			to->rule->referred |= !c->generate;
		}
	}
}

static const char overfull[] = "there are too many files in the folder";

void rules_keep(struct rules *rules)
{
	static const char words[] = "; the rules from before go on";
	size_t last = rules->problem_count < RULES_PROBLEMS ? rules->problem_count : RULES_PROBLEMS;
	if (last && strstr(rules->problems[last - 1].text, words))
		return; // it was said
	rules->problem_count += last < RULES_PROBLEMS;
	struct rules_problem *p = &rules->problems[last < RULES_PROBLEMS ? last : last - 1];
	*p = (struct rules_problem){.file = ""};
	snprintf(p->text, sizeof p->text, "%s%s", overfull, words);
}

struct rules *rules_read(const char *folder)
{
	struct rules *rules = calloc(1, sizeof *rules);
	struct paths *paths = paths_of(folder);
	if (!rules)
		abort();
	rules->arena = arena_new();
	rules->at = arena_alloc(rules->arena, RULES_MOST * sizeof *rules->at);
	rules->problems = arena_alloc(rules->arena, RULES_PROBLEMS * sizeof *rules->problems);
	struct reading r = {.rules = rules,
		.folder_size = strlen(folder) + 1,
		.lists = map_new(),
		.ids = map_new()};
	if (!paths->count)
		problem(&r, "", 0, "there is no rule in the folder, or it cannot be read");
	if (paths->odd)
		problem(&r, "", 0, "something that is no ordinary file is left out");
	rules->overfull = paths->left_out || paths->looked_at > RULES_NAMES;
	if (rules->overfull)
		problem(&r, "", 0, overfull);
	take_files(&r, paths, ".txt", take_list);
	take_files(&r, paths, ".yml", take_rules);
	take_files(&r, paths, "/exceptions.yaml", take_exceptions);
	resolve(&r);
	connect_all(rules);
	map_free(r.lists);
	map_free(r.ids);
	paths_free(paths);
	return rules;
}

void rules_also(struct rules *rules, const char *path)
{
	struct reading r = {.rules = rules, .folder_size = (size_t)(strrchr(path, '/') + 1 - path)};
	struct exceptions before = rules->exceptions, also = {0};
	struct exceptions_problem wrong;
	struct buf text = {0};
	if (access(path, F_OK) != 0)
		return;
	if (file_read(path, YAML_MOST_BYTES, &text))
		problem(&r, path, 1, "the file cannot be read, or is too large");
	else if (exceptions_parse(buf_bytes(&text), rules->arena, &also, &wrong))
		problem(&r, path, wrong.line, wrong.text);
	buf_done(&text);
	struct exception *all =
		arena_alloc(rules->arena, (before.count + also.count + 1) * sizeof *all);
	for (size_t i = 0; i < before.count; i++)
		all[i] = before.at[i];
	for (size_t i = 0; i < also.count; i++) {
		all[before.count + i] = also.at[i];
		all[before.count + i].added = true;
	}
	rules->exceptions = (struct exceptions){all, before.count + also.count};
}

void rules_free(struct rules *rules)
{
	if (!rules)
		return;
	for (size_t i = 0; i < rules->count; i++)
		sigma_free(&(struct sigma_rule){.regexes = rules->at[i].rule->regexes});
	arena_free(rules->arena);
	free(rules);
}
