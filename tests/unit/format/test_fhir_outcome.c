#include "sample.h"

#include "common/format/fhir_outcome.h"

// What we answer must itself be FHIR, and say what it should.
static void outcome_is(json_t *outcome, const char *want)
{
	struct arena *arena = arena_new();
	struct fhir_problems problems;
	struct buf buf = {0};
	char *text = sample_text(want);
	assert_ok(fhir_check(outcome, arena, &problems));
	json_encode(outcome, &buf);
	buf_add(&buf, "", 1);
	assert_string_equal((char *)buf.at, text);
	free(text);
	buf_done(&buf);
	json_decref(outcome);
	arena_free(arena);
}

static void outcomes_are_fhir(void **state)
{
	outcome_is(fhir_outcome_new(&(struct fhir_outcome){.code = "not-found"}),
		"{'resourceType':'OperationOutcome','issue':[{'severity':'error','code':'not-found'}]}");
	outcome_is(fhir_outcome_new(&(struct fhir_outcome){.severity = "warning",
			   .code = "forbidden",
			   .diagnostics = "No.",
			   .expression = "Patient.name",
			   .detail_code = "break-glass-possible"}),
		"{'resourceType':'OperationOutcome','issue':[{'severity':'warning','code':'forbidden',"
		"'details':{'coding':[{'code':'break-glass-possible'}]},'diagnostics':'No.',"
		"'expression':['Patient.name']}]}");
	outcome_is(fhir_outcome_of_json(&(struct json_problem){3, 7, "this is not JSON"}),
		"{'resourceType':'OperationOutcome','issue':[{'severity':'fatal','code':'structure',"
		"'diagnostics':'Line 3, column 7: this is not JSON.'}]}");
}

static void problems_become_issues(void **state)
{
	struct fhir_problems problems = {.count = 2,
		.at = {{FHIR_ISSUE_REQUIRED, "Observation", "The element code is missing."},
			{FHIR_ISSUE_VALUE, "Observation.status", "This must be a code."}}};
	outcome_is(fhir_outcome_of_problems(&problems),
		"{'resourceType':'OperationOutcome','issue':[{'severity':'error','code':'required',"
		"'diagnostics':'The element code is missing.','expression':['Observation']},"
		"{'severity':'error','code':'value','diagnostics':'This must be a code.',"
		"'expression':['Observation.status']}]}");
}

static void every_error_has_a_code(void **state)
{
	for (int err = 0; err < ERR_COUNT; err++) {
		assert_non_null(fhir_outcome_code((enum err)err));
		assert_in_range(fhir_outcome_status((enum err)err), 200, 503);
	}
	assert_int_equal(fhir_outcome_status(ERR_GONE), 410);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(outcomes_are_fhir),
		cmocka_unit_test(problems_become_issues),
		cmocka_unit_test(every_error_has_a_code),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
