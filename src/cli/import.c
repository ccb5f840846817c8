// hospitaller import: bundles into the records, with progress.
#include "cli/talk.h"

#include "common/base/text.h"
#include "common/base/time.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
	FILES_MOST = 1000000,
	TRIES = 60
};

struct files {
	char **paths;
	size_t count, room;
	uint64_t bytes;
};

struct totals {
	uint64_t created, unchanged, done_bytes;
	size_t done_files, not_stored;
	int64_t began_us;
	json_t *failures; // for --json: each file that was not stored, and why
};

static void add_file(struct files *files, const char *path, uint64_t size)
{
	if (files->count == files->room) {
		files->room = files->room ? 2 * files->room : 64;
		files->paths = realloc(files->paths, files->room * sizeof *files->paths);
		if (!files->paths)
			abort();
	}
	if (!(files->paths[files->count++] = strdup(path)))
		abort();
	files->bytes += size;
}

static int by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static bool add_folder(struct files *files, const char *path)
{
	DIR *dir = opendir(path);
	if (!dir)
		return false;
	size_t first = files->count;
	for (struct dirent *entry; (entry = readdir(dir)) && files->count < FILES_MOST;) {
		char name[4096];
		struct stat stat_;
		size_t length = strlen(entry->d_name);
		if (length < 5 || strcmp(entry->d_name + length - 5, ".json") != 0)
			continue;
		snprintf(name, sizeof name, "%s/%s", path, entry->d_name);
		if (stat(name, &stat_) == 0 && S_ISREG(stat_.st_mode))
			add_file(files, name, (uint64_t)stat_.st_size);
	}
	closedir(dir);
	qsort(files->paths + first, files->count - first, sizeof *files->paths, by_name);
	return true;
}

static bool add_path(struct files *files, const char *path)
{
	struct stat stat_;
	if (stat(path, &stat_) != 0)
		return false;
	if (S_ISDIR(stat_.st_mode))
		return add_folder(files, path);
	add_file(files, path, (uint64_t)stat_.st_size);
	return true;
}

static bool read_all(const char *path, struct buf *ret)
{
	FILE *file = fopen(path, "re");
	size_t got = 1;
	if (!file)
		return false;
	while (got && ret->size <= DOOR_BODY_BYTES) {
		buf_reserve(ret, 1 << 20);
		got = fread(ret->at + ret->size, 1, 1 << 20, file);
		ret->size += got;
	}
	bool fine = !ferror(file);
	fclose(file);
	return fine;
}

static void show_progress(const struct files *files, const struct totals *t)
{
	int64_t us = time_monotonic_us() - t->began_us;
	double done = files->bytes ? (double)t->done_bytes / (double)files->bytes : 1;
	double rate = us ? (double)(t->created + t->unchanged) * 1e6 / (double)us : 0;
	int bar = (int)(done * 30),
	    left = done > 0 ? (int)((double)us / 1e6 * (1 - done) / done) : 0;
	if (!isatty(STDERR_FILENO))
		return;
	fprintf(stderr,
		"\r[%.*s%.*s] %3d%%  %zu of %zu files  %llu resources  %.0f/s  %d:%02d left ", bar,
		"##############################", 30 - bar, "..............................",
		(int)(done * 100), t->done_files, files->count,
		(unsigned long long)(t->created + t->unchanged), rate, left / 60, left % 60);
}

static void note_failure(const struct invocation *invocation, struct totals *t, const char *path,
	const struct trouble *trouble)
{
	t->not_stored++;
	if (invocation->json)
		json_array_append_new(
			t->failures, json_pack("{s:s, s:s, s:s}", "file", path, "error",
					     trouble->code, "message", trouble->message));
	else
		fprintf(stderr, "%shospitaller: %s was not stored: %s\n",
			isatty(STDERR_FILENO) ? "\n" : "", path, trouble->message);
}

static int send_body(const struct invocation *invocation, struct bytes body, struct totals *t,
	struct trouble *ret_trouble)
{
	json_t *answer = NULL;
	int result = EXIT_UNREACHABLE;
	const struct client_ask ask = {.method = DOOR_POST, .path = "/api/import", .body = body};
	// A server that restarts is back in a second; what was stored already stays.
	for (int i = 0; i < TRIES && result == EXIT_UNREACHABLE; i++) {
		if (i)
			sleep(1);
		result = talk_quietly(invocation, &ask, &answer, ret_trouble);
	}
	t->created += (uint64_t)json_integer_value(json_object_get(answer, "created"));
	t->unchanged += (uint64_t)json_integer_value(json_object_get(answer, "unchanged"));
	json_decref(answer);
	return result;
}

static int send_file(const struct invocation *invocation, const char *path, struct totals *t)
{
	struct buf body = {0};
	struct trouble trouble = {.status = EXIT_WRONG_USE,
		.code = "wrong-use",
		.message = "it cannot be read, or is larger than 16 MiB"};
	int result = EXIT_WRONG_USE;
	if (read_all(path, &body) && body.size <= DOOR_BODY_BYTES)
		result = send_body(invocation, buf_bytes(&body), t, &trouble);
	if (result)
		note_failure(invocation, t, path, &trouble);
	t->done_bytes += body.size;
	t->done_files++;
	buf_done(&body);
	return result;
}

static void print_totals(const struct invocation *invocation, const struct totals *t)
{
	double seconds = (double)(time_monotonic_us() - t->began_us) / 1e6;
	if (invocation->json) {
		json_t *json = json_pack("{s:I, s:I, s:I, s:f, s:O}", "created",
			(json_int_t)t->created, "unchanged", (json_int_t)t->unchanged, "files",
			(json_int_t)t->done_files, "seconds", seconds, "not_stored", t->failures);
		print_json(json);
		json_decref(json);
		return;
	}
	if (isatty(STDERR_FILENO))
		fputc('\n', stderr);
	printf("%llu %s stored, %llu %s there already; %zu %s in %.1f s (%.0f resources/s)\n",
		(unsigned long long)t->created, text_plural(t->created, "resource", "resources"),
		(unsigned long long)t->unchanged, text_plural(t->unchanged, "was", "were"),
		t->done_files, text_plural(t->done_files, "file", "files"), seconds,
		seconds > 0 ? (double)(t->created + t->unchanged) / seconds : 0);
}

static void files_done(struct files *files)
{
	for (size_t i = 0; i < files->count; i++)
		free(files->paths[i]);
	free(files->paths);
}

static int import_all(const struct invocation *invocation, const struct files *files)
{
	struct totals t = {.began_us = time_monotonic_us(), .failures = json_array()};
	int result = EXIT_FINE;
	for (size_t i = 0; i < files->count && result != EXIT_UNREACHABLE; i++) {
		int one = send_file(invocation, files->paths[i], &t);
		result = one ? one : result;
		if (!invocation->json)
			show_progress(files, &t);
	}
	print_totals(invocation, &t);
	if (result && invocation->json)
		fail_with(invocation, result, "not-stored", "Some files were not stored.");
	json_decref(t.failures);
	return result;
}

static int run_import(const struct invocation *invocation)
{
	struct files files = {0};
	const char *path;
	int result = EXIT_FINE;
	for (int i = 0; !result && (path = argument_of(invocation, i)); i++)
		if (!add_path(&files, path))
			result = fail(invocation, EXIT_WRONG_USE, "%.900s is not there", path);
	if (!result && !files.count)
		result = fail(invocation, EXIT_WRONG_USE, "there is no .json file in this folder");
	if (!result)
		result = import_all(invocation, &files);
	files_done(&files);
	return result;
}

const struct command command_import = {
	.usage = {.words = "import",
		.summary = "Stores FHIR bundles; what is there already stays as it is.",
		.help = "Every bundle is stored whole or not at all, so an import that was interrupted can simply be run again. A server that restarts meanwhile is waited for, a minute at most.",
		.arguments = {{.name = "FILE",
			.many = true,
			.help = "A Bundle in JSON of at most 16 MiB, or a folder of them (*.json)."}}},
	.run = run_import,
};
