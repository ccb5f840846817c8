#include "vault/records/records_in.h"

#include "common/base/text.h"
#include "common/format/phonetic.h"

#include <string.h>

// One code for each word of a name, as an index token and when a candidate is asked again.
static enum err codes_of(const struct fhir_param *param, const json_t *resource,
	struct arena *arena, struct sounds *ret_sounds)
{
	struct fhir_values values;
	enum err err = fhir_extract(resource, param, arena, &values);
	*ret_sounds = (struct sounds){0};
	for (size_t v = 0; v < values.count && !err; v++) {
		char folded[256];
		if (!values.at[v].text)
			continue;
		text_fold(bytes_text(values.at[v].text), folded, sizeof folded);
		char *save = NULL;
		for (char *word = strtok_r(folded, " -'", &save); word;
			word = strtok_r(NULL, " -'", &save))
			if (ret_sounds->count < SOUNDS_MOST && !words_is_address(word) &&
				phonetic_code(
					bytes_text(word), ret_sounds->codes[ret_sounds->count]))
				ret_sounds->count++;
	}
	return err;
}

enum err sounds_of(int type, const json_t *resource, struct arena *arena, struct sounds *ret_sounds)
{
	const struct fhir_param *param = fhir_param_find(type, "phonetic");
	*ret_sounds = (struct sounds){0};
	return param ? codes_of(param, resource, arena, ret_sounds) : OK;
}

bool sounds_asked(const struct fhir_argument *argument)
{
	return argument->modifier == FHIR_PLAIN &&
	       strcmp(fhir_param_name(argument->param), "phonetic") == 0;
}

enum err sounds_match(const json_t *resource, const struct fhir_argument *argument,
	struct arena *arena, bool *ret_matches)
{
	struct sounds *sounds = arena_alloc(arena, sizeof *sounds);
	char wanted[PHONETIC_BYTES];
	enum err err = codes_of(argument->param, resource, arena, sounds);
	*ret_matches = false;
	for (size_t i = 0; i < argument->count && !err; i++) {
		const char *text = argument->at[i].value.text;
		if (!text || !phonetic_code(bytes_text(text), wanted))
			continue;
		for (size_t s = 0; s < sounds->count; s++)
			*ret_matches |= strcmp(wanted, sounds->codes[s]) == 0;
	}
	return err;
}
