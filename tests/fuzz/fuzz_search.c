// "Type?key=value" as a client may send it, decoded: parsed, and matched against a resource.
#include "fuzz.h"

#include "common/format/fhir_check.h"
#include "common/format/fhir_match.h"
#include "common/format/fhir_type.h"
#include "common/format/json.h"
#include "common/format/phonetic.h"

#include <string.h>

static const char *const resources[] = {
	"{\"resourceType\":\"Patient\",\"id\":\"1\",\"birthDate\":\"1970\",\"gender\":\"male\",\"name\":"
	"[{\"family\":\"M\\u00fcller\",\"given\":[\"A\"]}],\"identifier\":[{\"system\":\"s\",\"value\":"
	"\"1\"}]}",
	"{\"resourceType\":\"Observation\",\"status\":\"final\",\"code\":{\"text\":\"x\"},\"subject\":"
	"{\"reference\":\"Patient/1\"},\"effectivePeriod\":{\"start\":\"2020\"},\"valueQuantity\":"
	"{\"value\":5.40,\"comparator\":\"<\",\"code\":\"mg\"}}",
};

static void match_all(const struct fhir_argument *argument, struct arena *arena)
{
	for (size_t i = 0; i < sizeof resources / sizeof *resources; i++) {
		json_t *resource;
		bool matches;
		fuzz_rule(json_parse_strict(bytes_text(resources[i]), NULL, &resource, NULL) == OK,
			"sample");
		if (fhir_resource_type(resource) == fhir_param_type(argument->param))
			fuzz_rule(fhir_match_resource(resource, argument, 0, arena, &matches) == OK,
				"matched");
		json_decref(resource);
	}
}

static void search(char *text, struct arena *arena)
{
	char *key = strchr(text, '?'), *value = key ? strchr(key, '=') : NULL;
	struct fhir_key parts;
	struct fhir_argument argument;
	if (!value)
		return;
	*key++ = 0;
	*value++ = 0;
	int type = fhir_type_find(text);
	if (type == FHIR_TYPE_NONE || fhir_key_parse(key, arena, &parts) != OK)
		return;
	const struct fhir_param *param = fhir_param_find(type, parts.name);
	if (!param || fhir_argument_parse(param, parts.modifier, value, arena, &argument) != OK)
		return;
	fuzz_rule(argument.count > 0 || argument.modifier == FHIR_MISSING, "there is a value");
	match_all(&argument, arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *at, size_t size)
{
	struct arena *arena = arena_new();
	char code[PHONETIC_BYTES];
	fuzz_rule(phonetic_code(bytes_of(at, size), code) == (code[0] != 0), "a code or none");
	search(arena_text_n(arena, (const char *)at, size), arena);
	arena_free(arena);
	return 0;
}
