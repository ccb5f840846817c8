// trail: durable entries a second beside a bare loop of write and fdatasync with the same sizes,
// and verification beside bare SHA-256, in one run. `bench_trail [--json] [--dir DIR]`.
//
// Disks change their minds from second to second: the ledger and the bare loop take turns, and the
// median of the rounds counts.

#include "vault/ledger/ledger.h"
#include "vault/ledger/segment.h"
#include "vault/ledger/verify.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

enum {
	WAITING = 64,
	ROUNDS = 7,
	ENTRIES = 40000, // in a round, as the next two
	ONE_BY_ONE = 1000,
	BARE = 500,
	APPENDS = 300000
};

struct bench {
	char dir[256];
	struct ledger_options options;
	char vkey[NOTE_VKEY_BYTES];
	double append_us, waiting_rate, single_rate, bare_rate, bare_single, verify_rate,
		verify_bytes, sha_bytes, sha_entries;
};

static double now(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static void must(bool fine, const char *what)
{
	if (!fine) {
		perror(what);
		exit(1);
	}
}

static uint64_t append(struct ledger *ledger)
{
	static const char *const patients[] = {"3f1c7f0e-6a6e-4b7e-9d66-1f6f4f3a9a11"};
	static const struct trail_entry entry = {.time_us = 1700000000000000,
		.kind = TRAIL_ACCESS,
		.action = TRAIL_READ,
		.outcome = TRAIL_ALLOWED,
		.status = 200,
		.patient_count = 1,
		.actor = "0b1f9a10-6a5b-4b1a-8f2f-000000000001",
		.actor_name = "Dr Anna Berg",
		.role = "clinician",
		.session = "k7Jd02",
		.address = "10.1.20.33",
		.application = "console",
		.resource = "Observation/7d0c8a44-39b6-4f0e-8f0e-aaaaaaaaaaaa",
		.relationship = "encounter",
		.evidence = "Encounter/5d0c8a44-39b6-4f0e-8f0e-bbbbbbbbbbbb",
		.purpose = "TREAT",
		.rule = "clinician-in-care",
		.trace = "req-000000000001",
		.patients = patients,
		.patients_here = 1};
	return ledger_append(ledger, &entry);
}

// `waiting` callers that each append again as soon as their entry is durable.
static double durable_rate(struct ledger *ledger, uint64_t count, uint64_t waiting)
{
	uint64_t end = ledger_size(ledger) + count;
	double start = now();
	while (ledger_durable(ledger) < end) {
		uint64_t durable = ledger_durable(ledger);
		while (ledger_size(ledger) < end && ledger_size(ledger) - durable < waiting)
			(void)append(ledger);
		ledger_flush(ledger);
		ledger_wait(ledger, durable + 1);
	}
	return (double)count / (now() - start);
}

// A file as a segment is: all of it written once, so that fdatasync has no metadata to write.
static int bare_file(const struct bench *bench)
{
	char path[300];
	static uint8_t zeros[1 << 20];
	snprintf(path, sizeof path, "%s/bare", bench->dir);
	int fd = open(path, O_RDWR | O_CREAT, 0600);
	must(fd >= 0, path);
	for (off_t at = 0; at < SEGMENT_BYTES; at += (off_t)sizeof zeros)
		must(pwrite(fd, zeros, sizeof zeros, at) == (ssize_t)sizeof zeros, path);
	must(fsync(fd) == 0, path);
	return fd;
}

static double bare_rate(int fd, size_t size)
{
	uint8_t *bytes = malloc(size);
	crypto_random(bytes, size);
	double start = now();
	off_t at = 0;
	for (unsigned i = 0; i < BARE; i++, at += (off_t)size) {
		if (at + (off_t)size > SEGMENT_BYTES)
			at = 0;
		must(pwrite(fd, bytes, size, at) == (ssize_t)size && fdatasync(fd) == 0, "bare");
	}
	double rate = BARE / (now() - start);
	free(bytes);
	return rate;
}

static double bare_sha(void)
{
	enum {
		SIZE = 1 << 20,
		MEGABYTES = 400
	};
	uint8_t *bytes = malloc(SIZE);
	crypto_random(bytes, SIZE);
	double start = now();
	for (unsigned i = 0; i < MEGABYTES; i++)
		bytes[i] ^= crypto_sha256(bytes_of(bytes, SIZE)).bytes[0];
	double rate = (double)SIZE * MEGABYTES / (now() - start);
	free(bytes);
	return rate;
}

// What verifying cannot do without: one hash over each entry's bytes, one after the other.
static double bare_leaves(size_t entry, unsigned count)
{
	enum {
		SIZE = 1 << 20
	};
	uint8_t *bytes = malloc(SIZE);
	crypto_random(bytes, SIZE);
	double start = now();
	for (unsigned i = 0; i < count; i++)
		bytes[i % SIZE] ^=
			crypto_sha256(bytes_of(bytes + i * entry % (SIZE - entry), entry)).bytes[0];
	double rate = count / (now() - start);
	free(bytes);
	return rate;
}

static struct ledger *open_ledger(const struct bench *bench)
{
	struct ledger *ledger;
	struct ledger_problem problem;
	must(ledger_open(&bench->options, &ledger, &problem) == OK, problem.text);
	return ledger;
}

static int by_size(const void *a, const void *b)
{
	const double *x = a, *y = b;
	return (*x > *y) - (*x < *y);
}

static double median(double rates[ROUNDS])
{
	qsort(rates, ROUNDS, sizeof *rates, by_size);
	return rates[ROUNDS / 2];
}

static void take_turns(struct bench *bench, struct ledger *ledger, size_t entry)
{
	double waiting[ROUNDS], single[ROUNDS], bare[ROUNDS], bare_single[ROUNDS];
	int fd = bare_file(bench);
	for (unsigned i = 0; i < ROUNDS; i++) {
		waiting[i] = durable_rate(ledger, ENTRIES, WAITING);
		bare[i] = bare_rate(fd, (WAITING * entry + 511) / 512 * 512);
		single[i] = durable_rate(ledger, ONE_BY_ONE, 1);
		bare_single[i] = bare_rate(fd, (64 + entry + 511) / 512 * 512);
	}
	close(fd);
	bench->waiting_rate = median(waiting);
	bench->bare_rate = median(bare);
	bench->single_rate = median(single);
	bench->bare_single = median(bare_single);
}

static void append_only(struct bench *bench, struct ledger *ledger)
{
	double start = now();
	for (unsigned i = 0; i < APPENDS; i++) {
		(void)append(ledger);
		if (i % 1000 == 999)
			ledger_flush(ledger);
	}
	bench->append_us = (now() - start) / APPENDS * 1e6;
	ledger_flush(ledger);
	ledger_wait(ledger, ledger_size(ledger));
}

static size_t verify(struct bench *bench)
{
	struct verify_options options = {.dir = bench->options.dir, .vkey = bench->vkey};
	struct verify_report report;
	double start = now();
	must(ledger_verify(&options, &report) == OK && report.whole, report.first_break.what);
	double seconds = now() - start;
	bench->verify_rate = (double)report.entries / seconds;
	bench->verify_bytes = (double)report.bytes / seconds;
	return (size_t)(report.bytes / report.entries);
}

static void run(struct bench *bench)
{
	uint8_t seed[SIGN_SEED_BYTES] = {1};
	must(sign_key_from_seed(seed, &bench->options.sign_key) == OK, "key");
	must(note_vkey(bench->options.origin, bench->options.sign_key.public, bench->vkey) == OK,
		"key");
	struct ledger *ledger = open_ledger(bench);
	append_only(bench, ledger);
	ledger_close(ledger);
	size_t entry = verify(bench);
	ledger = open_ledger(bench);
	take_turns(bench, ledger, entry);
	ledger_close(ledger);
	bench->sha_bytes = bare_sha();
	bench->sha_entries = bare_leaves(entry, APPENDS);
}

static void machine(char *ret, size_t most)
{
	char line[256], model[128] = "?";
	struct utsname name;
	FILE *file = fopen("/proc/cpuinfo", "re");
	while (file && fgets(line, sizeof line, file))
		if (sscanf(line, "model name : %127[^\n]", model) == 1)
			break;
	if (file)
		fclose(file);
	uname(&name);
	snprintf(ret, most, "%s, %ld processors, Linux %s", model, sysconf(_SC_NPROCESSORS_ONLN),
		name.release);
}

static void print(const struct bench *b, bool json)
{
	char where[400];
	machine(where, sizeof where);
	double bare = b->bare_rate * WAITING;
	if (json) {
		printf("{\"machine\":\"%s\",\"waiting\":%d,\"entries_per_s\":%.0f,"
		       "\"bare_entries_per_s\":%.0f,\"ratio\":%.2f,\"single_per_s\":%.0f,"
		       "\"bare_single_per_s\":%.0f,\"single_ratio\":%.2f,\"append_us\":%.2f,"
		       "\"verify_entries_per_s\":%.0f,\"verify_bytes_per_s\":%.0f,"
		       "\"sha256_bytes_per_s\":%.0f,\"sha256_entries_per_s\":%.0f,\"verify_ratio\":%.2f}\n",
			where, WAITING, b->waiting_rate, bare, b->waiting_rate / bare,
			b->single_rate, b->bare_single, b->single_rate / b->bare_single,
			b->append_us, b->verify_rate, b->verify_bytes, b->sha_bytes, b->sha_entries,
			b->verify_rate / b->sha_entries);
		return;
	}
	printf("%s\n\n%-44s %12s %12s %7s\n", where, "", "here", "bare", "ratio");
	printf("%-44s %12.0f %12.0f %7.2f\n", "durable entries/s, 64 waiting (write+fdatasync)",
		b->waiting_rate, bare, b->waiting_rate / bare);
	printf("%-44s %12.0f %12.0f %7.2f\n", "durable entries/s, one by one", b->single_rate,
		b->bare_single, b->single_rate / b->bare_single);
	printf("%-44s %12.0f %12.0f %7.2f\n", "verified MB/s (SHA-256)", b->verify_bytes / 1e6,
		b->sha_bytes / 1e6, b->verify_bytes / b->sha_bytes);
	printf("%-44s %12.0f %12.0f %7.2f\n", "verified entries/s (SHA-256 of as many bytes)",
		b->verify_rate, b->sha_entries, b->verify_rate / b->sha_entries);
	printf("%-44s %12.2f\n", "append, us", b->append_us);
}

int main(int argc, char **argv)
{
	struct bench bench = {.options.origin = "bench.example/trail"};
	char trail[300], command[400];
	const char *under = "/tmp";
	bool json = false;
	for (int i = 1; i < argc; i++) {
		if (strcmp(argv[i], "--json") == 0)
			json = true;
		else if (strcmp(argv[i], "--dir") == 0 && i + 1 < argc)
			under = argv[++i];
	}
	snprintf(bench.dir, sizeof bench.dir, "%s/bench-trail-XXXXXX", under);
	must(mkdtemp(bench.dir) != NULL, bench.dir);
	snprintf(trail, sizeof trail, "%s/trail", bench.dir);
	must(mkdir(trail, 0700) == 0, trail);
	bench.options.dir = trail;
	run(&bench);
	print(&bench, json);
	snprintf(command, sizeof command, "rm -rf '%s'", bench.dir);
	return system(command) == 0 ? 0 : 1;
}
