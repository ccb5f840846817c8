#include "vault/serve/names.h"

#include "common/format/fhir_type.h"
#include "common/format/json.h"
#include "vault/identity/identity.h"
#include "vault/policy/policy.h"
#include "vault/records/records.h"

#include <string.h>

static const char *first_name(const json_t *patient, struct arena *arena)
{
	const json_t *name = json_array_get(json_get_array(patient, "name"), 0);
	const char *text = json_get_text(name, "text");
	const char *family = json_get_text(name, "family");
	const json_t *given = json_array_get(json_get_array(name, "given"), 0);
	if (family && json_is_string(given))
		return arena_printf(arena, "%s %s", json_string_value(given), family);
	return family ? arena_text(arena, family) : text ? arena_text(arena, text) : NULL;
}

const char *names_patient(struct vault *vault, struct exchange *x, const char *patient)
{
	const struct policy_ask ask = {.role = policy_role_find(x->who.role),
		.action = POLICY_SEARCH, .type = fhir_type_patient(), .second_factor = true};
	struct policy_decision decision;
	policy_decide(vault->parts.policy, &ask, &decision);
	if (!decision.allowed)
		return NULL;
	struct record record;
	struct record_key key = {.type = fhir_type_patient(), .id = patient};
	if (records_read(vault->parts.records, &key, x->arena, &record))
		return NULL;
	json_t *json;
	if (json_parse_strict(record.json, NULL, &json, NULL))
		return NULL;
	const char *name = first_name(json, x->arena);
	json_decref(json);
	return name;
}

const char *names_account_id(struct vault *vault, struct exchange *x, const char *text)
{
	struct account account;
	if (identity_account_find(vault->parts.identity, text, x->arena, &account))
		return text;
	return account.id;
}
