// taken: what a parser of indicators handed over, kept for asserting.
#pragma once

#include "../unit.h"

#include "common/format/indicator.h"

#include <stdio.h>
#include <string.h>

struct taken {
	struct indicator at[32];
	size_t count, left_count;
	char left[32][200]; // "id: why"
};

static void on_take(void *context, const struct indicator *indicator)
{
	struct taken *t = context;
	assert_true(t->count < 32);
	t->at[t->count++] = *indicator;
}

static void on_left(void *context, const char *id, const char *why)
{
	struct taken *t = context;
	assert_true(t->left_count < 32);
	snprintf(t->left[t->left_count++], 200, "%s: %s", id, why);
}
