// sample: JSON for tests, written with ' in place of " so that it can be read.
#pragma once

#include "../unit.h"
#include "common/format/json.h"

#include <stdlib.h>
#include <string.h>

static inline char *sample_text(const char *quoted)
{
	char *text = strdup(quoted);
	for (char *at = text; *at; at++) {
		if (*at == '\'')
			*at = '"';
	}
	return text;
}

static inline json_t *sample(const char *quoted)
{
	char *text = sample_text(quoted);
	json_t *value = NULL;
	struct json_problem problem = {.words = ""};
	if (json_parse_strict(bytes_text(text), NULL, &value, &problem) != OK)
		fail_msg("%u:%u %s in %s", problem.line, problem.column, problem.words, text);
	free(text);
	return value;
}
