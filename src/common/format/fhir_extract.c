#include "common/base/text.h"
#include "common/format/fhir_date.h"
#include "common/format/fhir_refs.h"
#include "common/format/fhir_tables.h"
#include "common/format/json.h"

#include <math.h>
#include <string.h>

struct extract {
	struct arena *arena;
	const struct fhir_param *param;
	const struct fhir_path *path;
	struct fhir_values values;
	size_t room;
	enum err err;
	bool present; // for FHIR_DATA_PRESENT
};

static struct fhir_value *add(struct extract *extract)
{
	struct fhir_values *values = &extract->values;
	if (values->count == extract->room) {
		size_t room = extract->room ? extract->room * 2 : 4;
		struct fhir_value *at = arena_alloc(extract->arena, room * sizeof *at);
		if (values->count > 0)
			memcpy(at, values->at, values->count * sizeof *at);
		values->at = at;
		extract->room = room;
	}
	struct fhir_value *value = &values->at[values->count];
	if (values->count == FHIR_VALUES_MOST)
		extract->err = ERR_LIMIT; // the last one is written over until the walk ends
	else
		values->count++;
	*value = (struct fhir_value){
		.kind = (enum fhir_param_kind)extract->param->kind, .type = FHIR_TYPE_NONE};
	return value;
}

static void add_text(struct extract *extract, const char *text)
{
	if (text)
		add(extract)->text = text;
}

static void add_texts(struct extract *extract, const json_t *object, const char *key)
{
	const json_t *value = json_object_get(object, key);
	add_text(extract, json_text(value));
	for (size_t i = 0; i < json_array_size(value); i++)
		add_text(extract, json_text(json_array_get(value, i)));
}

static void add_token(
	struct extract *extract, const char *system, const char *code, const char *text)
{
	if (!code && !text)
		return;
	struct fhir_value *value = add(extract);
	value->system = system;
	value->code = code;
	value->text = text;
}

// Tokens

static void take_code(struct extract *extract, const json_t *value)
{
	uint32_t system = extract->path->system;
	add_token(extract, system ? fhir_text(system) : NULL, json_text(value), NULL);
}

static void take_boolean(struct extract *extract, const json_t *value)
{
	if (json_is_boolean(value))
		add_token(extract, NULL, json_is_true(value) ? "true" : "false", NULL);
}

static void take_coding(struct extract *extract, const json_t *value)
{
	add_token(extract, json_get_text(value, "system"), json_get_text(value, "code"),
		json_get_text(value, "display"));
}

static void take_concept(struct extract *extract, const json_t *value)
{
	const json_t *codings = json_get_array(value, "coding");
	bool token = extract->param->kind == FHIR_PARAM_TOKEN;
	for (size_t i = 0; i < json_array_size(codings); i++) {
		const json_t *coding = json_array_get(codings, i);
		if (token)
			take_coding(extract, coding);
		else
			add_text(extract, json_get_text(coding, "display"));
	}
	add_text(extract, json_get_text(value, "text"));
}

static void take_identifier(struct extract *extract, const json_t *value)
{
	const char *code = json_get_text(value, "value");
	if (code)
		add_token(extract, json_get_text(value, "system"), code,
			json_get_text(json_object_get(value, "type"), "text"));
}

static void take_contact(struct extract *extract, const json_t *value)
{
	add_token(extract, NULL, json_get_text(value, "value"), NULL);
}

// Texts

static void take_text(struct extract *extract, const json_t *value)
{
	const char *text = json_text(value);
	if (!text)
		return;
	struct fhir_value *found = add(extract);
	struct fhir_ref ref;
	found->text = text;
	if (extract->param->kind == FHIR_PARAM_REFERENCE &&
		fhir_ref_parse(text, extract->arena, &ref)) {
		found->type = ref.type;
		found->id = ref.id;
		found->local = ref.local;
	}
}

static void take_name(struct extract *extract, const json_t *value)
{
	static const char *const keys[] = {"text", "family", "given", "prefix", "suffix"};
	for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
		add_texts(extract, value, keys[i]);
}

static void take_address(struct extract *extract, const json_t *value)
{
	static const char *const keys[] = {
		"text", "line", "city", "district", "state", "postalCode", "country"};
	for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
		add_texts(extract, value, keys[i]);
}

// Dates

static bool interval_of(const char *text, struct fhir_interval *ret)
{
	return text && fhir_date_parse(text, FHIR_FORM_DATE_TIME, ret);
}

static void add_interval(struct extract *extract, struct fhir_interval interval)
{
	struct fhir_value *value = add(extract);
	value->low_us = interval.low_us;
	value->high_us = interval.high_us;
}

static void take_date(struct extract *extract, const json_t *value)
{
	struct fhir_interval interval;
	if (interval_of(json_text(value), &interval))
		add_interval(extract, interval);
}

static bool period_of(const json_t *value, struct fhir_interval *ret)
{
	struct fhir_interval interval = {INT64_MIN, INT64_MAX}, end;
	bool any = false;
	if (interval_of(json_get_text(value, "start"), &end)) {
		interval.low_us = end.low_us;
		any = true;
	}
	if (interval_of(json_get_text(value, "end"), &end)) {
		interval.high_us = end.high_us;
		any = true;
	}
	if (any)
		*ret = interval;
	return any;
}

static void take_period(struct extract *extract, const json_t *value)
{
	struct fhir_interval interval;
	if (period_of(value, &interval))
		add_interval(extract, interval);
}

// Only the outer limits of a Timing count (R4).
static void take_timing(struct extract *extract, const json_t *value)
{
	const json_t *events = json_get_array(value, "event");
	struct fhir_interval outer = {INT64_MAX, INT64_MIN}, one;
	for (size_t i = 0; i < json_array_size(events); i++) {
		if (!interval_of(json_text(json_array_get(events, i)), &one))
			continue;
		outer.low_us = one.low_us < outer.low_us ? one.low_us : outer.low_us;
		outer.high_us = one.high_us > outer.high_us ? one.high_us : outer.high_us;
	}
	const json_t *repeat = json_get_object(value, "repeat");
	if (period_of(json_get_object(repeat, "boundsPeriod"), &one)) {
		outer.low_us = one.low_us < outer.low_us ? one.low_us : outer.low_us;
		outer.high_us = one.high_us > outer.high_us ? one.high_us : outer.high_us;
	}
	if (outer.low_us < outer.high_us)
		add_interval(extract, outer);
}

// Numbers

static void add_number(struct extract *extract, double low, double high)
{
	struct fhir_value *value = add(extract);
	value->number = isfinite(low) ? low : high;
	value->low = low;
	value->high = high;
}

static void take_number(struct extract *extract, const json_t *value)
{
	double number;
	if (json_number(value, &number))
		add_number(extract, number, number);
}

static void take_unit(struct extract *extract, const json_t *value)
{
	struct fhir_value *found = &extract->values.at[extract->values.count - 1];
	found->system = json_get_text(value, "system");
	found->code = json_get_text(value, "code");
	found->text = json_get_text(value, "unit");
}

static void take_quantity(struct extract *extract, const json_t *value)
{
	double number;
	if (!json_number(json_object_get(value, "value"), &number))
		return;
	const char *comparator = json_get_text(value, "comparator");
	double low = number, high = number;
	if (comparator && comparator[0] == '<')
		low = -INFINITY;
	else if (comparator && comparator[0] == '>')
		high = INFINITY;
	add_number(extract, low, high);
	extract->values.at[extract->values.count - 1].number = number;
	take_unit(extract, value);
}

static void take_money(struct extract *extract, const json_t *value)
{
	double number;
	if (!json_number(json_object_get(value, "value"), &number))
		return;
	add_number(extract, number, number);
	struct fhir_value *found = &extract->values.at[extract->values.count - 1];
	found->system = "urn:iso:std:iso:4217";
	found->code = json_get_text(value, "currency");
}

static void take_range(struct extract *extract, const json_t *value)
{
	const json_t *low = json_get_object(value, "low"), *high = json_get_object(value, "high");
	double from = -INFINITY, to = INFINITY;
	bool has_low = json_number(json_object_get(low, "value"), &from);
	bool has_high = json_number(json_object_get(high, "value"), &to);
	if (!has_low && !has_high)
		return;
	add_number(extract, from, to);
	take_unit(extract, has_low ? low : high);
}

// References

static void take_reference(struct extract *extract, const json_t *value)
{
	const char *text = json_get_text(value, "reference");
	const json_t *identifier = json_get_object(value, "identifier");
	const char *type_name = json_get_text(value, "type");
	struct fhir_ref ref = {.type = type_name ? fhir_type_find(type_name) : FHIR_TYPE_NONE};
	if (text && text[0] == '#') // inside the same resource: nothing to find it by
		text = NULL;
	if (text && !fhir_ref_parse(text, extract->arena, &ref))
		ref.id = NULL;
	if (extract->path->resolve != FHIR_TYPE_NONE && ref.type != extract->path->resolve)
		return;
	if (!text && !json_get_text(identifier, "value"))
		return;
	struct fhir_value *found = add(extract);
	found->text = text;
	found->type = ref.type;
	found->id = ref.id;
	found->local = ref.local;
	found->system = json_get_text(identifier, "system");
	found->code = json_get_text(identifier, "value");
}

static void take_present(struct extract *extract, const json_t *value)
{
	if (!json_is_false(value))
		extract->present = true;
}

static void (*const takers[])(struct extract *extract, const json_t *value) = {
	[FHIR_DATA_CODE] = take_code,
	[FHIR_DATA_BOOLEAN] = take_boolean,
	[FHIR_DATA_TEXT] = take_text,
	[FHIR_DATA_DATE] = take_date,
	[FHIR_DATA_PERIOD] = take_period,
	[FHIR_DATA_TIMING] = take_timing,
	[FHIR_DATA_CODING] = take_coding,
	[FHIR_DATA_CONCEPT] = take_concept,
	[FHIR_DATA_IDENTIFIER] = take_identifier,
	[FHIR_DATA_CONTACT] = take_contact,
	[FHIR_DATA_NAME] = take_name,
	[FHIR_DATA_ADDRESS] = take_address,
	[FHIR_DATA_QUANTITY] = take_quantity,
	[FHIR_DATA_MONEY] = take_money,
	[FHIR_DATA_RANGE] = take_range,
	[FHIR_DATA_NUMBER] = take_number,
	[FHIR_DATA_REFERENCE] = take_reference,
	[FHIR_DATA_PRESENT] = take_present,
};

// Follows the steps from `step` on; a list is entered at every step.
static void follow(struct extract *extract, const json_t *value, unsigned step)
{
	for (; value; step++) {
		if (json_is_array(value)) {
			for (size_t i = 0; i < json_array_size(value) && extract->err == OK; i++)
				follow(extract, json_array_get(value, i), step);
			return;
		}
		if (step == extract->path->step_count) {
			takers[extract->path->data](extract, value);
			return;
		}
		const struct fhir_step *now = &fhir_steps[extract->path->first_step + step];
		if (now->kind == FHIR_STEP_FIELD) {
			value = json_object_get(value, fhir_text(now->name));
		} else {
			const char *text = json_get_text(value, fhir_text(now->name));
			if (!text || strcmp(text, fhir_text(now->value)) != 0)
				return;
		}
	}
}

enum err fhir_extract(const json_t *resource, const struct fhir_param *param, struct arena *arena,
	struct fhir_values *ret)
{
	struct extract extract = {.arena = arena, .param = param};
	for (size_t i = 0; i < param->path_count && extract.err == OK; i++) {
		extract.path = &fhir_paths[param->first_path + i];
		follow(&extract, resource, 0);
	}
	if (fhir_paths[param->first_path].data == FHIR_DATA_PRESENT)
		add_token(&extract, NULL, extract.present ? "true" : "false", NULL);
	if (extract.err == OK)
		*ret = extract.values;
	return extract.err;
}
