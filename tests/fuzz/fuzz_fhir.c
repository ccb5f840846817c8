// Any JSON through the check, every search parameter, the compartment and the references; what
// passes the check still passes it after being written and read again.
#include "fuzz.h"

#include "common/format/fhir_match.h"
#include "common/format/fhir_outcome.h"
#include "common/format/fhir_patient.h"
#include "common/format/fhir_refs.h"
#include "common/format/fhir_type.h"

static void check_values(const struct fhir_values *values)
{
	for (size_t i = 0; i < values->count; i++) {
		const struct fhir_value *value = &values->at[i];
		if (value->kind == FHIR_PARAM_TOKEN)
			fuzz_rule(value->code || value->text, "a token says something");
		fuzz_rule(!value->id || value->type != FHIR_TYPE_NONE, "an id has its type");
	}
	fuzz_rule(fhir_values_compare(values, values) == 0, "a value is equal to itself");
}

static void extract_all(const json_t *resource, struct arena *arena)
{
	int type = fhir_resource_type(resource);
	for (size_t i = 0; i < fhir_param_count(type); i++) {
		struct fhir_values values;
		if (fhir_extract(resource, fhir_param_at(type, i), arena, &values) == OK)
			check_values(&values);
	}
}

static enum err keep(
	void *context, enum fhir_ref_kind kind, const char *text, const char **ret_text)
{
	*ret_text = *(const char **)context; // NULL: leave it
	return OK;
}

static void use(json_t *resource, struct arena *arena)
{
	struct fhir_patients patients;
	const char *other = NULL;
	struct fhir_ref_visitor visitor = {keep, &other};
	extract_all(resource, arena);
	if (fhir_patients_of(resource, "x", arena, &patients) == OK)
		fuzz_rule(!patients.owner || patients.count > 0, "an owner is one of the patients");
	fuzz_rule(fhir_refs_walk(resource, &visitor) == OK, "the walk ends well");
}

static void write_and_read_again(const json_t *resource, struct arena *arena)
{
	struct buf buf = {0};
	struct fhir_problems problems;
	json_t *again;
	json_encode(resource, &buf);
	fuzz_rule(json_parse_strict(buf_bytes(&buf), NULL, &again, NULL) == OK, "we read our own");
	fuzz_rule(json_equal(resource, again), "reading again gives the same");
	fuzz_rule(fhir_check(again, arena, &problems) == OK, "it passes again");
	json_decref(again);
	buf_done(&buf);
}

static void refuse(const struct fhir_problems *problems, struct arena *arena)
{
	struct fhir_problems none;
	json_t *outcome = fhir_outcome_of_problems(problems);
	fuzz_rule(problems->count > 0, "a problem is told");
	fuzz_rule(fhir_check(outcome, arena, &none) == OK, "our answer is FHIR");
	json_decref(outcome);
}

int LLVMFuzzerTestOneInput(const uint8_t *at, size_t size)
{
	json_t *resource;
	if (json_parse_strict(bytes_of(at, size), NULL, &resource, NULL) != OK)
		return 0;
	struct arena *arena = arena_new();
	struct fhir_problems problems;
	if (fhir_check(resource, arena, &problems) == OK)
		write_and_read_again(resource, arena);
	else
		refuse(&problems, arena);
	if (fhir_resource_type(resource) != FHIR_TYPE_NONE)
		use(resource, arena);
	const char *other = "Patient/new";
	struct fhir_ref_visitor visitor = {keep, &other};
	fuzz_rule(fhir_refs_walk(resource, &visitor) == OK, "replacing ends well");
	json_decref(resource);
	arena_free(arena);
	return 0;
}
