#include "vault/records/records_in.h"

#include "common/base/text.h"
#include "common/format/fhir_type.h"
#include "common/format/phonetic.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
	SHORTEST_PREFIX = 3,
	LONGEST_PREFIX = 6,
	MOST_FINDS = 400,
	MOST_WORDS = 64
};

// Parameters whose values become words of a resource's row, under the patient's own key.
static const char *const worded[] = {"category", "class", "clinical-status", "code", "encounter",
	"identifier", "intent", "status", "type", "vaccine-code", "verification-status"};
// Parameters by which persons, places and things of the hospital are found.
static const char *const found_by[] = {"name", "identifier", "email", "phone", "telecom",
	"birthdate", "practitioner", "organization", "actor", "schedule", "start"};

struct tokens {
	struct mac *mac;
	const char *domain;
	int64_t *at;
	size_t count, room;
};

static void add(struct tokens *tokens, const char *name, struct bytes word)
{
	if (tokens->count < tokens->room)
		tokens->at[tokens->count++] = word_token(tokens->mac, tokens->domain, name, word);
}

static void add_code(struct tokens *tokens, const char *name, const char *system, const char *code)
{
	char word[512];
	int size = snprintf(word, sizeof word, "%s|%s", system, code);
	add(tokens, name, bytes_of(word, size < (int)sizeof word ? (size_t)size : sizeof word - 1));
}

static void add_token(struct tokens *tokens, const char *name, const struct fhir_value *value)
{
	if (!value->code)
		return;
	add(tokens, name, bytes_text(value->code));
	add_code(tokens, name, value->system ? value->system : "", value->code);
}

static void add_reference(struct tokens *tokens, const char *name, const struct fhir_value *value)
{
	char word[160];
	if (value->type == FHIR_TYPE_NONE || !value->id)
		return;
	int size = snprintf(word, sizeof word, "%s/%s", fhir_type_name(value->type), value->id);
	add(tokens, name, bytes_of(word, (size_t)size));
}

// Forms of address come in a handful of values and would tell, counted, who is a woman.
bool words_is_address(const char *folded)
{
	static const char *const forms[] = {"mr", "mrs", "ms", "miss", "mx", "dr", "prof", "sir",
		"dame", "rev", "herr", "frau", "mme", "mlle", "don", "dona", "sra", "srta", "sig"};
	size_t length = strlen(folded);
	if (length && folded[length - 1] == '.')
		length--;
	for (size_t i = 0; i < sizeof forms / sizeof *forms; i++)
		if (strlen(forms[i]) == length && strncmp(folded, forms[i], length) == 0)
			return true;
	return false;
}

static void add_prefixes(struct tokens *tokens, const char *name, const char *folded)
{
	size_t length = strlen(folded);
	if (words_is_address(folded))
		return;
	for (size_t n = SHORTEST_PREFIX; n <= LONGEST_PREFIX && n <= length; n++)
		add(tokens, name, bytes_of(folded, n));
	if (length && length < SHORTEST_PREFIX) // "Li": a name of its own
		add(tokens, name, bytes_of(folded, length));
}

// The whole text and each word in it: "de la Cruz" is found by "de la" and by "cruz".
static void add_string(struct tokens *tokens, const char *name, const char *text)
{
	char folded[256];
	size_t size = text_fold(bytes_text(text), folded, sizeof folded);
	char first[256];
	size_t length = strcspn(folded, " -'");
	memcpy(first, folded, length);
	first[length] = 0;
	if (length == size || !words_is_address(first))
		add_prefixes(tokens, name, folded);
	for (char *at = strpbrk(folded, " -'"); at; at = strpbrk(at, " -'")) {
		char word[256];
		at++;
		length = strcspn(at, " -'");
		memcpy(word, at, length);
		word[length] = 0;
		add_prefixes(tokens, name, word);
	}
}

static void add_value(struct tokens *tokens, const char *name, const struct fhir_value *value)
{
	char day[32];
	switch (value->kind) {
	case FHIR_PARAM_TOKEN:
		add_token(tokens, name, value);
		break;
	case FHIR_PARAM_REFERENCE:
		add_reference(tokens, name, value);
		break;
	case FHIR_PARAM_STRING:
		if (value->text)
			add_string(tokens, name, value->text);
		break;
	case FHIR_PARAM_DATE:
		snprintf(day, sizeof day, "%lld", (long long)(value->low_us / 86400000000ll));
		add(tokens, name, bytes_text(day));
		break;
	default:
		break;
	}
}

static enum err add_params(struct tokens *tokens, int type, const char *const *names,
	size_t name_count, const json_t *resource, struct arena *arena)
{
	for (size_t i = 0; i < name_count; i++) {
		const struct fhir_param *param = fhir_param_find(type, names[i]);
		struct fhir_values values;
		if (!param)
			continue;
		enum err err = fhir_extract(resource, param, arena, &values);
		if (err)
			return err;
		for (size_t v = 0; v < values.count; v++)
			add_value(tokens, names[i], &values.at[v]);
	}
	return OK;
}

static int by_value(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
	return (x > y) - (x < y);
}

enum err words_of(struct records *r, struct owner *owner, int type, const json_t *resource,
	struct arena *arena)
{
	int64_t room[MOST_WORDS];
	struct tokens tokens = {owner->words, "word", room, 0, MOST_WORDS};
	buf_clear(&r->words);
	enum err err =
		add_params(&tokens, type, worded, sizeof worded / sizeof *worded, resource, arena);
	if (err)
		return err;
	// A row that could not take all its words says so, and is then always looked at.
	bool full = tokens.count == MOST_WORDS;
	qsort(room, tokens.count, sizeof *room, by_value);
	for (size_t i = 0; i < tokens.count && !full; i++)
		put_u64(&r->words, (uint64_t)room[i]);
	return OK;
}

bool finds_type(int type)
{
	return type == fhir_type_patient() || !fhir_type_in_compartment(type) ||
	       type == fhir_type_find("Practitioner") || type == fhir_type_find("Person") ||
	       type == fhir_type_find("Schedule");
}

// A schedule is a roster of the house's, unless a patient is in it.
bool finds_record(int type, bool of_patient)
{
	return finds_type(type) && !(of_patient && type == fhir_type_find("Schedule"));
}

enum err finds_of(struct records *r, int type, const json_t *resource, struct arena *arena,
	struct finds *ret_finds)
{
	struct tokens tokens = {r->search, fhir_type_name(type), NULL, 0, MOST_FINDS};
	tokens.at = arena_alloc(arena, MOST_FINDS * sizeof *tokens.at);
	enum err err = add_params(
		&tokens, type, found_by, sizeof found_by / sizeof *found_by, resource, arena);
	struct sounds sounds;
	if (!err)
		err = sounds_of(type, resource, arena, &sounds);
	for (size_t i = 0; !err && i < sounds.count; i++)
		add(&tokens, "phonetic", bytes_text(sounds.codes[i]));
	if (!err)
		*ret_finds = (struct finds){tokens.at, tokens.count};
	return err;
}

static bool listed(const char *name, const char *const *names, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (strcmp(names[i], name) == 0)
			return true;
	return false;
}

static bool one_day(const struct fhir_wanted *wanted)
{
	return wanted->prefix == FHIR_EQ &&
	       wanted->value.high_us - wanted->value.low_us == 86400000000ll;
}

// The single token that every match of this value carries; false when there is none.
static bool want(struct tokens *tokens, const char *name, const struct fhir_wanted *wanted)
{
	char folded[256];
	const struct fhir_value *value = &wanted->value;
	size_t before = tokens->count, length;
	switch (value->kind) {
	case FHIR_PARAM_TOKEN:
		if (value->code && value->system)
			add_code(tokens, name, value->system, value->code);
		else if (value->code)
			add(tokens, name, bytes_text(value->code));
		break;
	case FHIR_PARAM_REFERENCE:
		add_reference(tokens, name, value);
		break;
	case FHIR_PARAM_STRING:
		length = text_fold(bytes_text(value->text), folded, sizeof folded);
		if (length >= SHORTEST_PREFIX && !words_is_address(folded))
			add(tokens, name,
				bytes_of(
					folded, length < LONGEST_PREFIX ? length : LONGEST_PREFIX));
		break;
	case FHIR_PARAM_DATE:
		if (one_day(wanted))
			add_value(tokens, name, value);
		break;
	default:
		break;
	}
	return tokens->count > before;
}

static enum err want_all(struct tokens *tokens, const struct fhir_argument *argument,
	const char *name, struct arena *arena, struct finds *ret)
{
	bool equal = argument->modifier == FHIR_PLAIN || argument->modifier == FHIR_EXACT ||
		     argument->modifier == FHIR_OF_TYPE;
	*ret = (struct finds){0};
	if (!equal)
		return OK;
	tokens->room = argument->count + 1;
	tokens->at = arena_alloc(arena, tokens->room * sizeof *tokens->at);
	for (size_t i = 0; i < argument->count; i++)
		if (!want(tokens, name, &argument->at[i]))
			return OK;
	*ret = (struct finds){tokens->at, tokens->count};
	return OK;
}

static enum err want_sounds(struct tokens *tokens, const struct fhir_argument *argument,
	struct arena *arena, struct finds *ret)
{
	char code[PHONETIC_BYTES];
	tokens->room = argument->count;
	tokens->at = arena_alloc(arena, tokens->room * sizeof *tokens->at);
	for (size_t i = 0; i < argument->count; i++) {
		const char *text = argument->at[i].value.text;
		if (text && phonetic_code(bytes_text(text), code))
			add(tokens, "phonetic", bytes_text(code));
	}
	*ret = (struct finds){tokens->at, tokens->count};
	return OK;
}

enum err words_of_argument(struct owner *owner, const struct fhir_argument *argument,
	struct arena *arena, struct finds *ret_words)
{
	struct tokens tokens = {.mac = owner->words, .domain = "word"};
	const char *name = fhir_param_name(argument->param);
	*ret_words = (struct finds){0};
	if (!listed(name, worded, sizeof worded / sizeof *worded))
		return OK;
	return want_all(&tokens, argument, name, arena, ret_words);
}

enum err finds_of_argument(struct records *r, const struct fhir_argument *argument,
	struct arena *arena, struct finds *ret_finds)
{
	struct tokens tokens = {
		.mac = r->search, .domain = fhir_type_name(fhir_param_type(argument->param))};
	const char *name = fhir_param_name(argument->param);
	if (strcmp(name, "family") == 0 || strcmp(name, "given") == 0)
		name = "name"; // every part of a name is found under the whole
	*ret_finds = (struct finds){0};
	if (sounds_asked(argument))
		return want_sounds(&tokens, argument, arena, ret_finds);
	if (!listed(name, found_by, sizeof found_by / sizeof *found_by))
		return OK;
	return want_all(&tokens, argument, name, arena, ret_finds);
}
