#include "common/format/fhir_match.h"

#include "common/base/bytes.h"
#include "common/base/text.h"
#include "common/format/fhir_tables.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static bool same(const char *a, const char *b)
{
	return a && b && strcmp(a, b) == 0;
}

// Texts. Folding never makes a text longer than text_fold() needs to end it.

enum {
	FOLD_ROOM = 8,
	FOLD_STACK_BYTES = 512
};

struct folded {
	char stack[FOLD_STACK_BYTES];
	char *text;
};

static void fold(struct folded *folded, const char *text)
{
	size_t room = strlen(text) + FOLD_ROOM;
	folded->text = room <= sizeof folded->stack ? folded->stack : malloc(room);
	if (!folded->text)
		abort();
	text_fold(bytes_text(text), folded->text, room);
}

static void fold_done(struct folded *folded)
{
	explicit_bzero(folded->text, strlen(folded->text));
	if (folded->text != folded->stack)
		free(folded->text);
}

// The text or any word in it: who types "berg" looks for "van der Berg", too.
static bool a_word_starts(const char *text, const char *wanted)
{
	bool starts = text_starts(text, wanted);
	for (const char *at = text; !starts && (at = strpbrk(at, " -'")) != NULL;)
		starts = text_starts(++at, wanted);
	return starts;
}

static bool folded_match(const char *text, const char *wanted, bool anywhere)
{
	struct folded a, b;
	fold(&a, text);
	fold(&b, wanted);
	bool matches = anywhere ? strstr(a.text, b.text) != NULL : a_word_starts(a.text, b.text);
	fold_done(&a);
	fold_done(&b);
	return matches;
}

static bool match_string(const struct fhir_value *value, const struct fhir_wanted *wanted,
	enum fhir_modifier modifier)
{
	if (!value->text)
		return false;
	if (modifier == FHIR_EXACT)
		return same(value->text, wanted->value.text);
	return folded_match(value->text, wanted->value.text, modifier == FHIR_CONTAINS);
}

// Tokens

static bool match_system_code(const struct fhir_value *value, const struct fhir_value *wanted)
{
	if (wanted->system) {
		bool none = !value->system || !*value->system;
		if (*wanted->system ? !same(value->system, wanted->system) : !none)
			return false;
	}
	return wanted->code ? same(value->code, wanted->code) : value->code != NULL;
}

static bool match_token(const struct fhir_value *value, const struct fhir_wanted *wanted,
	enum fhir_modifier modifier)
{
	if (modifier == FHIR_TEXT)
		return value->text && folded_match(value->text, wanted->value.text, false);
	return match_system_code(value, &wanted->value);
}

// References

// A canonical may carry a version behind a bar.
static bool match_address(const char *address, const char *wanted)
{
	if (!address)
		return false;
	size_t length = strlen(wanted);
	return strncmp(address, wanted, length) == 0 &&
	       (address[length] == 0 || address[length] == '|');
}

static bool match_reference(const struct fhir_value *value, const struct fhir_wanted *wanted,
	enum fhir_modifier modifier)
{
	const struct fhir_value *want = &wanted->value;
	if (modifier == FHIR_IDENTIFIER)
		return match_system_code(value, want);
	if (!want->id)
		return match_address(value->text, want->text);
	if (!same(value->id, want->id))
		return false;
	if (want->type != FHIR_TYPE_NONE && want->type != value->type)
		return false;
	// Two servers may use the same id: an address with a base must be the same as a whole.
	if (want->local)
		return value->local;
	return match_address(value->text, want->text);
}

// Dates: both sides are intervals, high is not included (R4, search, prefixes).

static bool match_date_approximately(
	const struct fhir_value *value, const struct fhir_value *want, int64_t now_us)
{
	int64_t away = want->low_us > now_us ? want->low_us - now_us : now_us - want->low_us;
	int64_t around = away / 10;
	return value->low_us < want->high_us + around && value->high_us > want->low_us - around;
}

static bool match_date(
	const struct fhir_value *value, const struct fhir_wanted *wanted, int64_t now_us)
{
	const struct fhir_value *want = &wanted->value;
	bool inside = want->low_us <= value->low_us && value->high_us <= want->high_us;
	switch (wanted->prefix) {
	case FHIR_EQ:
		return inside;
	case FHIR_NE:
		return !inside;
	case FHIR_GT:
		return value->high_us > want->high_us;
	case FHIR_LT:
		return value->low_us < want->low_us;
	case FHIR_GE:
		return value->high_us > want->high_us || inside;
	case FHIR_LE:
		return value->low_us < want->low_us || inside;
	case FHIR_SA:
		return value->low_us >= want->high_us;
	case FHIR_EB:
		return value->high_us <= want->low_us;
	case FHIR_AP:
		return match_date_approximately(value, want, now_us);
	}
	return false;
}

// Numbers: with eq and ne the digits count, with the others the number itself.

static bool match_number(const struct fhir_value *value, const struct fhir_wanted *wanted)
{
	const struct fhir_value *want = &wanted->value;
	double number = want->number, around = fabs(number) / 10;
	bool inside = want->low <= value->low && value->high < want->high;
	switch (wanted->prefix) {
	case FHIR_EQ:
		return inside;
	case FHIR_NE:
		return !inside;
	case FHIR_GT:
		return value->high > number;
	case FHIR_LT:
		return value->low < number;
	case FHIR_GE:
		return value->high >= number;
	case FHIR_LE:
		return value->low <= number;
	case FHIR_SA:
		return value->low > number;
	case FHIR_EB:
		return value->high < number;
	case FHIR_AP:
		return value->low <= number + around && value->high >= number - around;
	}
	return false;
}

static bool match_quantity(const struct fhir_value *value, const struct fhir_wanted *wanted)
{
	const struct fhir_value *want = &wanted->value;
	if (want->system && !same(want->system, value->system))
		return false;
	bool unit = !want->code || same(want->code, value->code) ||
		    (!want->system && same(want->code, value->text));
	return unit && match_number(value, wanted);
}

struct one {
	enum fhir_modifier modifier;
	int64_t now_us;
};

static bool match_one(
	const struct fhir_value *value, const struct fhir_wanted *wanted, const struct one *how)
{
	switch (value->kind) {
	case FHIR_PARAM_STRING:
		return match_string(value, wanted, how->modifier);
	case FHIR_PARAM_TOKEN:
		return match_token(value, wanted, how->modifier);
	case FHIR_PARAM_REFERENCE:
		return match_reference(value, wanted, how->modifier);
	case FHIR_PARAM_DATE:
		return match_date(value, wanted, how->now_us);
	case FHIR_PARAM_NUMBER:
		return match_number(value, wanted);
	case FHIR_PARAM_QUANTITY:
		return match_quantity(value, wanted);
	case FHIR_PARAM_URI:
		return match_address(value->text, wanted->value.text);
	case FHIR_PARAM_KINDS:
		break;
	}
	return false;
}

bool fhir_match(
	const struct fhir_values *values, const struct fhir_argument *argument, int64_t now_us)
{
	struct one how = {argument->modifier, now_us};
	if (argument->modifier == FHIR_MISSING)
		return (values->count == 0) == argument->missing;
	bool any = false;
	for (size_t i = 0; i < values->count && !any; i++) {
		for (size_t k = 0; k < argument->count && !any; k++)
			any = match_one(&values->at[i], &argument->at[k], &how);
	}
	return argument->modifier == FHIR_NOT ? !any : any;
}

enum err fhir_match_resource(const json_t *resource, const struct fhir_argument *argument,
	int64_t now_us, struct arena *arena, bool *ret_matches)
{
	struct fhir_values values;
	enum err err = fhir_extract(resource, argument->param, arena, &values);
	if (err == OK)
		*ret_matches = fhir_match(&values, argument, now_us);
	return err;
}

// Sorting

static int compare_text(const char *a, const char *b)
{
	if (!a || !b)
		return (a == NULL) - (b == NULL);
	struct folded x, y;
	fold(&x, a);
	fold(&y, b);
	int order = strcmp(x.text, y.text);
	fold_done(&x);
	fold_done(&y);
	return order != 0 ? order : strcmp(a, b);
}

static int compare_values(const struct fhir_value *a, const struct fhir_value *b)
{
	switch (a->kind) {
	case FHIR_PARAM_DATE:
		return (a->low_us > b->low_us) - (a->low_us < b->low_us);
	case FHIR_PARAM_NUMBER:
	case FHIR_PARAM_QUANTITY:
		return (a->number > b->number) - (a->number < b->number);
	case FHIR_PARAM_TOKEN:
		return compare_text(a->code ? a->code : a->text, b->code ? b->code : b->text);
	default:
		return compare_text(a->text, b->text);
	}
}

int fhir_values_compare(const struct fhir_values *a, const struct fhir_values *b)
{
	if (a->count == 0 || b->count == 0)
		return (a->count == 0) - (b->count == 0);
	return compare_values(&a->at[0], &b->at[0]);
}
