// fhir_query: the parameters of a FHIR search as the records understand them.
#pragma once

#include "vault/serve/fhir_answer.h"

struct query_problem {
	const char *parameter; // as the client wrote it
	const char *words;
};

enum {
	QUERY_DEFAULT_COUNT = 50
};

// From a list of names and values. ERR_INVALID and ERR_UNSUPPORTED with the parameter to blame: an
// unknown parameter is an error, for a search that ignores one answers another question.
struct query_params {
	const struct door_param *at;
	size_t count;
};
enum err fhir_query_of_params(const struct vault *vault, int type,
	const struct query_params *params, struct arena *arena, struct search_query *ret_query,
	struct query_problem *ret_problem);
// The names and values of a text such as "a=1&b=2", percent-encoded or not. NULL with the problem.
struct door_param *fhir_query_params(const char *text, struct arena *arena, size_t *ret_count,
	struct query_problem *ret_problem);
// From a text such as "identifier=x|1&active=true", percent-encoded or not.
enum err fhir_query_of_text(const struct vault *vault, int type, const char *text,
	struct arena *arena, struct search_query *ret_query, struct query_problem *ret_problem);
