// The CapabilityStatement, made from the tables that serve.
#include "vault/serve/fhir_base.h"
#include "vault/serve/handlers.h"

#include "common/base/time.h"
#include "common/format/fhir_search.h"
#include "common/format/fhir_type.h"

#include <string.h>

// How routes with a resource type in their path are called in a CapabilityStatement.
static const struct {
	route_handler *handler;
	const char *code;
} interactions[] = {{fhir_read, "read"}, {fhir_vread, "vread"}, {fhir_history, "history-instance"},
	{fhir_create, "create"}, {fhir_update, "update"}, {fhir_delete, "delete"},
	{fhir_search, "search-type"}};

static json_t *interaction_list(void)
{
	json_t *list = json_array();
	for (size_t i = 0; i < sizeof interactions / sizeof *interactions; i++)
		for (size_t r = 0; r < route_count; r++)
			if (routes[r].handler == interactions[i].handler) {
				json_array_append_new(
					list, json_pack("{s:s}", "code", interactions[i].code));
				break;
			}
	return list;
}

static json_t *param_list(int type)
{
	json_t *list = json_array();
	for (size_t i = 0; i < fhir_param_count(type); i++) {
		const struct fhir_param *param = fhir_param_at(type, i);
		json_array_append_new(
			list, json_pack("{s:s, s:s, s:s}", "name", fhir_param_name(param),
				      "definition", fhir_param_url(param), "type",
				      fhir_param_kind_text(fhir_param_kind(param))));
	}
	return list;
}

static json_t *resource_list(void)
{
	json_t *list = json_array(), *doable = interaction_list();
	for (int type = 0; type < fhir_type_count(); type++)
		json_array_append_new(
			list, json_pack("{s:s, s:O, s:s, s:b, s:b, s:b, s:o}", "type",
				      fhir_type_name(type), "interaction", doable, "versioning",
				      "versioned-update", "readHistory", 1, "updateCreate", 1,
				      "conditionalCreate", 1, "searchParam", param_list(type)));
	json_decref(doable);
	return list;
}

enum progress fhir_metadata(struct vault *vault, struct exchange *x)
{
	char at[TIME_TEXT_BYTES];
	time_format(vault->parts.started_us, at);
	json_t *rest = json_pack("{s:s, s:{s:b, s:s}, s:o, s:[{s:s},{s:s}]}", "mode", "server",
		"security", "cors", 0, "description",
		"Bearer tokens from POST /api/sign-in; every access is decided and recorded.",
		"resource", resource_list(), "interaction", "code", "transaction", "code", "batch");
	json_t *json =
		json_pack("{s:s, s:s, s:s, s:s, s:{s:s, s:s}, s:{s:s, s:s}, s:s, s:[s], s:[o]}",
			"resourceType", "CapabilityStatement", "status", "active", "date", at,
			"kind", "instance", "software", "name", "Hospitaller", "version",
			vault->parts.version, "implementation", "description",
			"Hospitaller's door to the records", "url", fhir_base(vault, x),
			"fhirVersion", "4.0.1", "format", "application/fhir+json", "rest", rest);
	answer_json(x, 200, json);
	json_decref(json);
	return PROGRESS_DONE;
}
