#include "scratch.h"

#include "../unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

void scratch_make(struct scratch *scratch)
{
	uint8_t seed[SIGN_SEED_BYTES] = {1, 2, 3};
	memset(scratch, 0, sizeof *scratch);
	snprintf(scratch->dir, sizeof scratch->dir, "/tmp/ledger-test-XXXXXX");
	assert_non_null(mkdtemp(scratch->dir));
	snprintf(scratch->trail, sizeof scratch->trail, "%s/trail", scratch->dir);
	snprintf(scratch->witness, sizeof scratch->witness, "%s/witness", scratch->dir);
	assert_int_equal(mkdir(scratch->trail, 0700), 0);
	scratch->options = (struct ledger_options){
		.dir = scratch->trail, .origin = "hospital.example/trail", .checkpoint_ms = 20};
	scratch->options.seal_key.bytes[0] = 7;
	scratch->options.search_key.bytes[0] = 8;
	assert_ok(sign_key_from_seed(seed, &scratch->options.sign_key));
	assert_ok(note_vkey(
		scratch->options.origin, scratch->options.sign_key.public, scratch->vkey));
}

void scratch_remove(struct scratch *scratch)
{
	char command[128];
	snprintf(command, sizeof command, "rm -rf %s", scratch->dir);
	assert_int_equal(system(command), 0);
}

void copy_tree(const char *from, const char *to)
{
	char command[512];
	snprintf(command, sizeof command, "rm -rf %s && cp -a %s %s", to, from, to);
	assert_int_equal(system(command), 0);
}

struct ledger *scratch_open(struct scratch *scratch)
{
	struct ledger *ledger = NULL;
	struct ledger_problem problem;
	enum err err = ledger_open(&scratch->options, &ledger, &problem);
	if (err)
		print_error("%s\n", problem.text);
	assert_ok(err);
	return ledger;
}

enum err scratch_try(struct scratch *scratch, struct ledger_problem *ret_problem)
{
	struct ledger *ledger = NULL;
	enum err err = ledger_open(&scratch->options, &ledger, ret_problem);
	if (!err)
		ledger_close(ledger);
	return err;
}

void scratch_fill(struct ledger *ledger, unsigned count)
{
	for (unsigned i = 0; i < count; i++) {
		char patient[16], actor[16], resource[32];
		uint64_t seq = ledger_size(ledger);
		snprintf(patient, sizeof patient, "p%u", (unsigned)(seq % 10));
		snprintf(actor, sizeof actor, "actor-%u", (unsigned)(seq % 3));
		snprintf(resource, sizeof resource, "Patient/%s", patient);
		const char *patients[] = {patient};
		struct trail_entry entry = {.time_us = 1000000 + (int64_t)seq,
			.kind = TRAIL_ACCESS,
			.action = TRAIL_READ,
			.outcome = seq % 50 == 7 ? TRAIL_DENIED : TRAIL_ALLOWED,
			.status = 200,
			.actor = actor,
			.resource = resource,
			.patients = patients,
			.patients_here = 1,
			.patient_count = 1};
		assert_int_equal(ledger_append(ledger, &entry), seq);
		if (i % 7 == 0)
			ledger_flush(ledger);
	}
	ledger_flush(ledger);
	ledger_wait(ledger, ledger_size(ledger));
}

struct verify_report scratch_verify(const struct scratch *scratch)
{
	struct verify_options options = {
		.dir = scratch->trail, .vkey = scratch->vkey, .at_rest = true};
	struct verify_report report;
	assert_ok(ledger_verify(&options, &report));
	return report;
}

void scratch_file_read(const char *dir, const char *name, struct buf *ret_bytes)
{
	char path[256];
	uint8_t room[65536];
	size_t got;
	snprintf(path, sizeof path, "%s/%s", dir, name);
	FILE *file = fopen(path, "re");
	assert_non_null(file);
	buf_clear(ret_bytes);
	while ((got = fread(room, 1, sizeof room, file)))
		buf_add(ret_bytes, room, got);
	fclose(file);
}

void scratch_file_write(const char *dir, const char *name, struct bytes bytes)
{
	char path[256];
	snprintf(path, sizeof path, "%s/%s", dir, name);
	FILE *file = fopen(path, "we");
	assert_non_null(file);
	assert_int_equal(fwrite(bytes.at, 1, bytes.size, file), bytes.size);
	assert_int_equal(fclose(file), 0);
}
