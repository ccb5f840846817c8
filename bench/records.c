// bench/records: what sealing, searching and remembering cost, beside plain SQLite that inserts the
// same bytes with the same sync. Ratios of one run, on one core; parsing the JSON is counted.
//
//	bench_records [--json] [patients] [resources] [directory]
//
// With --json the numbers are one object on stdout, and the table goes to stderr meanwhile.
#include "vault/records/records.h"
#include "common/base/text.h"
#include "common/base/time.h"
#include "common/crypto/crypto.h"
#include "common/format/fhir_type.h"
#include "common/format/json.h"
#include "common/store/store.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

enum {
	RESOURCE_BYTES = 2048,
	IMPORT_BATCH = 500,
	LOAD_BATCH = 64,
	ONE_BY_ONE = 2000,
	READS = 100000
};

struct bench {
	struct records *records;
	struct store *plain;
	struct store_query *insert, *select;
	struct arena *arena;
	long patients, resources;
	long made; // resources so far, by number
	unsigned seed;
	FILE *table;
	json_t *numbers;
};

static void fail_if(bool wrong, const char *what)
{
	if (!wrong)
		return;
	fprintf(stderr, "bench_records: %s\n", what);
	exit(1);
}

static unsigned dice(struct bench *b)
{
	b->seed = b->seed * 1664525u + 1013904223u;
	return b->seed >> 8;
}

static const char *name_of(unsigned number, char name[16])
{
	static const char *const starts[] = {"Schm", "Mey", "Wag", "Beck", "Hof", "Schul", "Koch",
		"Rich", "Klei", "Wolf", "Neum", "Schw", "Zimm", "Brau", "Krueg", "Hart"};
	static const char *const middles[] = {"a", "e", "i", "o", "u", "ai", "ei", "au"};
	static const char *const ends[] = {
		"dt", "er", "ner", "mann", "ler", "kamp", "feld", "stein"};
	snprintf(name, 16, "%s%s%s", starts[number % 16], middles[number / 16 % 8],
		ends[number / 128 % 8]);
	return name;
}

// About RESOURCE_BYTES of JSON: the first `patients` numbers are patients, the rest their results.
static size_t resource_text(struct bench *b, long number, char *text)
{
	char name[16], given[16];
	int size;
	if (number < b->patients)
		size = snprintf(text, RESOURCE_BYTES,
			"{\"resourceType\":\"Patient\",\"id\":\"p%ld\",\"identifier\":[{\"system\":"
			"\"urn:mrn\",\"value\":\"%ld\"}],\"name\":[{\"family\":\"%s\",\"given\":[\"%s\"]}],"
			"\"birthDate\":\"19%02u-%02u-%02u\",\"address\":[{\"text\":\"",
			number, number, name_of(dice(b), name), name_of(dice(b), given),
			dice(b) % 100, 1 + dice(b) % 12, 1 + dice(b) % 28);
	else
		size = snprintf(text, RESOURCE_BYTES,
			"{\"resourceType\":\"Observation\",\"id\":\"o%ld\",\"status\":\"final\",\"code\":"
			"{\"coding\":[{\"system\":\"http://loinc.org\",\"code\":\"%u-%u\"}]},\"subject\":"
			"{\"reference\":\"Patient/p%ld\"},\"effectiveDateTime\":\"2025-0%u-1%uT08:00:00Z\","
			"\"valueQuantity\":{\"value\":%u,\"unit\":\"mg\"},\"note\":[{\"text\":\"",
			number, 1000 + dice(b) % 500, dice(b) % 10, number / 20 % b->patients,
			1 + dice(b) % 9, dice(b) % 10, dice(b) % 1000);
	const char *end = number < b->patients ? "\"}]}" : "\"}]}";
	size_t fill = RESOURCE_BYTES - strlen(end) - (size_t)size;
	for (size_t i = 0; i < fill; i++)
		text[(size_t)size + i] = i % 8 == 7 ? ' ' : (char)('a' + dice(b) % 26);
	memcpy(text + RESOURCE_BYTES - strlen(end), end, strlen(end));
	return RESOURCE_BYTES;
}

static void put_one(struct bench *b, long number)
{
	char text[RESOURCE_BYTES + 1], id[24], patient[24];
	json_t *resource;
	struct record record;
	size_t size = resource_text(b, number, text);
	bool person = number < b->patients;
	arena_reset(b->arena);
	fail_if(json_parse_strict(bytes_of(text, size), NULL, &resource, NULL),
		"the JSON is wrong");
	snprintf(id, sizeof id, "%c%ld", person ? 'p' : 'o', number);
	snprintf(patient, sizeof patient, "p%ld", person ? number : number / 20 % b->patients);
	struct record_put put = {
		.type = person ? fhir_type_patient() : fhir_type_find("Observation"),
		.id = id,
		.patient = patient,
		.resource = resource,
		.updated_us = time_now_us()};
	fail_if(records_put(b->records, &put, b->arena, &record), "records_put failed");
	json_decref(resource);
}

// The same bytes into a table of a key and a blob.
static void plain_one(struct bench *b, long number)
{
	char text[RESOURCE_BYTES + 1];
	size_t size = resource_text(b, number, text);
	query_int(b->insert, 1, number);
	query_blob(b->insert, 2, bytes_of(text, size));
	fail_if(query_run(b->insert), "plain insert failed");
}

static double write_records(struct bench *b, long from, long count, long batch)
{
	int64_t start = time_monotonic_us();
	for (long i = 0; i < count; i++) {
		if (i % batch == 0)
			fail_if(records_begin(b->records), "records_begin failed");
		put_one(b, from + i);
		if (i % batch == batch - 1 || i == count - 1)
			fail_if(records_commit(b->records, 1), "records_commit failed");
	}
	return (double)count * 1e6 / (double)(time_monotonic_us() - start);
}

static double write_plain(struct bench *b, long from, long count, long batch)
{
	int64_t start = time_monotonic_us();
	for (long i = 0; i < count; i++) {
		if (i % batch == 0)
			fail_if(store_exec(b->plain, "BEGIN IMMEDIATE"), "plain begin failed");
		plain_one(b, from + i);
		if (i % batch == batch - 1 || i == count - 1)
			fail_if(store_exec(b->plain, "COMMIT"), "plain commit failed");
	}
	return (double)count * 1e6 / (double)(time_monotonic_us() - start);
}

static void row(struct bench *b, const char *what, double ours, double plain)
{
	fprintf(b->table, "%-34s %10.0f/s %10.0f/s %8.2f\n", what, ours, plain, ours / plain);
	fflush(b->table);
	json_object_set_new(b->numbers, what,
		json_pack("{s:f, s:f}", "sealed_per_s", ours, "plain_per_s", plain));
}

static void value(struct bench *b, const char *what, double number, const char *unit)
{
	fprintf(b->table, "%-34s %10.2f %s\n", what, number, unit);
	fflush(b->table);
	json_object_set_new(
		b->numbers, what, json_pack("{s:f, s:s}", "value", number, "unit", unit));
}

static void bench_writes(struct bench *b)
{
	struct {
		const char *what;
		long count, batch;
	} runs[] = {
		{"import, 500 in a commit", b->resources, IMPORT_BATCH},
		{"writes under load, 64 in a commit", 20000, LOAD_BATCH},
		{"writes one by one", ONE_BY_ONE, 1},
	};
	for (size_t i = 0; i < sizeof runs / sizeof *runs; i++) {
		double ours = write_records(b, b->made, runs[i].count, runs[i].batch);
		double plain = write_plain(b, b->made, runs[i].count, runs[i].batch);
		b->made += runs[i].count;
		row(b, runs[i].what, ours, plain);
	}
}

static void bench_reads(struct bench *b)
{
	int64_t start = time_monotonic_us();
	for (long i = 0; i < READS; i++) {
		char id[24];
		struct record record;
		long number = dice(b) % b->made;
		arena_reset(b->arena);
		snprintf(id, sizeof id, "%c%ld", number < b->patients ? 'p' : 'o', number);
		struct record_key key = {.type = number < b->patients
							 ? fhir_type_patient()
							 : fhir_type_find("Observation"),
			.id = id};
		fail_if(records_read(b->records, &key, b->arena, &record), "records_read failed");
	}
	double ours = READS * 1e6 / (double)(time_monotonic_us() - start);
	start = time_monotonic_us();
	for (long i = 0; i < READS; i++) {
		arena_reset(b->arena);
		query_int(b->select, 1, dice(b) % b->made);
		fail_if(query_step(b->select) != STORE_ROW, "plain select failed");
		bytes_copy(b->arena, row_blob(b->select, 0));
		query_reset(b->select);
	}
	row(b, "reads, at random", ours, READS * 1e6 / (double)(time_monotonic_us() - start));
}

static void search(struct bench *b, const char *what, struct search_query *query, const char *name,
	const char *text)
{
	enum {
		TIMES = 20
	};
	struct search_result result;
	struct fhir_argument argument;
	int64_t start = time_monotonic_us();
	for (int i = 0; i < TIMES; i++) {
		arena_reset(b->arena);
		fail_if(name && fhir_argument_parse(fhir_param_find(query->type, name), NULL, text,
					b->arena, &argument),
			"the argument is wrong");
		query->arguments = &argument;
		query->argument_count = name != NULL;
		fail_if(records_search(b->records, query, b->arena, &result),
			"records_search failed");
	}
	char unit[48];
	snprintf(unit, sizeof unit, "ms, %zu on the page", result.count);
	value(b, what, (double)(time_monotonic_us() - start) / 1000.0 / TIMES, unit);
}

static void bench_searches(struct bench *b)
{
	char patient[24];
	snprintf(patient, sizeof patient, "p%ld", b->patients / 20 % b->patients + 1);
	struct search_query person = {.type = fhir_type_patient(), .count = 50};
	struct search_query result = {
		.type = fhir_type_find("Observation"), .count = 50, .patient = patient};
	search(b, "person by whole name", &person, "name", "schmaidt");
	search(b, "person by four letters", &person, "name", "schm");
	search(b, "person by number", &person, "identifier", "urn:mrn|77");
	search(b, "persons born in a decade", &person, "birthdate",
		"1980,1981,1982,1983,1984,1985,1986,1987,1988,1989");
	person.updated_from_us = 1;
	search(b, "persons by when written", &person, NULL, NULL);
	search(b, "results of a patient", &result, "status", "final");
}

static void bench_check(struct bench *b)
{
	struct records_report report;
	struct records_check options = {0};
	int64_t start = time_monotonic_us();
	fail_if(records_check(b->records, &options, &report) || !report.whole,
		"the records are not whole");
	double seconds = (double)(time_monotonic_us() - start) / 1e6;
	value(b, "check, with the index", (double)(report.versions + report.shredded) / seconds,
		"/s");
}

static void open_all(struct bench *b, const char *dir)
{
	char problem[256], path[512];
	struct records_options options = {.dir = dir, .kek.bytes = {1}};
	snprintf(path, sizeof path, "%s/plain.db", dir);
	struct store_sqlite plain = {.path = path, .cache_kib = 65536};
	fail_if(records_open(&options, &b->records, problem), problem);
	fail_if(store_open_sqlite(&plain, &b->plain, problem), problem);
	fail_if(store_exec(b->plain, "CREATE TABLE IF NOT EXISTS plain (number INTEGER PRIMARY KEY,"
				     " json BLOB)") ||
			store_prepare(b->plain, "INSERT INTO plain VALUES (?1, ?2)", &b->insert) ||
			store_prepare(
				b->plain, "SELECT json FROM plain WHERE number = ?1", &b->select),
		"the plain table cannot be made");
}

static void close_all(struct bench *b)
{
	records_close(b->records);
	store_query_free(b->insert);
	store_query_free(b->select);
	store_close(b->plain);
}

static void bench_opening(struct bench *b, const char *dir)
{
	struct records_stats stats;
	struct rusage usage;
	close_all(b);
	int64_t start = time_monotonic_us();
	open_all(b, dir);
	value(b, "opening (both)", (double)(time_monotonic_us() - start) / 1000.0, "ms");
	fail_if(records_stats(b->records, &stats), "records_stats failed");
	getrusage(RUSAGE_SELF, &usage);
	value(b, "stored, resources", (double)stats.resources, "");
	value(b, "stored, patients", (double)stats.patients, "");
	value(b, "stored, on disk", (double)stats.bytes / 1048576, "MB");
	value(b, "stored, beside the JSON",
		(double)stats.bytes / (double)stats.resources / RESOURCE_BYTES, "times its size");
	value(b, "memory at most, both databases", (double)usage.ru_maxrss / 1024, "MB");
}

int main(int count, char **arguments)
{
	bool json = count > 1 && strcmp(arguments[1], "--json") == 0;
	count -= json;
	arguments += json;
	struct bench b = {.patients = count > 1 ? atol(arguments[1]) : 100000,
		.resources = count > 2 ? atol(arguments[2]) : 300000,
		.seed = 1,
		.table = json ? stderr : stdout,
		.numbers = json_object()};
	char dir[512], command[600];
	snprintf(dir, sizeof dir, "%s/bench-XXXXXX", count > 3 ? arguments[3] : "/var/tmp");
	json_init();
	fail_if(b.patients < 100 || b.resources < b.patients || !mkdtemp(dir), "wrong use");
	b.arena = arena_new();
	open_all(&b, dir);
	fprintf(b.table, "%-34s %12s %12s %8s\n", "2 KiB resources", "sealed", "plain", "ratio");
	bench_writes(&b);
	bench_reads(&b);
	bench_searches(&b);
	bench_check(&b);
	bench_opening(&b, dir);
	close_all(&b);
	arena_free(b.arena);
	if (json)
		json_dumpf(b.numbers, stdout, JSON_INDENT(1));
	json_decref(b.numbers);
	snprintf(command, sizeof command, "rm -rf '%s'", dir);
	return system(command) ? 1 : 0;
}
