#include "vault/serve/names.h"

#include "common/base/map.h"
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

bool names_allowed(const struct vault *vault, const struct exchange *x)
{
	const struct policy_ask ask = {.role = policy_role_find(x->who.role),
		.action = POLICY_SEARCH,
		.type = fhir_type_patient(),
		.second_factor = x->who.second_factor};
	struct policy_decision decision;
	policy_decide(vault->parts.policy, &ask, &decision);
	return decision.allowed;
}

static const char *look_up(struct vault *vault, struct exchange *x, const char *patient)
{
	struct record record;
	struct record_key key = {.type = fhir_type_patient(), .id = patient};
	json_t *json;
	if (records_read(vault->parts.records, &key, x->arena, &record) ||
		json_parse_strict(record.json, NULL, &json, NULL))
		return NULL;
	const char *name = first_name(json, x->arena);
	json_decref(json);
	return name;
}

const char *names_patient(struct vault *vault, struct exchange *x, const char *patient)
{
	static const char nameless[] = "";
	if (!x->names && !names_allowed(vault, x))
		return NULL;
	if (!x->names)
		x->names = map_new();
	const char *name = map_find(x->names, bytes_text(patient));
	if (!name) {
		name = look_up(vault, x, patient);
		name = name ? name : nameless;
		map_set(x->names, bytes_text(patient), (void *)name);
	}
	return *name ? name : NULL;
}

size_t names_joined(struct exchange *x, const char *const **ret_patients)
{
	size_t at = 0, count = 0;
	struct bytes key;
	void *name;
	if (!x->names)
		return 0;
	const char **list = arena_alloc(x->arena, map_count(x->names) * sizeof *list);
	while (map_next(x->names, &at, &key, &name))
		if (*(const char *)name)
			list[count++] = arena_text_n(x->arena, (const char *)key.at, key.size);
	*ret_patients = list;
	return count;
}

const char *names_account_id(struct vault *vault, struct exchange *x, const char *text)
{
	struct account account;
	if (identity_account_find(vault->parts.identity, text, x->arena, &account))
		return text;
	return account.id;
}
