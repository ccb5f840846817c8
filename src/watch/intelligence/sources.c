#include "watch/intelligence/sources.h"

#include "common/format/yaml.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const kinds[SOURCE_KINDS] = {"file", "taxii", "misp", "list"};

enum {
	EVERY_LEAST_S = 5,
	SURE = 50
};

const char *source_kind_text(enum source_kind kind)
{
	return kinds[kind];
}

// "30m", "1h", "90d".
static bool read_time(const char *text, int64_t *ret_us)
{
	char *end;
	long number = strtol(text, &end, 10);
	const char *unit = *end ? strchr("smhd", *end) : NULL;
	static const long seconds[] = {1, 60, 3600, 86400};
	if (end == text || !unit || end[1] || number < 1 || number > 4000)
		return false;
	*ret_us = 1000000ll * number * seconds[unit - "smhd"];
	return true;
}

struct place {
	struct source *source;
	const char *folder;
};

static const char *read_name(struct place *p, const char *text)
{
	size_t size = strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789-");
	if (!size || text[size] || size >= 60)
		return "a name has small letters, digits and -";
	strcpy(p->source->name, text);
	return NULL;
}

static const char *read_kind(struct place *p, const char *text)
{
	for (int i = 0; i < SOURCE_KINDS; i++)
		if (strcmp(kinds[i], text) == 0) {
			p->source->kind = (enum source_kind)i;
			return NULL;
		}
	return "a kind is file, taxii, misp or list";
}

static const char *read_feed(struct place *p, const char *text)
{
	size_t size = strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789-");
	if (!size || text[size] || size >= 60)
		return "a feed is the name of one of the courier's destinations";
	strcpy(p->source->feed, text);
	return NULL;
}

static const char *read_file(struct place *p, const char *text)
{
	int size = snprintf(p->source->path, sizeof p->source->path, "%s/%s", p->folder, text);
	if (strstr(text, "..") || *text == '/' || size >= (int)sizeof p->source->path)
		return "a file is named from the folder of this one";
	return NULL;
}

static const char *read_every(struct place *p, const char *text)
{
	bool fine = read_time(text, &p->source->every_us) &&
		    p->source->every_us >= EVERY_LEAST_S * 1000000ll;
	return fine ? NULL : "every is a time of 5s at least, such as 1h";
}

static const char *read_expires(struct place *p, const char *text)
{
	return read_time(text, &p->source->expires_us) ? NULL : "expires is a time, such as 30d";
}

static const char *read_sure(struct place *p, const char *text)
{
	char *end;
	long sure = strtol(text, &end, 10);
	if (end == text || *end || sure < 0 || sure > 100)
		return "sure is a number from 0 to 100";
	p->source->sure = (int)sure;
	return NULL;
}

static const char *read_tlp(struct place *p, const char *text)
{
	p->source->tlp = tlp_find(text);
	return p->source->tlp ? NULL : "tlp is clear, green, amber, amber+strict or red";
}

static const struct option {
	const char *key;
	const char *(*read)(struct place *, const char *text);
} options[] = {
	{"name", read_name},
	{"kind", read_kind},
	{"feed", read_feed},
	{"file", read_file},
	{"every", read_every},
	{"expires", read_expires},
	{"sure", read_sure},
	{"tlp", read_tlp},
};

static bool wrong(struct sources *s, unsigned line, const char *words)
{
	s->problem_line = line;
	snprintf(s->problem, sizeof s->problem, "%s", words);
	return false;
}

static const char *read_option(struct place *place, const struct yaml *one)
{
	for (size_t i = 0; i < sizeof options / sizeof *options; i++)
		if (strcmp(options[i].key, one->key) == 0)
			return one->kind == YAML_SCALAR ? options[i].read(place, one->text)
							: "one value is expected";
	return "there is no such key";
}

void sources_add(struct sources *s, const struct source *source)
{
	s->at = realloc(s->at, (s->count + 1) * sizeof *s->at);
	if (!s->at)
		abort();
	s->at[s->count++] = *source;
}

static bool read_source(struct sources *s, const struct yaml *map, const char *folder)
{
	struct source source = {.sure = SURE, .every_us = 3600000000ll};
	struct place place = {&source, folder};
	if (map->kind != YAML_MAP)
		return wrong(s, map->line, "a source with its name is expected");
	for (const struct yaml *one = map->first; one; one = one->next) {
		const char *problem = read_option(&place, one);
		if (problem)
			return wrong(s, one->line, problem);
	}
	if (!*source.name)
		return wrong(s, map->line, "a source needs a name");
	if (source.kind == SOURCE_FILE ? !*source.path || *source.feed
				       : !*source.feed || *source.path)
		return wrong(s, map->line, "a file needs `file`, any other source needs `feed`");
	if (sources_find(s, source.name))
		return wrong(s, map->line, "there is a source of this name already");
	if (s->count == SOURCES_MOST)
		return wrong(s, map->line, "there are too many sources");
	source.permanent = source.kind == SOURCE_FILE && !source.expires_us;
	sources_add(s, &source);
	return true;
}

bool sources_parse(struct bytes text, const char *folder, struct sources *ret_sources)
{
	struct arena *arena = arena_new();
	struct yaml_problem problem;
	struct yaml *root;
	struct sources s = {0};
	const struct yaml *list = NULL;
	bool fine = yaml_parse(text, arena, &root, &problem) == OK;
	if (!fine)
		wrong(&s, problem.line, problem.words);
	for (const struct yaml *one = fine ? root->first : NULL; one && fine; one = one->next)
		if (root->kind != YAML_MAP || strcmp(one->key, "sources") != 0)
			fine = wrong(&s, one->line, "`sources:` with a list is expected");
		else
			list = one;
	if (fine && list && list->kind != YAML_LIST && (list->first || *list->text))
		fine = wrong(&s, list->line, "a list of sources is expected");
	for (const struct yaml *one = list ? list->first : NULL; one && fine; one = one->next)
		fine = read_source(&s, one, folder);
	arena_free(arena);
	if (!fine)
		s.count = 0;
	*ret_sources = s;
	return fine;
}

struct source *sources_find(const struct sources *s, const char *name)
{
	for (size_t i = 0; i < s->count; i++)
		if (strcmp(s->at[i].name, name) == 0)
			return &s->at[i];
	return NULL;
}

void sources_copy(const struct sources *from, struct sources *ret_to)
{
	*ret_to = *from;
	ret_to->at = malloc((from->count + 1) * sizeof *from->at);
	if (!ret_to->at)
		abort();
	if (from->count)
		memcpy(ret_to->at, from->at, from->count * sizeof *from->at);
}

void sources_done(struct sources *s)
{
	free(s->at);
	*s = (struct sources){0};
}
