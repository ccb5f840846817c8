// No text that passes as a narrative holds an element that runs or loads something.
#include "fuzz.h"

#include "common/base/arena.h"
#include "common/format/fhir_xhtml.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *at, size_t size)
{
	static const char *const never[] = {
		"<script", "<style", "<iframe", "<object", "<svg", "<form"};
	struct arena *arena = arena_new();
	char *text = arena_text_n(arena, (const char *)at, size);
	if (fhir_xhtml_valid(text)) {
		fuzz_rule(strncmp(text, "<div", 4) == 0, "it is a div");
		for (char *comment; (comment = strstr(text, "<!--"));)
			memset(comment, ' ', (size_t)(strstr(comment, "-->") - comment));
		for (size_t i = 0; i < sizeof never / sizeof *never; i++)
			fuzz_rule(strcasestr(text, never[i]) == NULL, "nothing in it runs");
	}
	arena_free(arena);
	return 0;
}
