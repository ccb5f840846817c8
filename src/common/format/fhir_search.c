#include "common/format/fhir_tables.h"

#include <assert.h>
#include <string.h>

const struct fhir_param *fhir_param_find_n(int type, const char *name, size_t length)
{
	assert(type >= 0 && type < fhir_counts.types);
	const struct fhir_type_row *row = &fhir_types[type];
	size_t low = row->first_param, high = low + row->param_count;
	if (memchr(name, 0, length))
		return NULL;
	while (low < high) {
		size_t middle = (low + high) / 2;
		const char *found = fhir_text(fhir_params[middle].name);
		int order = strncmp(name, found, length);
		if (order == 0 && found[length] != 0)
			order = -1;
		if (order == 0)
			return &fhir_params[middle];
		if (order < 0)
			high = middle;
		else
			low = middle + 1;
	}
	return NULL;
}

const struct fhir_param *fhir_param_find(int type, const char *name)
{
	return fhir_param_find_n(type, name, strlen(name));
}

size_t fhir_param_count(int type)
{
	assert(type >= 0 && type < fhir_counts.types);
	return fhir_types[type].param_count;
}

const struct fhir_param *fhir_param_at(int type, size_t index)
{
	assert(index < fhir_param_count(type));
	return &fhir_params[fhir_types[type].first_param + index];
}

const char *fhir_param_name(const struct fhir_param *param)
{
	return fhir_text(param->name);
}

const char *fhir_param_url(const struct fhir_param *param)
{
	return fhir_text(param->url);
}

enum fhir_param_kind fhir_param_kind(const struct fhir_param *param)
{
	return (enum fhir_param_kind)param->kind;
}

const char *fhir_param_kind_text(enum fhir_param_kind kind)
{
	static const char *const texts[FHIR_PARAM_KINDS] = {
		[FHIR_PARAM_NUMBER] = "number",
		[FHIR_PARAM_DATE] = "date",
		[FHIR_PARAM_STRING] = "string",
		[FHIR_PARAM_TOKEN] = "token",
		[FHIR_PARAM_REFERENCE] = "reference",
		[FHIR_PARAM_QUANTITY] = "quantity",
		[FHIR_PARAM_URI] = "uri",
	};
	assert(kind < FHIR_PARAM_KINDS);
	return texts[kind];
}

int fhir_param_type(const struct fhir_param *param)
{
	return param->type;
}

unsigned fhir_param_number(const struct fhir_param *param)
{
	return (unsigned)(param - fhir_params);
}

unsigned fhir_param_number_count(void)
{
	return (unsigned)fhir_counts.params;
}

bool fhir_param_targets(const struct fhir_param *param, int type)
{
	assert(type >= 0 && type < fhir_counts.types);
	const uint32_t *set = fhir_target_sets[param->targets];
	return set[type / 32] >> (type % 32) & 1;
}
