// The records' database with mangled rows and bytes. The input is a list of edits, each to a
// column of a row, and behind them, if any, a byte of the file itself.
//
// What must hold: nothing crashes; what opens is what was stored under that type, id and version,
// for that patient; and the check never calls records whole of which a version is not readable.
#include "fuzz.h"

#include "folder.h"

#include "common/format/fhir_check.h"
#include "common/format/fhir_patient.h"
#include "common/format/fhir_type.h"
#include "common/format/json.h"
#include "common/store/store.h"
#include "vault/records/leaks.h"
#include "vault/records/records.h"

enum {
	EDITS_MOST = 16,
	EDIT_BYTES = 6,
	DATABASE_BYTES = 4 << 20,
	STORED_MOST = 16
};

static const char *const resources[] = {
	"{\"resourceType\":\"Patient\",\"id\":\"a\",\"name\":[{\"family\":\"Smith\",\"given\":[\"Ann\"]}],"
	"\"birthDate\":\"1970-01-02\",\"generalPractitioner\":[{\"reference\":\"Practitioner/p\"}]}",
	"{\"resourceType\":\"Patient\",\"id\":\"b\",\"name\":[{\"family\":\"Smith\"}],\"active\":true}",
	"{\"resourceType\":\"Observation\",\"id\":\"o\",\"status\":\"final\",\"code\":{\"coding\":"
	"[{\"system\":\"s\",\"code\":\"c\"}]},\"subject\":{\"reference\":\"Patient/a\"}}",
	"{\"resourceType\":\"Observation\",\"id\":\"o\",\"status\":\"amended\",\"code\":{\"text\":\"x\"},"
	"\"subject\":{\"reference\":\"Patient/a\"}}",
	"{\"resourceType\":\"Encounter\",\"id\":\"e\",\"status\":\"in-progress\",\"class\":{\"code\":"
	"\"AMB\"},\"subject\":{\"reference\":\"Patient/b\"},\"participant\":[{\"individual\":"
	"{\"reference\":\"Practitioner/p\"}}]}",
	"{\"resourceType\":\"Practitioner\",\"id\":\"p\",\"name\":[{\"family\":\"Jones\"}]}",
};
static const char *const keys[][2] = {{"Patient", "a"}, {"Patient", "b"}, {"Observation", "o"},
	{"Encounter", "e"}, {"Practitioner", "p"}};
enum {
	RESOURCES = sizeof resources / sizeof *resources,
	KEYS = sizeof keys / sizeof *keys
};

// Numbers and blobs of every table; a row is taken by its place.
static const struct {
	const char *table, *column;
	bool blob;
} columns[] = {{"blob", "sealed", true}, {"patient", "wrapped", true}, {"item", "words", true},
	{"blob", "token", false}, {"blob", "patient", false}, {"blob", "kind", false},
	{"blob", "method", false}, {"blob", "updated", false}, {"blob", "key_version", false},
	{"blob", "key", false}, {"lookup", "token", false}, {"lookup", "patient", false},
	{"lookup", "kind", false}, {"lookup", "slot", false}, {"lookup", "version", false},
	{"lookup", "method", false}, {"item", "slot", false}, {"item", "version", false},
	{"item", "patient", false}, {"item", "kind", false}, {"item", "updated", false},
	{"find", "token", false}, {"find", "slot", false}, {"find", "patient", false},
	{"care", "staff", false}, {"care", "patient", false}, {"care", "kind", false},
	{"care", "slot", false}, {"patient", "number", false}, {"patient", "token", false},
	{"patient", "key_version", false}, {"patient", "kek", false}, {"state", "value", false},
	{"kind", "number", false}, {"linked", "slot", false}, {"linked", "a", false}};
enum {
	COLUMNS = sizeof columns / sizeof *columns
};

static struct stored {
	int type;
	char id[8], patient[8];
	uint64_t version;
	struct buf json;
} stored[STORED_MOST];
static size_t stored_count;
static struct buf database;
static struct records_options options;

static struct records *open_records(void)
{
	struct records *records = NULL;
	char problem[256];
	return records_open(&options, &records, problem) ? NULL : records;
}

static void remember(const struct record *record)
{
	struct stored *s = &stored[stored_count++];
	fuzz_rule(stored_count <= STORED_MOST, "room");
	s->type = record->type;
	s->version = record->version;
	snprintf(s->id, sizeof s->id, "%s", record->id);
	snprintf(s->patient, sizeof s->patient, "%s", record->patient ? record->patient : "");
	buf_add_bytes(&s->json, record->json);
}

static void put(struct records *records, const char *text, struct arena *arena)
{
	json_t *json;
	struct record record;
	struct fhir_patients patients;
	fuzz_rule(json_parse_strict(bytes_text(text), NULL, &json, NULL) == OK, "a sample");
	const char *id = arena_text(arena, json_get_text(json, "id"));
	fuzz_rule(fhir_patients_of(json, id, arena, &patients) == OK, "its patients");
	const struct record_put wish = {.type = fhir_resource_type(json),
		.id = id,
		.resource = json,
		.updated_us = 1000000,
		.patient = patients.owner ? arena_text(arena, patients.owner) : NULL};
	fuzz_rule(records_begin(records) == OK &&
			  records_put(records, &wish, arena, &record) == OK &&
			  records_commit(records, 1) == OK,
		"it is stored");
	remember(&record);
	json_decref(json);
}

static void make_original(void)
{
	struct arena *arena = arena_new();
	folder_make();
	options = (struct records_options){.dir = folder, .kek.bytes = {7}, .weak_sync = true};
	struct records *records = open_records();
	fuzz_rule(records != NULL, "it opens");
	for (size_t i = 0; i < RESOURCES; i++)
		put(records, resources[i], arena);
	records_close(records);
	folder_read("records.db", DATABASE_BYTES, &database);
	fuzz_rule(database.size > 0 && database.size < DATABASE_BYTES, "a database");
	arena_free(arena);
}

// The bytes of a blob, with one changed, cut, or lengthened.
static struct bytes bend(struct bytes from, const uint8_t e[EDIT_BYTES], struct arena *arena)
{
	uint8_t *copy = arena_alloc(arena, from.size + 1);
	size_t at = (size_t)e[3] | (size_t)(e[4] & 15) << 8;
	if (from.size)
		memcpy(copy, from.at, from.size);
	if (e[4] & 16)
		return bytes_of(copy, at < from.size ? at : from.size);
	if (e[4] & 32)
		return bytes_of(copy, from.size + 1);
	if (at < from.size)
		copy[at] ^= e[5];
	return bytes_of(copy, from.size);
}

// A small number, a large one, or that of another row of the same column.
static int64_t number(
	struct store *store, const char *table, const char *column, const uint8_t e[EDIT_BYTES])
{
	char sql[160];
	struct store_query *q;
	int64_t value = (int8_t)e[3];
	if (e[4] % 3 == 1)
		value = (int64_t)((uint64_t)e[3] << (e[5] % 64));
	if (e[4] % 3 != 2)
		return value;
	snprintf(sql, sizeof sql, "SELECT %s FROM %s LIMIT 1 OFFSET %u", column, table, e[5] % 16u);
	if (store_prepare(store, sql, &q) == OK) {
		if (query_step(q) == STORE_ROW)
			value = row_int(q, 0);
		store_query_free(q);
	}
	return value;
}

// One value of one row; what the schema itself refuses stays as it was.
static void edit(struct store *store, const uint8_t e[EDIT_BYTES], struct arena *arena)
{
	const char *table = columns[e[1] % COLUMNS].table, *column = columns[e[1] % COLUMNS].column;
	bool blob = columns[e[1] % COLUMNS].blob;
	char read[200], write[400];
	struct store_query *q;
	struct bytes bytes = {0};
	snprintf(read, sizeof read, "SELECT %s FROM %s LIMIT 1 OFFSET %u", column, table,
		e[2] % 16u);
	if (e[0] % 4 == 3)
		snprintf(
			write, sizeof write, "DELETE FROM %s WHERE %s = (%s)", table, column, read);
	else
		snprintf(write, sizeof write, "UPDATE %s SET %s = ?1 WHERE %s = (%s)", table,
			column, column, read);
	if (blob && store_prepare(store, read, &q) == OK) {
		if (query_step(q) == STORE_ROW)
			bytes = bend(row_blob(q, 0), e, arena);
		store_query_free(q);
	}
	if (store_prepare(store, write, &q))
		return;
	if (e[0] % 4 == 2)
		query_null(q, 1);
	else if (e[0] % 4 != 3 && blob)
		query_blob(q, 1, bytes);
	else if (e[0] % 4 != 3)
		query_int(q, 1, number(store, table, column, e));
	(void)!query_run(q);
	store_query_free(q);
}

static void mangle(const uint8_t *at, size_t size)
{
	char path[64], problem[256];
	snprintf(path, sizeof path, "%s/records.db", folder);
	const struct store_sqlite wish = {.path = path, .no_sync = true};
	struct store *store;
	struct arena *arena = arena_new();
	folder_empty();
	folder_write("records.db", buf_bytes(&database), database.size);
	fuzz_rule(store_open_sqlite(&wish, &store, problem) == OK, "it opens");
	size_t count = size / EDIT_BYTES < EDITS_MOST ? size / EDIT_BYTES : EDITS_MOST;
	fuzz_rule(store_exec(store, "BEGIN") == OK, "a transaction");
	for (size_t i = 0; i < count; i++)
		edit(store, at + i * EDIT_BYTES, arena);
	fuzz_rule(store_exec(store, "COMMIT") == OK, "is done");
	store_close(store);
	arena_free(arena);
}

// Bytes of the file itself: the rest of the input, three for each.
static void mangle_file(const uint8_t *at, size_t size)
{
	char path[64];
	snprintf(path, sizeof path, "%s/records.db", folder);
	int fd = open(path, O_RDWR | O_CLOEXEC);
	fuzz_rule(fd >= 0, "the file");
	for (size_t i = 0; i + 3 <= size; i += 3) {
		off_t place = (off_t)(at[i] % 32) * 8192 + (off_t)at[i + 1] * 32 + at[i + 2] / 8;
		fuzz_rule(pwrite(fd, &at[i + 2], 1, place) == 1, "a byte");
	}
	close(fd);
}

static void same(const struct record *record)
{
	const char *patient = record->patient ? record->patient : "";
	for (size_t i = 0; i < stored_count; i++) {
		const struct stored *s = &stored[i];
		if (s->type == record->type && s->version == record->version &&
			strcmp(s->id, record->id) == 0 && strcmp(s->patient, patient) == 0 &&
			bytes_equal(buf_bytes(&s->json), record->json))
			return;
	}
	fuzz_rule(0, "what opens is what was stored there");
}

static enum err seen(void *context, const struct record *record)
{
	(*(size_t *)context)++;
	same(record);
	return OK;
}

static bool read_one(struct records *records, const char *const name[2], struct arena *arena)
{
	bool all = true;
	struct record record;
	struct record_page page;
	struct record_key key = {.type = fhir_type_find(name[0]), .id = name[1]};
	for (key.version = 0; key.version <= 2; key.version++) {
		enum err err = records_read(records, &key, arena, &record);
		if (!err)
			same(&record);
		if (!err)
			fuzz_rule(record.type == key.type && strcmp(record.id, key.id) == 0 &&
					  (!key.version || record.version == key.version),
				"what was asked for");
		all &= !err || key.version == 2;
	}
	key.version = 0;
	if (!records_history(records, &key, 0, 10, arena, &page))
		for (size_t i = 0; i < page.count; i++)
			if (page.records[i].method != RECORD_DELETED)
				same(&page.records[i]);
	return all;
}

static void search(struct records *records, const char *type, const char *name, const char *value,
	struct arena *arena)
{
	struct fhir_argument argument;
	struct search_result result;
	const struct search_query query = {.type = fhir_type_find(type),
		.count = 10,
		.want_total = true,
		.patient = strcmp(type, "Observation") == 0 ? "a" : NULL,
		.arguments = &argument,
		.argument_count = 1};
	fuzz_rule(fhir_argument_parse(
			  fhir_param_find(query.type, name), NULL, value, arena, &argument) == OK,
		"an argument");
	if (records_search(records, &query, arena, &result))
		return;
	for (size_t i = 0; i < result.count; i++) {
		same(&result.records[i]);
		fuzz_rule(result.records[i].type == query.type, "of the type that was asked for");
	}
}

static void use(struct records *records, struct arena *arena)
{
	size_t count = 0;
	bool all = true;
	struct care care;
	struct care_patient *patients;
	struct records_report report;
	struct records_leak *leaks;
	char leaks_path[64];
	const struct records_check wish = {.seen = seen, .context = &count};
	for (size_t i = 0; i < KEYS; i++)
		all &= read_one(records, keys[i], arena);
	search(records, "Patient", "name", "smi", arena);
	search(records, "Observation", "code", "s|c", arena);
	(void)!records_care(records, "Practitioner/p", "b", arena, &care);
	(void)!records_care_patients(records, "Practitioner/p", 10, arena, &patients, &count);
	count = 0;
	(void)!records_walk(records, seen, &count);
	snprintf(leaks_path, sizeof leaks_path, "%s/records.db", folder);
	(void)!records_leaks(leaks_path, arena, &leaks, &count);
	enum err err = records_check(records, &wish, &report);
	fuzz_rule(err == OK || err == ERR_IO, "the check comes to an end");
	if (err)
		return;
	fuzz_rule(report.whole == !report.where[0], "what is wrong has words");
	fuzz_rule(all || !report.whole || report.resources < KEYS || report.shredded,
		"whole records can be read");
}

int LLVMFuzzerTestOneInput(const uint8_t *at, size_t size)
{
	struct arena *arena = arena_new();
	if (!database.size) {
		json_init();
		make_original();
	}
	size_t rows = size ? at[0] % (EDITS_MOST + 1) * EDIT_BYTES : 0;
	if (size && rows > size - 1)
		rows = size - 1;
	mangle(size ? at + 1 : at, rows);
	if (size)
		mangle_file(at + 1 + rows, size - 1 - rows);
	struct records *records = open_records();
	if (records)
		use(records, arena);
	records_close(records);
	arena_free(arena);
	return 0;
}
