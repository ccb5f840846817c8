// The records from which accesses are explained: each line of the input is a resource, stored as it
// would be through the door. What explains is then looked for, for one person and one patient.
//
// What must hold: nothing crashes; what is told is of the known kinds and within the scale, with a
// path that leads from the person to the patient; asked again, the answer is the same, whatever is
// remembered.
#include "fuzz.h"

#include "folder.h"

#include "common/format/fhir_check.h"
#include "common/format/fhir_patient.h"
#include "common/format/fhir_type.h"
#include "common/format/json.h"
#include "vault/explain/explain.h"
#include "vault/ledger/ledger.h"
#include "vault/records/records.h"

enum {
	INPUTS_MOST = 64, // before the records are made anew
	LINES_MOST = 12
};

static struct records *records;
static struct ledger *ledger;
static unsigned inputs;

static void begin(void)
{
	char problem[256];
	struct ledger_problem ledger_problem;
	if (!*folder)
		folder_make();
	if (records && inputs++ % INPUTS_MOST)
		return;
	records_close(records);
	ledger_close(ledger);
	folder_empty();
	const struct records_options options = {.dir = folder, .weak_sync = true};
	const struct ledger_options ledger_options = {
		.dir = folder, .origin = "fuzz/trail", .skip_sync = true};
	fuzz_rule(records_open(&options, &records, problem) == OK, "records");
	fuzz_rule(ledger_open(&ledger_options, &ledger, &ledger_problem) == OK, "a ledger");
}

static void store(struct bytes line, struct arena *arena)
{
	struct fhir_problems problems;
	struct fhir_patients patients;
	struct record record;
	json_t *json;
	if (json_parse_strict(line, NULL, &json, NULL))
		return;
	const char *id = json_get_text(json, "id"), *type = json_get_text(json, "resourceType");
	if (id && type && fhir_check(json, arena, &problems) == OK &&
		fhir_patients_of(json, id, arena, &patients) == OK) {
		const struct record_put put = {.type = fhir_type_find(type),
			.id = arena_text(arena, id),
			.patient = patients.owner ? arena_text(arena, patients.owner) : NULL,
			.updated_us = 1777800000000000,
			.resource = json};
		fuzz_rule(records_savepoint(records) == OK, "a savepoint");
		if (records_put(records, &put, arena, &record))
			fuzz_rule(records_rollback(records) == OK, "undone");
		else
			fuzz_rule(records_release(records) == OK, "kept");
	}
	json_decref(json);
}

static struct explanation ask(struct explain *explain, int64_t at_us, struct arena *arena)
{
	struct explanation e;
	const struct explain_ask wish = {.actor = "p",
		.staff = "Practitioner/p",
		.role = "front-desk",
		.patient = "a",
		.resource = "Observation/o",
		.at_us = at_us,
		.known_us = INT64_MAX,
		.seq = 1};
	fuzz_rule(explain_access(explain, &wish, arena, &e) == OK, "an answer");
	fuzz_rule(explained_valid(&e.told), "within the scale");
	fuzz_rule(!e.told.strength == !e.told.steps, "what explains has a path");
	if (e.told.steps) {
		fuzz_rule(strcmp(e.steps[0].resource, "Practitioner/p") == 0, "from the person");
		fuzz_rule(strcmp(e.steps[e.told.steps - 1].resource, "Patient/a") == 0,
			"to the patient");
	}
	return e;
}

static void explain_all(struct arena *arena)
{
	struct explain *explain = explain_new(records, ledger);
	for (int day = -2; day < 3; day++) {
		int64_t at_us = 1777800000000000 + day * 86400000000ll;
		struct explanation one = ask(explain, at_us, arena);
		struct explanation again = ask(explain, at_us, arena);
		fuzz_rule(one.told.kind == again.told.kind && one.told.flags == again.told.flags &&
				  one.told.strength == again.told.strength &&
				  one.told.steps == again.told.steps,
			"the same answer");
	}
	explain_free(explain);
}

int LLVMFuzzerTestOneInput(const uint8_t *at, size_t size)
{
	struct arena *arena = arena_new();
	begin();
	fuzz_rule(records_begin(records) == OK, "a transaction");
	for (unsigned lines = 0; size && lines < LINES_MOST; lines++) {
		const uint8_t *end = memchr(at, '\n', size);
		size_t length = end ? (size_t)(end - at) : size;
		store(bytes_of(at, length), arena);
		at += length + (end != NULL);
		size -= length + (end != NULL);
	}
	fuzz_rule(records_commit(records, 1) == OK, "a commit");
	explain_all(arena);
	arena_free(arena);
	return 0;
}
