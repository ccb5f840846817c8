// The tables against each other: resources made from the structure tables must pass the check, and
// every search parameter of every type must find something in them.
#include "sample.h"

#include "common/format/fhir_check.h"
#include "common/format/fhir_patient.h"
#include "common/format/fhir_tables.h"

enum {
	VARIANTS = 12,
	MOST_DEPTH = 5,
	MOST_PARAMS = 3000
};

struct maker {
	unsigned variant; // which of a choice, which code, which type of reference
	unsigned depth;
};

static json_t *make_object(struct maker *maker, const struct fhir_structure *structure);

static json_t *make_code(struct maker *maker, const struct fhir_element *element)
{
	const struct fhir_code_set *set = &fhir_code_sets[element->detail];
	if (set->count == 0)
		return json_string("code");
	return json_string(fhir_text(fhir_codes[set->first + maker->variant % set->count]));
}

static json_t *make_text(struct maker *maker, const struct fhir_structure *structure,
	const struct fhir_element *element)
{
	static const char *const targets[] = {
		"Patient/1", "Practitioner/1", "Location/1", "RelatedPerson/1"};
	if (structure == &fhir_structures[fhir_counts.reference] &&
		strcmp(fhir_text(element->name), "reference") == 0)
		return json_string(targets[maker->variant % 4]);
	return json_string("text");
}

static json_t *make_primitive(struct maker *maker, const struct fhir_structure *structure,
	const struct fhir_element *element)
{
	static const char *const texts[] = {[FHIR_KIND_ID] = "id",
		[FHIR_KIND_URI] = "urn:x",
		[FHIR_KIND_URL] = "urn:x",
		[FHIR_KIND_CANONICAL] = "urn:x",
		[FHIR_KIND_OID] = "urn:oid:1.2",
		[FHIR_KIND_UUID] = "urn:uuid:c757873d-ec9a-4326-a141-556f43239520",
		[FHIR_KIND_BASE64_BINARY] = "AAAA",
		[FHIR_KIND_INSTANT] = "2020-01-01T00:00:00Z",
		[FHIR_KIND_DATE] = "2020",
		[FHIR_KIND_DATE_TIME] = "2020-01",
		[FHIR_KIND_TIME] = "10:00:00",
		[FHIR_KIND_XHTML] = "<div/>"};
	switch (element->kind) {
	case FHIR_KIND_BOOLEAN:
		return json_true();
	case FHIR_KIND_INTEGER:
	case FHIR_KIND_UNSIGNED_INT:
	case FHIR_KIND_POSITIVE_INT:
		return json_integer(1);
	case FHIR_KIND_DECIMAL:
		return json_decimal_new("1.50");
	case FHIR_KIND_CODE:
		return make_code(maker, element);
	case FHIR_KIND_STRING:
	case FHIR_KIND_MARKDOWN:
		return make_text(maker, structure, element);
	default:
		return json_string(texts[element->kind]);
	}
}

// Of a choice, only the one whose turn it is.
static bool has_turn(const struct maker *maker, const struct fhir_structure *structure,
	const struct fhir_element *element)
{
	if (element->slot == FHIR_NO_SLOT || !(structure->choices >> element->slot & 1))
		return true;
	unsigned count = 0, mine = 0;
	for (unsigned i = 0; i < structure->count; i++) {
		const struct fhir_element *other = &fhir_elements[structure->first + i];
		if (other == element)
			mine = count;
		count += other->slot == element->slot;
	}
	return mine == maker->variant % count;
}

static bool wanted(const struct maker *maker, const struct fhir_structure *structure,
	const struct fhir_element *element)
{
	const char *name = fhir_text(element->name);
	bool required =
		element->slot != FHIR_NO_SLOT && (structure->required >> element->slot & 1) != 0;
	if (strcmp(name, "extension") == 0 || strcmp(name, "modifierExtension") == 0 ||
		element->kind == FHIR_KIND_RESOURCE)
		return false;
	if (maker->depth >= MOST_DEPTH && element->kind == FHIR_KIND_STRUCTURE && !required)
		return false;
	return has_turn(maker, structure, element);
}

static json_t *make_object(struct maker *maker, const struct fhir_structure *structure)
{
	json_t *object = json_object();
	maker->depth++;
	for (unsigned i = 0; i < structure->count; i++) {
		const struct fhir_element *element = &fhir_elements[structure->first + i];
		if (!wanted(maker, structure, element))
			continue;
		json_t *value = element->kind == FHIR_KIND_STRUCTURE
					? make_object(maker, &fhir_structures[element->detail])
					: make_primitive(maker, structure, element);
		if (element->many)
			value = json_pack("[o]", value);
		json_object_set_new(object, fhir_text(element->name), value);
	}
	maker->depth--;
	return object;
}

static void try_resource(int type, unsigned variant, bool *found)
{
	struct arena *arena = arena_new();
	struct maker maker = {.variant = variant};
	struct fhir_problems problems;
	struct fhir_patients patients;
	json_t *resource = make_object(&maker, &fhir_structures[fhir_types[type].structure]);
	json_object_set_new(resource, "resourceType", json_string(fhir_type_name(type)));
	if (fhir_check(resource, arena, &problems) != OK)
		fail_msg("%s: %s", problems.at[0].expression, problems.at[0].words);
	for (size_t i = 0; i < fhir_param_count(type); i++) {
		const struct fhir_param *param = fhir_param_at(type, i);
		struct fhir_values values;
		assert_ok(fhir_extract(resource, param, arena, &values));
		if (values.count > 0)
			found[fhir_param_number(param)] = true;
	}
	assert_ok(fhir_patients_of(resource, NULL, arena, &patients));
	if (fhir_type_in_compartment(type) && variant % 4 == 0)
		assert_true(patients.count > 0);
	json_decref(resource);
	arena_free(arena);
}

static void every_parameter_finds_something(void **state)
{
	static bool found[MOST_PARAMS];
	assert_true(fhir_param_number_count() <= MOST_PARAMS);
	for (int type = 0; type < fhir_type_count(); type++) {
		for (unsigned variant = 0; variant < VARIANTS; variant++)
			try_resource(type, variant, found);
		for (size_t i = 0; i < fhir_param_count(type); i++) {
			const struct fhir_param *param = fhir_param_at(type, i);
			if (!found[fhir_param_number(param)])
				fail_msg("%s:%s finds nothing", fhir_type_name(type),
					fhir_param_name(param));
		}
	}
}

// What is searched for every day must be there, whatever the generator may have left out.
static void the_everyday_parameters_are_there(void **state)
{
	static const struct {
		const char *type, *params[12];
	} rows[] = {
		{"Patient", {"name", "family", "given", "birthdate", "identifier", "telecom",
				    "gender", "address", "phonetic", "general-practitioner"}},
		{"Observation", {"patient", "subject", "code", "date", "status", "category",
					"encounter", "value-quantity", "performer"}},
		{"Condition", {"patient", "code", "onset-date", "clinical-status", "category",
				      "recorded-date"}},
		{"MedicationRequest", {"patient", "code", "status", "authoredon", "intent"}},
		{"Encounter",
			{"patient", "date", "status", "class", "participant", "practitioner"}},
		{"Procedure", {"patient", "code", "date", "status"}},
		{"Immunization", {"patient", "date", "status", "vaccine-code"}},
		{"DiagnosticReport", {"patient", "code", "date", "status", "category", "result"}},
		{"DocumentReference", {"patient", "date", "status", "type", "category"}},
		{"AllergyIntolerance", {"patient", "code", "clinical-status", "category", "date"}},
		{"CarePlan", {"patient", "date", "status", "category"}},
		{"CareTeam", {"patient", "participant", "status"}},
		{"Appointment", {"patient", "actor", "date", "status", "practitioner"}},
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		int type = fhir_type_find(rows[i].type);
		for (size_t k = 0; rows[i].params[k]; k++) {
			if (!fhir_param_find(type, rows[i].params[k]))
				fail_msg("%s:%s is missing", rows[i].type, rows[i].params[k]);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_parameter_finds_something),
		cmocka_unit_test(the_everyday_parameters_are_there),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
