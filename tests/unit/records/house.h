// house: a records directory for a test, and short words for what tests do with it.
#pragma once

#include "../format/sample.h"
#include "common/format/fhir_patient.h"
#include "common/format/fhir_type.h"
#include "common/store/store.h"
#include "vault/records/records.h"

#include <dirent.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
	NOON_US = 1000000
};

static struct house {
	char dir[64], path[96], problem[256];
	struct records *r;
	struct arena *arena;
	struct key kek;
} house;

static inline enum err house_try_open(const struct key *old_kek)
{
	struct records_options options = {.dir = house.dir, .kek = house.kek, .old_kek = old_kek};
	return records_open(&options, &house.r, house.problem);
}

static inline int house_open(void **state)
{
	(void)state;
	strcpy(house.dir, "/tmp/records-XXXXXX");
	if (!mkdtemp(house.dir))
		return -1;
	snprintf(house.path, sizeof house.path, "%s/records.db", house.dir);
	memset(&house.kek, 7, sizeof house.kek);
	house.arena = arena_new();
	return house_try_open(NULL) == OK ? 0 : -1;
}

static inline void house_close(void)
{
	records_close(house.r);
	house.r = NULL;
}

static inline void house_again(void)
{
	house_close();
	assert_ok(house_try_open(NULL));
}

static inline int house_end(void **state)
{
	(void)state;
	char command[128];
	house_close();
	arena_free(house.arena);
	snprintf(command, sizeof command, "rm -rf %s", house.dir);
	return system(command);
}

// Puts inside the transaction that is open; the resource names its type and id.
static inline enum err put(const char *quoted, struct record *ret)
{
	struct fhir_patients patients;
	struct record record;
	json_t *resource = sample(quoted);
	const char *id = arena_text(house.arena, json_get_text(resource, "id"));
	assert_ok(fhir_patients_of(resource, id, house.arena, &patients));
	struct record_put wish = {.type = fhir_type_find(json_get_text(resource, "resourceType")),
		.id = id,
		.updated_us = NOON_US,
		.resource = resource,
		.patient = patients.owner ? arena_text(house.arena, patients.owner) : NULL};
	enum err err = records_put(house.r, &wish, house.arena, ret ? ret : &record);
	json_decref(resource);
	return err;
}

static inline void store(const char *quoted)
{
	assert_ok(records_begin(house.r));
	assert_ok(put(quoted, NULL));
	assert_ok(records_commit(house.r, 1));
}

static inline enum err get(const char *type, const char *id, struct record *ret)
{
	struct record_key key = {.type = fhir_type_find(type), .id = id};
	return records_read(house.r, &key, house.arena, ret);
}

// What somebody with the disk, or with the database's own tools, might do.
static inline void behind_our_back(const char *sql)
{
	struct store *db;
	struct store_sqlite options = {.path = house.path};
	house_close();
	assert_ok(store_open_sqlite(&options, &db, house.problem));
	if (store_exec(db, sql))
		fail_msg("%s: %s", sql, store_problem(db));
	store_close(db);
	assert_ok(house_try_open(NULL));
}

// "Patient", NULL, "name=smi": the ids found, as "a b c", in order.
static inline enum err find(struct search_query *query, const char *text, char ids[1024])
{
	struct search_result result;
	struct fhir_argument arguments[4];
	char room[256], *save = NULL;
	snprintf(room, sizeof room, "%s", text);
	query->arguments = arguments;
	query->argument_count = 0;
	for (char *at = strtok_r(room, "&", &save); at; at = strtok_r(NULL, "&", &save)) {
		char *value = strchr(at, '=');
		*value++ = 0;
		const struct fhir_param *param = fhir_param_find(query->type, at);
		assert_non_null(param);
		assert_ok(fhir_argument_parse(
			param, NULL, value, house.arena, &arguments[query->argument_count++]));
	}
	if (!query->count)
		query->count = 50;
	enum err err = records_search(house.r, query, house.arena, &result);
	ids[0] = 0;
	for (size_t i = 0; !err && i < result.count; i++)
		snprintf(ids + strlen(ids), 1024 - strlen(ids), "%s%s", i ? " " : "",
			result.records[i].id);
	query->page = err ? NULL : result.next;
	return err;
}

#define assert_found(type_name, whose, text, want)                                                 \
	do {                                                                                       \
		char found_[1024];                                                                 \
		struct search_query query_ = {                                                     \
			.type = fhir_type_find(type_name), .patient = whose};                      \
		assert_ok(find(&query_, text, found_));                                            \
		assert_string_equal(found_, want);                                                 \
	} while (0)

static inline bool file_holds(const char *path, const void *word, size_t size)
{
	FILE *file = fopen(path, "rb");
	if (!file)
		return false;
	struct stat info;
	fstat(fileno(file), &info);
	char *all = malloc((size_t)info.st_size + 1);
	size_t got = fread(all, 1, (size_t)info.st_size, file);
	bool holds = memmem(all, got, word, size) != NULL;
	free(all);
	fclose(file);
	return holds;
}

static inline bool disk_holds_bytes(const void *word, size_t size)
{
	bool holds = false;
	DIR *dir = opendir(house.dir);
	for (struct dirent *entry; (entry = readdir(dir));) {
		char path[512];
		snprintf(path, sizeof path, "%s/%s", house.dir, entry->d_name);
		holds |= file_holds(path, word, size);
	}
	closedir(dir);
	return holds;
}

static inline bool disk_holds(const char *word)
{
	return disk_holds_bytes(word, strlen(word));
}
