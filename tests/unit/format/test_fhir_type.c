#include "../unit.h"

#include "common/format/fhir_type.h"

#include <string.h>

static void every_type_finds_itself(void **state)
{
	assert_int_equal(fhir_type_count(), 146); // the concrete resources of R4
	for (int i = 0; i < fhir_type_count(); i++) {
		assert_int_equal(fhir_type_find(fhir_type_name(i)), i);
		assert_true(strlen(fhir_type_name(i)) < FHIR_TYPE_NAME_BYTES);
	}
	assert_int_equal(fhir_type_find("Patient"), fhir_type_patient());
}

static void other_names_are_not_found(void **state)
{
	static const char *const names[] = {"", "patient", "Patien", "Patients", "Resource",
		"DomainResource", "HumanName", "Zzz", "A", "SubscriptionStatus"};
	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		assert_int_equal(fhir_type_find(names[i]), FHIR_TYPE_NONE);
	assert_int_equal(fhir_type_find_n("Patient/1", 7), fhir_type_patient());
	assert_int_equal(fhir_type_find_n("Patient\0x", 9), FHIR_TYPE_NONE);
}

static void the_compartment_is_known(void **state)
{
	assert_true(fhir_type_in_compartment(fhir_type_find("Patient")));
	assert_true(fhir_type_in_compartment(fhir_type_find("Observation")));
	assert_true(fhir_type_in_compartment(fhir_type_find("Task"))); // added, see the generator
	assert_false(fhir_type_in_compartment(fhir_type_find("Medication")));
	assert_false(fhir_type_in_compartment(fhir_type_find("Organization")));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_type_finds_itself),
		cmocka_unit_test(other_names_are_not_found),
		cmocka_unit_test(the_compartment_is_known),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
