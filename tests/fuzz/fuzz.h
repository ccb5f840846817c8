// fuzz: what every fuzzer includes. A fuzzer is one function that is given any bytes at all and
// must neither crash nor find one of its own rules broken.
#pragma once

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *at, size_t size);

// A rule that must hold. Unlike assert(), never compiled out.
static inline void fuzz_rule(int holds, const char *rule)
{
	if (!holds) {
		fprintf(stderr, "broken rule: %s\n", rule);
		abort();
	}
}
