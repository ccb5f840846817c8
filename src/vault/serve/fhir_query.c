#include "vault/serve/fhir_query.h"

#include "common/base/text.h"
#include "common/format/fhir_date.h"
#include "common/format/fhir_type.h"
#include "vault/serve/fhir_base.h"

#include <stdlib.h>
#include <string.h>

enum {
	MOST_IDS = 200
};

struct parsing {
	const struct vault *vault;
	int type;
	struct arena *arena;
	struct search_query query;
	struct fhir_argument *arguments;
	struct query_problem problem;
};

static enum err wrong(struct parsing *p, enum err err, const char *name, const char *words)
{
	p->problem = (struct query_problem){name, words};
	return err;
}

static enum err read_count(struct parsing *p, const char *value)
{
	char *end;
	unsigned long count = strtoul(value, &end, 10);
	if (*end || value[0] < '0' || value[0] > '9')
		return wrong(p, ERR_INVALID, "_count", "It must be a number.");
	p->query.count = count > RECORDS_SEARCH_COUNT ? RECORDS_SEARCH_COUNT : count;
	return OK;
}

static enum err read_ids(struct parsing *p, const char *value)
{
	char *at = arena_text(p->arena, value), *save = NULL;
	const char **ids = arena_alloc(p->arena, MOST_IDS * sizeof *ids);
	size_t count = 0;
	for (char *id = strtok_r(at, ",", &save); id; id = strtok_r(NULL, ",", &save)) {
		if (count == MOST_IDS)
			return wrong(p, ERR_INVALID, "_id", "There are too many.");
		if (text_is_id(id))
			ids[count++] = id;
	}
	p->query.ids = ids;
	p->query.id_count = count;
	return OK;
}

static enum err read_sort(struct parsing *p, const char *value)
{
	char *at = arena_text(p->arena, value), *save = NULL;
	for (char *name = strtok_r(at, ",", &save); name; name = strtok_r(NULL, ",", &save)) {
		struct search_sort sort = {.descending = *name == '-'};
		name += sort.descending;
		if (p->query.sort_count == RECORDS_SEARCH_SORTS)
			return wrong(p, ERR_UNSUPPORTED, "_sort", "At most four keys.");
		if (strcmp(name, "_lastUpdated") != 0) {
			sort.param = fhir_param_find(p->type, name);
			if (!sort.param)
				return wrong(
					p, ERR_INVALID, "_sort", "There is no such parameter.");
		}
		p->query.sorts[p->query.sort_count++] = sort;
	}
	return OK;
}

// The bounds of several arguments all hold.
static void narrow_updated(struct search_query *q, int64_t from, int64_t to)
{
	if (from > q->updated_from_us)
		q->updated_from_us = from;
	if (to != INT64_MAX && (!q->updated_to_us || to < q->updated_to_us))
		q->updated_to_us = to > 0 ? to : 1; // 0 would leave it open; nothing is that old
}

// ge2026-11 and so on: what is written stands for all of its month, day, minute… and is widened to
// the range that the prefix means.
static enum err read_updated(struct parsing *p, const char *value)
{
	static const struct {
		char prefix[3];
		bool from, to;           // is there a bound
		bool from_end, to_start; // and is it the other end than usual
	} rows[] = {{"eq", true, true, false, false}, {"ge", true, false, false, false},
		{"gt", true, false, true, false}, {"sa", true, false, true, false},
		{"le", false, true, false, false}, {"lt", false, true, false, true},
		{"eb", false, true, false, true}};
	struct fhir_interval at;
	size_t row = 0;
	bool prefixed = value[0] >= 'a' && value[0] <= 'z' && value[1];
	while (prefixed && row < sizeof rows / sizeof *rows && memcmp(rows[row].prefix, value, 2))
		row++;
	if (row == sizeof rows / sizeof *rows)
		return wrong(p, ERR_UNSUPPORTED, "_lastUpdated", "Use eq, ge, gt, le or lt.");
	if (!fhir_date_parse(value + (prefixed ? 2 : 0), FHIR_FORM_SEARCH, &at))
		return wrong(p, ERR_INVALID, "_lastUpdated", "This is not a date or an instant.");
	narrow_updated(&p->query,
		!rows[row].from      ? 0
		: rows[row].from_end ? at.high_us
				     : at.low_us,
		!rows[row].to        ? INT64_MAX
		: rows[row].to_start ? at.low_us
				     : at.high_us);
	return OK;
}

static enum err read_total(struct parsing *p, const char *value)
{
	if (strcmp(value, "accurate") != 0 && strcmp(value, "none") != 0 &&
		strcmp(value, "estimate") != 0)
		return wrong(p, ERR_INVALID, "_total", "Use none, estimate or accurate.");
	p->query.want_total = strcmp(value, "none") != 0;
	return OK;
}

static enum err read_page(struct parsing *p, const char *value)
{
	p->query.page = arena_text(p->arena, value);
	return OK;
}

static enum err ignore(struct parsing *p, const char *value)
{
	(void)p;
	(void)value;
	return OK;
}

static const struct {
	const char *name;
	enum err (*read)(struct parsing *p, const char *value);
} controls[] = {{"_count", read_count}, {"_id", read_ids}, {"_sort", read_sort},
	{"_lastUpdated", read_updated}, {"_total", read_total}, {"_page", read_page},
	{"_format", ignore}, {"_pretty", ignore}};

// patient=1, subject=Patient/1: the search stays within this patient's record.
static void note_patient(struct parsing *p, const struct fhir_argument *argument)
{
	const char *name = fhir_param_name(argument->param);
	bool names_patient = strcmp(name, "patient") == 0 || strcmp(name, "subject") == 0 ||
			     strcmp(name, "beneficiary") == 0 || strcmp(name, "actor") == 0;
	bool plain = argument->modifier == FHIR_PLAIN || argument->modifier == FHIR_OF_TYPE;
	if (!names_patient || !plain || argument->count != 1 || p->query.patient)
		return;
	const struct fhir_value *value = &argument->at[0].value;
	bool typed = value->type == fhir_type_patient();
	if (value->id && (typed || (value->type == FHIR_TYPE_NONE && strcmp(name, "actor") != 0)))
		p->query.patient = value->id;
}

// https://his.example/fhir/Patient/1 of this server is Patient/1.
static void localize(struct parsing *p, struct fhir_argument *argument)
{
	for (size_t i = 0; i < argument->count; i++) {
		struct fhir_value *value = &argument->at[i].value;
		bool absolute = value->kind == FHIR_PARAM_REFERENCE && value->id && !value->local;
		const char *local = absolute ? fhir_base_local(p->vault, value->text) : NULL;
		if (!local)
			continue;
		value->text = local;
		value->local = true;
	}
}

static enum err read_argument(struct parsing *p, const char *name, const char *value)
{
	struct fhir_key key;
	if (fhir_key_parse(name, p->arena, &key))
		return wrong(p, ERR_INVALID, name, "This is not the name of a parameter.");
	const struct fhir_param *param = fhir_param_find(p->type, key.name);
	if (!param)
		return wrong(p, ERR_INVALID, name, "There is no such search parameter.");
	if (key.chain)
		return wrong(p, ERR_UNSUPPORTED, name, "Chained parameters are not supported.");
	if (p->query.argument_count == RECORDS_SEARCH_ARGUMENTS)
		return wrong(p, ERR_INVALID, name, "There are too many parameters.");
	struct fhir_argument *argument = &p->arguments[p->query.argument_count];
	enum err err = fhir_argument_parse(param, key.modifier, value, p->arena, argument);
	if (err)
		return wrong(p, err == ERR_UNSUPPORTED ? err : ERR_INVALID, name,
			err == ERR_UNSUPPORTED ? "This modifier is not supported here."
					       : "This value cannot be read.");
	localize(p, argument);
	p->query.argument_count++;
	note_patient(p, argument);
	return OK;
}

static enum err read_param(struct parsing *p, const struct door_param *param)
{
	for (size_t i = 0; i < sizeof controls / sizeof *controls; i++)
		if (strcmp(controls[i].name, param->name) == 0)
			return controls[i].read(p, param->value);
	return *param->value ? read_argument(p, param->name, param->value) : OK;
}

enum err fhir_query_of_params(const struct vault *vault, int type,
	const struct query_params *params, struct arena *arena, struct search_query *ret_query,
	struct query_problem *ret_problem)
{
	struct parsing p = {.vault = vault,
		.type = type,
		.arena = arena,
		.query = {.type = type, .count = QUERY_DEFAULT_COUNT}};
	enum err err = OK;
	p.arguments = arena_alloc(arena, RECORDS_SEARCH_ARGUMENTS * sizeof *p.arguments);
	p.query.arguments = p.arguments;
	for (size_t i = 0; i < params->count && !err; i++)
		err = read_param(&p, &params->at[i]);
	if (err)
		*ret_problem = p.problem;
	else
		*ret_query = p.query;
	return err;
}

static int hex(char c)
{
	return c >= '0' && c <= '9'   ? c - '0'
	       : c >= 'a' && c <= 'f' ? c - 'a' + 10
	       : c >= 'A' && c <= 'F' ? c - 'A' + 10
				      : -1;
}

static void decode(char *text)
{
	char *to = text;
	for (; *text; text++) {
		if (*text == '%' && hex(text[1]) >= 0 && hex(text[2]) >= 0) {
			*to++ = (char)(hex(text[1]) << 4 | hex(text[2]));
			text += 2;
		} else {
			*to++ = *text == '+' ? ' ' : *text;
		}
	}
	*to = 0;
}

struct door_param *fhir_query_params(
	const char *text, struct arena *arena, size_t *ret_count, struct query_problem *ret_problem)
{
	struct door_param *params = arena_alloc(arena, RECORDS_SEARCH_ARGUMENTS * sizeof *params);
	size_t count = 0;
	char *at = arena_text(arena, text), *save = NULL;
	for (char *one = strtok_r(at, "&", &save); one; one = strtok_r(NULL, "&", &save)) {
		char *value = strchr(one, '=');
		if (!value || count == RECORDS_SEARCH_ARGUMENTS) {
			*ret_problem = (struct query_problem){one, "This is not a query."};
			return NULL;
		}
		*value++ = 0;
		decode(one);
		decode(value);
		if (!text_is_utf8(bytes_text(one)) || !text_is_utf8(bytes_text(value))) {
			*ret_problem = (struct query_problem){"", "This is not text."};
			return NULL;
		}
		params[count++] = (struct door_param){one, value};
	}
	*ret_count = count;
	return params;
}

enum err fhir_query_of_text(const struct vault *vault, int type, const char *text,
	struct arena *arena, struct search_query *ret_query, struct query_problem *ret_problem)
{
	struct query_params params;
	params.at = fhir_query_params(text, arena, &params.count, ret_problem);
	if (!params.at)
		return ERR_INVALID;
	return fhir_query_of_params(vault, type, &params, arena, ret_query, ret_problem);
}
