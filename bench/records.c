// bench/records: what sealing, searching and remembering cost, beside plain SQLite that inserts the
// same bytes with the same sync. Ratios of one run, on one core; parsing the JSON is counted.
//
//	bench_records [patients] [resources] [directory]
#include "vault/records/records.h"
#include "common/base/text.h"
#include "common/base/time.h"
#include "common/crypto/crypto.h"
#include "common/format/fhir_type.h"
#include "common/format/json.h"
#include "common/store/store.h"

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

static void row(const char *what, double ours, double plain)
{
	printf("%-34s %10.0f/s %10.0f/s %8.2f\n", what, ours, plain, ours / plain);
	fflush(stdout);
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
		row(runs[i].what, ours, plain);
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
	row("reads, at random", ours, READS * 1e6 / (double)(time_monotonic_us() - start));
}

static double search_ms(struct bench *b, struct search_query *query, const char *name,
	const char *text, size_t *ret_count)
{
	enum {
		TIMES = 20
	};
	struct search_result result;
	struct fhir_argument argument;
	int64_t start = time_monotonic_us();
	for (int i = 0; i < TIMES; i++) {
		arena_reset(b->arena);
		fail_if(fhir_argument_parse(fhir_param_find(query->type, name), NULL, text,
				b->arena, &argument),
			"the argument is wrong");
		query->arguments = &argument;
		query->argument_count = 1;
		fail_if(records_search(b->records, query, b->arena, &result),
			"records_search failed");
	}
	*ret_count = result.count;
	return (double)(time_monotonic_us() - start) / 1000.0 / TIMES;
}

static void bench_searches(struct bench *b)
{
	size_t count;
	char patient[24];
	snprintf(patient, sizeof patient, "p%ld", b->patients / 20 % b->patients + 1);
	struct search_query person = {.type = fhir_type_patient(), .count = 50};
	struct search_query result = {
		.type = fhir_type_find("Observation"), .count = 50, .patient = patient};
	double ms = search_ms(b, &person, "name", "schmaidt", &count);
	printf("%-34s %10.2f ms, %zu found\n", "person by whole name", ms, count);
	ms = search_ms(b, &person, "name", "schm", &count);
	printf("%-34s %10.2f ms, %zu on the page\n", "person by four letters", ms, count);
	ms = search_ms(b, &person, "identifier", "urn:mrn|77", &count);
	printf("%-34s %10.2f ms, %zu found\n", "person by number", ms, count);
	ms = search_ms(b, &result, "status", "final", &count);
	printf("%-34s %10.2f ms, %zu found\n", "results of a patient", ms, count);
}

static void bench_check(struct bench *b)
{
	struct records_report report;
	struct records_check options = {0};
	int64_t start = time_monotonic_us();
	fail_if(records_check(b->records, &options, &report) || !report.whole,
		"the records are not whole");
	double seconds = (double)(time_monotonic_us() - start) / 1e6;
	printf("%-34s %10.0f/s\n", "check, with the index",
		(double)(report.versions + report.shredded) / seconds);
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
	printf("%-34s %10.1f ms\n", "opening (both)",
		(double)(time_monotonic_us() - start) / 1000.0);
	fail_if(records_stats(b->records, &stats), "records_stats failed");
	getrusage(RUSAGE_SELF, &usage);
	printf("%-34s %10llu resources, %llu patients, %llu MB on disk, %.2f of their JSON\n",
		"stored", (unsigned long long)stats.resources, (unsigned long long)stats.patients,
		(unsigned long long)stats.bytes >> 20,
		(double)stats.bytes / (double)stats.resources / RESOURCE_BYTES);
	printf("%-34s %10ld MB\n", "memory at most, both databases", usage.ru_maxrss >> 10);
}

int main(int count, char **arguments)
{
	struct bench b = {.patients = count > 1 ? atol(arguments[1]) : 100000,
		.resources = count > 2 ? atol(arguments[2]) : 300000,
		.seed = 1};
	char dir[512], command[600];
	snprintf(dir, sizeof dir, "%s/bench-XXXXXX", count > 3 ? arguments[3] : "/var/tmp");
	json_init();
	fail_if(b.patients < 100 || b.resources < b.patients || !mkdtemp(dir), "wrong use");
	b.arena = arena_new();
	open_all(&b, dir);
	printf("%-34s %12s %12s %8s\n", "2 KiB resources", "sealed", "plain", "ratio");
	bench_writes(&b);
	bench_reads(&b);
	bench_searches(&b);
	bench_check(&b);
	bench_opening(&b, dir);
	close_all(&b);
	arena_free(b.arena);
	snprintf(command, sizeof command, "rm -rf '%s'", dir);
	return system(command) ? 1 : 0;
}
