// Any file as incidents.yaml: refused with its line, or its facts are texts and its destination a
// name.
#include "fuzz.h"

#include "common/format/casework.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *at, size_t size)
{
	struct casework work;
	struct casework_problem problem = {0};
	struct arena *arena = arena_new();
	if (casework_parse(bytes_of(at, size), arena, &work, &problem)) {
		fuzz_rule(*problem.text, "a problem has words");
	} else {
		fuzz_rule(strspn(work.tell, "abcdefghijklmnopqrstuvwxyz0123456789-") ==
				  strlen(work.tell),
			"a destination is a name");
		for (int i = 0; i < LETTER_GIVEN; i++)
			fuzz_rule(!work.facts[i] || strlen(work.facts[i]) <= size, "a text");
	}
	arena_free(arena);
	return 0;
}
