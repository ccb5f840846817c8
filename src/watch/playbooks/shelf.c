#include "watch/playbooks/playbooks_in.h"

#include "common/base/text.h"
#include "common/io/file.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum {
	FILES_MOST = 200
};

static bool is_playbook(const char *name)
{
	const char *dot = strrchr(name, '.');
	return *name != '.' && text_is_utf8(bytes_text(name)) && text_is_tame(name, false) && dot &&
	       strcmp(name, "never-touch.yaml") != 0 &&
	       (strcmp(dot, ".yaml") == 0 || strcmp(dot, ".json") == 0) && strlen(name) < 80;
}

static int by_name(const void *a, const void *b)
{
	return strcmp(a, b);
}

static size_t list_files(const char *folder, char (*ret)[80], uint64_t *ret_stamp)
{
	DIR *dir = opendir(folder);
	size_t count = 0;
	uint64_t stamp = 1;
	for (struct dirent *one; dir && count < FILES_MOST && (one = readdir(dir));) {
		char path[700];
		struct stat st;
		if (!is_playbook(one->d_name))
			continue;
		snprintf(path, sizeof path, "%s/%s", folder, one->d_name);
		if (stat(path, &st) == 0)
			stamp += (uint64_t)st.st_mtim.tv_sec * 1000003 +
				 (uint64_t)st.st_mtim.tv_nsec * 31 + (uint64_t)st.st_size * 7 +
				 (uint64_t)st.st_ino;
		snprintf(ret[count++], 80, "%s", one->d_name);
	}
	if (dir)
		closedir(dir);
	qsort(ret, count, 80, by_name);
	*ret_stamp = stamp;
	return count;
}

static void wrong(struct shelf *shelf, const char *file, const struct cacao_problem *problem)
{
	if (shelf->problem_count < 16)
		snprintf(shelf->problems[shelf->problem_count++], SHELF_PROBLEM_BYTES, "%s:%u: %s",
			file, problem->line, problem->text);
}

static enum err load(
	struct shelf *shelf, const char *folder, const char *file, struct cacao_problem *problem)
{
	char path[700];
	struct shelf_book *book = &shelf->books[shelf->count];
	snprintf(path, sizeof path, "%s/%s", folder, file);
	struct buf read = {0};
	*problem = (struct cacao_problem){.text = "it cannot be read, or is too large"};
	enum err err = file_read(path, CACAO_BYTES, &read);
	struct bytes text = err ? (struct bytes){0} : bytes_copy(shelf->arena, buf_bytes(&read));
	buf_done(&read);
	if (!err)
		err = cacao_read(text, shelf->arena, &book->p, &book->json, problem);
	if (err)
		return err;
	snprintf(book->name, sizeof book->name, "%s", book->p->name);
	snprintf(book->file, sizeof book->file, "%s", file);
	if (shelf_find(shelf, book->name)) {
		json_decref(book->json);
		snprintf(problem->text, sizeof problem->text,
			"another file has a playbook named '%.60s'", book->name);
		return ERR_EXISTS;
	}
	shelf->count++;
	return OK;
}

void shelf_done(struct shelf *shelf)
{
	for (size_t i = 0; i < shelf->count; i++)
		json_decref(shelf->books[i].json);
	arena_free(shelf->arena);
	*shelf = (struct shelf){0};
}

const struct shelf_book *shelf_find(const struct shelf *shelf, const char *name)
{
	for (size_t i = 0; i < shelf->count; i++)
		if (strcmp(shelf->books[i].name, name) == 0)
			return &shelf->books[i];
	return NULL;
}

bool playbooks_read(struct playbooks *pb, const char *folder)
{
	struct cacao_problem problem;
	uint64_t stamp;
	char(*files)[80] = calloc(FILES_MOST, sizeof *files);
	if (!files)
		abort();
	size_t count = list_files(folder, files, &stamp);
	bool changed = stamp != pb->shelf.stamp;
	if (changed) {
		shelf_done(&pb->shelf);
		pb->shelf.arena = arena_new();
		pb->shelf.stamp = stamp;
	}
	for (size_t i = 0; changed && i < count; i++) {
		if (pb->shelf.count == PLAYBOOKS_SHELF)
			snprintf(problem.text, sizeof problem.text, "more than %d playbooks",
				PLAYBOOKS_SHELF);
		else if (load(&pb->shelf, folder, files[i], &problem) == OK)
			continue;
		wrong(&pb->shelf, files[i], &problem);
	}
	free(files);
	return changed;
}

uint64_t playbooks_left_out(const struct playbooks *pb)
{
	return pb->left_out;
}

size_t playbooks_count(const struct playbooks *pb)
{
	return pb->shelf.count;
}

const char *playbooks_problem(const struct playbooks *pb, size_t at)
{
	return at < pb->shelf.problem_count ? pb->shelf.problems[at] : NULL;
}
