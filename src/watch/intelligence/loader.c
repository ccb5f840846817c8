#include "watch/intelligence/loader.h"

#include "common/base/text.h"
#include "common/format/indicator_list.h"
#include "common/format/misp.h"
#include "common/format/yaml.h"
#include "common/io/file.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum {
	PATH = 520
};

// ---- Files.

static enum err read_file(const char *path, size_t most, struct buf *out)
{
	struct stat info;
	if (stat(path, &info) != 0)
		return ERR_IO;
	if (!S_ISREG(info.st_mode) || (size_t)info.st_size > most)
		return ERR_LIMIT;
	buf_reserve(out, (size_t)info.st_size + 1);
	enum err err = file_read(path, most, out);
	return err == ERR_NOT_FOUND ? ERR_IO : err;
}

static uint64_t stamp_of(const char *path)
{
	struct stat info;
	if (stat(path, &info) != 0)
		return 0;
	uint64_t parts[] = {(uint64_t)info.st_mtim.tv_sec, (uint64_t)info.st_mtim.tv_nsec,
		(uint64_t)info.st_size, (uint64_t)info.st_ino};
	uint64_t stamp = 1;
	for (size_t i = 0; i < 4; i++)
		stamp = (stamp ^ parts[i]) * UINT64_C(0x9E3779B97F4A7C15) + 1;
	return stamp >> 1; // what a database holds
}

typedef void each_file(void *context, const char *path, const char *name);

static void each(const char *folder, each_file *file, void *context)
{
	DIR *dir = opendir(folder);
	for (struct dirent *one; dir && (one = readdir(dir));) {
		char path[PATH + 300];
		struct stat info;
		snprintf(path, sizeof path, "%s/%s", folder, one->d_name);
		if (*one->d_name != '.' && text_is_utf8(bytes_text(one->d_name)) &&
			text_is_tame(one->d_name, false) && stat(path, &info) == 0 &&
			S_ISREG(info.st_mode))
			file(context, path, one->d_name);
	}
	if (dir)
		closedir(dir);
}

static void add_stamp(void *context, const char *path, const char *name)
{
	uint64_t *stamp = context;
	uint64_t own = stamp_of(path);
	for (; *name; name++)
		own = (own ^ (uint8_t)*name) * UINT64_C(0x100000001b3);
	*stamp += own; // whatever their order
}

uint64_t loader_stamp(const char *state, const char *rules)
{
	char path[PATH];
	uint64_t stamp = 1;
	snprintf(path, sizeof path, "%s/feeds", state);
	each(path, add_stamp, &stamp);
	snprintf(path, sizeof path, "%s/intelligence", rules);
	each(path, add_stamp, &stamp);
	snprintf(path, sizeof path, "%s/intelligence/warninglists", rules);
	each(path, add_stamp, &stamp);
	snprintf(path, sizeof path, "%s/network/zones.yaml", rules);
	add_stamp(&stamp, path, "zones");
	return stamp;
}

// ---- Warning lists.

struct listing {
	struct work *work;
	struct warnings *warnings;
};

static void add_list(void *context, const char *path, const char *name)
{
	struct listing *l = context;
	struct buf text = {0};
	enum err err = read_file(path, MISP_BYTES, &text);
	if (!err)
		err = warnings_add(l->warnings, buf_bytes(&text));
	if (err)
		snprintf(l->work->warning_problem, sizeof l->work->warning_problem, "%.100s: %s",
			name,
			err == ERR_UNSUPPORTED ? "lists of expressions are not supported"
					       : err_text(err));
	buf_done(&text);
}

static void add_zone(struct warnings *warnings, const struct yaml *zone)
{
	const struct yaml *list = zone->kind == YAML_MAP ? yaml_find(zone, "prefixes") : NULL;
	for (const struct yaml *one = list ? list->first : NULL; one; one = one->next) {
		struct prefix prefix;
		if (one->kind == YAML_SCALAR && prefix_parse(one->text, &prefix) == OK)
			warnings_add_own(warnings, &prefix, "Own networks (zones)");
	}
}

// The zones of the network are our own; what is wrong in their file is guard's to tell.
static void add_own(const char *rules, struct warnings *warnings)
{
	char path[PATH];
	struct buf text = {0};
	struct arena *arena = arena_new();
	struct yaml_problem problem;
	struct yaml *root;
	snprintf(path, sizeof path, "%s/network/zones.yaml", rules);
	if (!read_file(path, YAML_MOST_BYTES, &text) &&
		!yaml_parse(buf_bytes(&text), arena, &root, &problem) && root->kind == YAML_MAP) {
		const struct yaml *zones = yaml_find(root, "zones");
		for (const struct yaml *one = zones ? zones->first : NULL; one; one = one->next)
			add_zone(warnings, one);
	}
	arena_free(arena);
	buf_done(&text);
}

static struct warnings *read_warnings(struct work *w)
{
	char path[PATH];
	struct listing l = {w, warnings_new()};
	snprintf(path, sizeof path, "%s/intelligence/warninglists", w->rules);
	*w->warning_problem = '\0';
	each(path, add_list, &l);
	add_own(w->rules, l.warnings);
	warnings_ready(l.warnings);
	return l.warnings;
}

// ---- Sources and their files.

static void add_dropped(void *context, const char *path, const char *name)
{
	struct work *w = context;
	struct source source = {.kind = SOURCE_FILE, .sure = 50, .permanent = true};
	indicator_words(source.name, sizeof source.name, name);
	snprintf(source.path, sizeof source.path, "%s", path);
	if (w->sources.count < TABLE_SOURCES && !sources_find(&w->sources, source.name))
		sources_add(&w->sources, &source);
}

// When the file is wrong, what it said before goes on; files that were dropped count anyhow.
static void read_sources(struct work *w)
{
	char path[PATH], folder[PATH];
	struct buf text = {0};
	struct sources read = {0};
	snprintf(folder, sizeof folder, "%s/intelligence", w->rules);
	snprintf(path, sizeof path, "%s/intelligence/sources.yaml", w->rules);
	if (stamp_of(path) && read_file(path, YAML_MOST_BYTES, &text))
		snprintf(read.problem, sizeof read.problem, "it cannot be read");
	else
		(void)sources_parse(buf_bytes(&text), folder, &read);
	buf_done(&text);
	if (*read.problem) {
		w->sources.problem_line = read.problem_line;
		memcpy(w->sources.problem, read.problem, sizeof read.problem);
		sources_done(&read);
		for (size_t i = 0; i < w->sources.count;) // the dropped ones come anew
			if (strncmp(w->sources.at[i].path, w->state, strlen(w->state)) == 0)
				w->sources.at[i] = w->sources.at[--w->sources.count];
			else
				i++;
	} else {
		sources_done(&w->sources);
		w->sources = read;
	}
	snprintf(path, sizeof path, "%s/feeds", w->state);
	each(path, add_dropped, w);
}

static void import_file(struct work *w, const struct source *source)
{
	struct shelf_state *state = states_of(&w->states, source->name);
	uint64_t stamp = stamp_of(source->path);
	if (!state || (stamp && stamp == state->stamp))
		return;
	struct buf text = {0};
	const struct import import = {.source = source->name, .how = IMPORT_WHOLE};
	enum err err = read_file(source->path, INDICATOR_LIST_BYTES, &text);
	state->tried_us = w->now_us;
	state->stamp = stamp;
	if (err)
		snprintf(state->words, sizeof state->words, "it cannot be read: %s", err_text(err));
	else
		err = import_document(w->shelf, &import, buf_bytes(&text), state, NULL);
	state->failures = err ? state->failures + 1 : 0;
	if (!err)
		state->fine_us = w->now_us;
	buf_done(&text);
}

// What no source names any more goes.
static enum err drop_others(struct work *w)
{
	enum err err = OK;
	for (size_t i = 0; !err && i < w->states.count;) {
		const char *name = w->states.at[i].name;
		if (sources_find(&w->sources, name)) {
			i++;
			continue;
		}
		err = shelf_drop(w->shelf, name, NULL);
		if (!err)
			err = shelf_drop_left(w->shelf, name);
		if (!err)
			err = shelf_state_drop(w->shelf, name);
		if (!err)
			w->states.at[i] = w->states.at[--w->states.count];
	}
	return err;
}

static enum err work_files(struct work *w)
{
	read_sources(w);
	enum err err = drop_others(w);
	for (size_t i = 0; !err && i < w->sources.count; i++)
		if (w->sources.at[i].kind == SOURCE_FILE)
			import_file(w, &w->sources.at[i]);
	return err;
}

// ---- Fetched documents.

static void work_document(struct work *w)
{
	struct shelf_state *state = states_of(&w->states, w->source);
	const struct import import = {w->source, w->part, w->how};
	struct buf text = {0};
	w->err = state ? read_file(w->document, INDICATOR_LIST_BYTES, &text) : ERR_LIMIT;
	if (!w->err)
		w->err = import_document(w->shelf, &import, buf_bytes(&text), state, &w->page);
	buf_done(&text);
}

static void on_event(void *context, const char *uuid, int64_t changed_s)
{
	struct work *w = context;
	size_t at = w->event_count;
	if (changed_s <= w->since_s)
		return;
	if (at == LOADER_EVENTS) { // the newest go first, they come in the next round
		w->more_events = true;
		if (changed_s >= w->events[at - 1].changed_s)
			return;
		at--;
	} else {
		w->event_count++;
	}
	for (; at && w->events[at - 1].changed_s > changed_s; at--)
		w->events[at] = w->events[at - 1];
	snprintf(w->events[at].uuid, sizeof w->events[at].uuid, "%.36s", uuid);
	w->events[at].changed_s = changed_s;
}

static void work_manifest(struct work *w)
{
	struct buf text = {0};
	w->event_count = 0;
	w->more_events = false;
	w->err = read_file(w->document, MISP_BYTES, &text);
	if (!w->err)
		w->err = misp_manifest(buf_bytes(&text), on_event, w);
	buf_done(&text);
}

static enum err make_edition(struct work *w)
{
	struct warnings *warnings = read_warnings(w);
	const struct edition_from from = {w->shelf, &w->sources, &w->states, warnings, w->now_us};
	enum err err = edition_make(&from, &w->edition);
	warnings_free(warnings);
	return err;
}

static void *run(void *context)
{
	struct loader *loader = context;
	struct work *w = &loader->work;
	w->err = OK;
	w->edition = NULL;
	if (w->kind == WORK_DOCUMENT)
		work_document(w);
	else if (w->kind == WORK_MANIFEST)
		work_manifest(w);
	else if (w->kind == WORK_FILES)
		w->err = work_files(w);
	if (!w->err && (w->kind == WORK_FILES || w->kind == WORK_EDITION))
		w->err = make_edition(w);
	atomic_store(&loader->done, true);
	return NULL;
}

void loader_start(struct loader *loader)
{
	atomic_store(&loader->done, false);
	loader->busy = true;
	if (pthread_create(&loader->thread, NULL, run, loader) != 0)
		abort();
}

bool loader_done(struct loader *loader, bool wait)
{
	if (!loader->busy || (!wait && !atomic_load(&loader->done)))
		return false;
	pthread_join(loader->thread, NULL);
	loader->busy = false;
	return true;
}
