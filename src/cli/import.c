// hospitaller import: bundles into the records, with progress.
#include "cli/talk.h"

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
	size_t done_files;
	int64_t began_us;
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

static int send_file(const struct invocation *invocation, const char *path, struct totals *t)
{
	struct buf body = {0};
	json_t *answer = NULL;
	int result = EXIT_UNREACHABLE;
	if (!read_all(path, &body) || body.size > DOOR_BODY_BYTES) {
		fprintf(stderr, "\nhospitaller: %s cannot be read, or is larger than 16 MiB\n",
			path);
		buf_done(&body);
		return EXIT_WRONG_USE;
	}
	const struct client_ask ask = {
		.method = DOOR_POST, .path = "/api/import", .body = buf_bytes(&body)};
	// A server that restarts is back in a second; what was stored already stays.
	for (int i = 0; i < TRIES && result == EXIT_UNREACHABLE; i++) {
		if (i)
			sleep(1);
		result = talk(invocation, &ask, &answer);
	}
	if (!result) {
		t->created += (uint64_t)json_integer_value(json_object_get(answer, "created"));
		t->unchanged += (uint64_t)json_integer_value(json_object_get(answer, "unchanged"));
	} else {
		fprintf(stderr, "hospitaller: %s was not stored\n", path);
	}
	t->done_bytes += body.size;
	t->done_files++;
	json_decref(answer);
	buf_done(&body);
	return result;
}

int command_import(const struct invocation *invocation)
{
	struct files files = {0};
	struct totals t = {.began_us = time_monotonic_us()};
	int at = 0, result = EXIT_FINE;
	for (const char *path; (path = argument_next(invocation, &at));)
		if (!add_path(&files, path)) {
			fprintf(stderr, "hospitaller: %s is not there\n", path);
			return EXIT_WRONG_USE;
		}
	if (!files.count) {
		fprintf(stderr, "hospitaller: name files or folders to import; see --help\n");
		return EXIT_WRONG_USE;
	}
	for (size_t i = 0; i < files.count; i++) {
		int one = send_file(invocation, files.paths[i], &t);
		result = one ? one : result;
		show_progress(&files, &t);
		free(files.paths[i]);
	}
	free(files.paths);
	double seconds = (double)(time_monotonic_us() - t.began_us) / 1e6;
	if (isatty(STDERR_FILENO))
		fputc('\n', stderr);
	if (invocation->json)
		printf("{\"created\": %llu, \"unchanged\": %llu, \"files\": %zu, \"seconds\": %.2f}\n",
			(unsigned long long)t.created, (unsigned long long)t.unchanged,
			t.done_files, seconds);
	else
		printf("%llu resources stored, %llu were there already; %zu files in %.1f s (%.0f resources/s)\n",
			(unsigned long long)t.created, (unsigned long long)t.unchanged,
			t.done_files, seconds,
			seconds > 0 ? (double)(t.created + t.unchanged) / seconds : 0);
	return result;
}
