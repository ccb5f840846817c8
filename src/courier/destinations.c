#include "courier/destinations.h"

#include "common/format/yaml.h"
#include "common/message/errand.h"
#include "courier/options.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static const struct {
	const char *name;
	int64_t timeout_ms;
	size_t most_bytes;
} kinds[DESTINATION_KINDS] = {
	[DESTINATION_MAIL] = {"mail", 60000, ERRAND_CONTENT_BYTES},
	[DESTINATION_WEBHOOK] = {"webhook", 30000, ERRAND_CONTENT_BYTES},
	[DESTINATION_FEED] = {"feed", 300000, 64 * 1024 * 1024},
	[DESTINATION_SYSLOG] = {"syslog", 30000, 64 * 1024},
};

const char *destination_kind_text(enum destination_kind kind)
{
	return kind > 0 && kind < DESTINATION_KINDS ? kinds[kind].name : "?";
}

const struct endpoint *destination_end(const struct destination *d)
{
	return d->proxy ? &d->proxy_end : &d->end;
}

const struct destination *destinations_find(const struct destinations *all, const char *name)
{
	for (size_t i = 0; i < all->count; i++)
		if (strcmp(all->list[i].name, name) == 0)
			return &all->list[i];
	return NULL;
}

static enum destination_kind kind_of(const struct yaml *map)
{
	const struct yaml *kind = yaml_find(map, "kind");
	for (int i = 1; kind && i < DESTINATION_KINDS; i++)
		if (strcmp(kind->text, kinds[i].name) == 0)
			return (enum destination_kind)i;
	return 0;
}

static void wrong(struct destinations *all, unsigned line, const char *words)
{
	if (*all->problem)
		return;
	all->line = line;
	errand_words(all->problem, sizeof all->problem, words);
}

static void read_one(struct destinations *all, const struct yaml *map, struct arena *arena)
{
	struct destination d = {.name = map->key,
		.line = map->line,
		.kind = map->kind == YAML_MAP ? kind_of(map) : 0,
		.accept = "*/*",
		.retries = 100,
		.backoff_ms = 30000,
		.backoff_most_ms = 3600000,
		.expiry_ms = 2 * 86400000LL,
		.facility = 13};
	if (!errand_is_name(d.name)) {
		wrong(all, map->line, "a destination's name is made of a-z, 0-9 and -");
		return;
	}
	if (!d.kind) {
		wrong(all, map->line, "a destination has a kind: mail, webhook, feed or syslog");
		return;
	}
	d.timeout_ms = kinds[d.kind].timeout_ms;
	d.most_bytes = kinds[d.kind].most_bytes;
	for (const struct yaml *one = map->first; one && !*all->problem; one = one->next) {
		const char *words = option_read(&d, one, arena);
		if (words)
			wrong(all, one->line, arena_printf(arena, "%s: %s", one->key, words));
	}
	const char *words = *all->problem ? NULL : options_check(&d);
	if (words)
		wrong(all, map->line, arena_printf(arena, "%s: %s", d.name, words));
	all->list[all->count++] = d;
}

struct destinations *destinations_parse(struct bytes text, struct arena *arena)
{
	struct destinations *all = arena_alloc(arena, sizeof *all);
	struct yaml *root;
	struct yaml_problem problem;
	if (yaml_parse(text, arena, &root, &problem)) {
		wrong(all, problem.line, problem.words);
		return all;
	}
	if (root->kind != YAML_MAP)
		wrong(all, root->line, "names of destinations are expected");
	for (const struct yaml *one = root->first; one && !*all->problem; one = one->next) {
		if (all->count == DESTINATIONS_MOST)
			wrong(all, one->line, "there are too many destinations");
		else
			read_one(all, one, arena);
	}
	if (*all->problem)
		all->count = 0;
	return all;
}

struct destinations *destinations_load(const char *path, struct arena *arena)
{
	static const char *const bundles[] = {
		"/etc/ssl/certs/ca-certificates.crt", "/etc/ssl/cert.pem"};
	struct bytes text = {0};
	struct destinations *all;
	enum err err = option_file(path, YAML_MOST_BYTES, arena, &text);
	if (err && err != ERR_NOT_FOUND) {
		all = arena_alloc(arena, sizeof *all);
		wrong(all, 0, err == ERR_LIMIT ? "is too large" : "cannot be read");
		return all;
	}
	all = destinations_parse(text, arena);
	for (size_t i = 0; i < 2 && !all->system_ca.size; i++)
		if (option_file(bundles[i], DESTINATION_FILE_BYTES, arena, &all->system_ca))
			all->system_ca = (struct bytes){0};
	return all;
}
