#include "common/format/fhir_outcome.h"

#include <assert.h>
#include <stdio.h>

static void set_text(json_t *object, const char *key, const char *text)
{
	if (text)
		json_object_set_new(object, key, json_string(text));
}

static json_t *coded(const char *code)
{
	return json_pack("{s:[{s:s}]}", "coding", "code", code);
}

void fhir_outcome_add(json_t *outcome, const struct fhir_outcome *issue)
{
	json_t *one = json_object();
	set_text(one, "severity", issue->severity ? issue->severity : "error");
	set_text(one, "code", issue->code ? issue->code : "processing");
	if (issue->detail_code)
		json_object_set_new(one, "details", coded(issue->detail_code));
	set_text(one, "diagnostics", issue->diagnostics);
	if (issue->expression)
		json_object_set_new(one, "expression", json_pack("[s]", issue->expression));
	json_array_append_new(json_object_get(outcome, "issue"), one);
}

static json_t *empty_outcome(void)
{
	return json_pack("{s:s, s:[]}", "resourceType", "OperationOutcome", "issue");
}

json_t *fhir_outcome_new(const struct fhir_outcome *outcome)
{
	json_t *value = empty_outcome();
	fhir_outcome_add(value, outcome);
	return value;
}

json_t *fhir_outcome_of_problems(const struct fhir_problems *problems)
{
	json_t *value = empty_outcome();
	for (size_t i = 0; i < problems->count; i++) {
		const struct fhir_problem *problem = &problems->at[i];
		fhir_outcome_add(value, &(struct fhir_outcome){
						.code = fhir_issue_text(problem->issue),
						.diagnostics = problem->words,
						.expression = problem->expression,
					});
	}
	return value;
}

json_t *fhir_outcome_of_json(const struct json_problem *problem)
{
	char text[160];
	snprintf(text, sizeof text, "Line %u, column %u: %s.", problem->line, problem->column,
		problem->words);
	return fhir_outcome_new(&(struct fhir_outcome){
		.severity = "fatal", .code = "structure", .diagnostics = text});
}

struct meaning {
	const char *code;
	int status;
};

static struct meaning meaning_of(enum err err)
{
	static const struct meaning meanings[ERR_COUNT] = {
		[OK] = {"informational", 200},
		[ERR_SYNTAX] = {"structure", 400},
		[ERR_INVALID] = {"invalid", 422},
		[ERR_LIMIT] = {"too-costly", 413},
		[ERR_NOT_FOUND] = {"not-found", 404},
		[ERR_GONE] = {"deleted", 410},
		[ERR_EXISTS] = {"duplicate", 409},
		[ERR_CONFLICT] = {"conflict", 409},
		[ERR_DENIED] = {"forbidden", 403},
		[ERR_UNAUTHENTICATED] = {"login", 401},
		[ERR_BUSY] = {"throttled", 503},
		[ERR_UNSUPPORTED] = {"not-supported", 400},
		[ERR_IO] = {"exception", 500},
		[ERR_CORRUPT] = {"exception", 500},
		[ERR_CRYPTO] = {"exception", 500},
		[ERR_CLOSED] = {"transient", 503},
	};
	assert(err < ERR_COUNT);
	return meanings[err];
}

const char *fhir_outcome_code(enum err err)
{
	return meaning_of(err).code;
}

int fhir_outcome_status(enum err err)
{
	return meaning_of(err).status;
}
