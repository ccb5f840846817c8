// Creating, updating and deleting one resource.
#include "vault/serve/fhir_store.h"
#include "vault/serve/handlers.h"

#include "common/base/text.h"
#include "common/format/fhir_type.h"
#include "common/format/json.h"
#include "vault/ledger/ledger.h"
#include "vault/serve/who.h"

#include <string.h>

static enum progress store(struct vault *vault, struct exchange *x, struct store_wish *wish)
{
	struct record record;
	enum err err = records_begin(vault->parts.records);
	if (!err)
		err = records_savepoint(vault->parts.records);
	if (err) {
		fhir_answer_storing(x, err);
		return PROGRESS_DONE;
	}
	uint64_t first = ledger_size(vault->parts.ledger);
	bool stored = fhir_store(vault, x, wish, &record);
	err = stored ? records_release(vault->parts.records)
		     : records_rollback(vault->parts.records);
	if (err || !stored) {
		if (err && stored)
			note_undone(vault, x, first);
		if (err)
			fhir_answer_storing(x, err);
		return PROGRESS_DONE;
	}
	if (wish->unchanged)
		fhir_answer_written(x, 200, &record);
	else
		fhir_answer_written(x, record.version == 1 ? 201 : 200, &record);
	return PROGRESS_STAGED;
}

enum progress fhir_create(struct vault *vault, struct exchange *x)
{
	int type;
	if (!fhir_route_type(x, &type))
		return PROGRESS_DONE;
	json_t *resource = fhir_body(x, type);
	if (!resource)
		return PROGRESS_DONE;
	struct store_wish wish = {.action = TRAIL_CREATE,
		.type = type,
		.id = fhir_new_id(x->arena),
		.resource = resource,
		.must_be_new = true,
		.if_none_exist = *x->ask.if_none_exist ? x->ask.if_none_exist : NULL};
	enum progress progress = store(vault, x, &wish);
	json_decref(resource);
	return progress;
}

enum progress fhir_update(struct vault *vault, struct exchange *x)
{
	struct store_wish wish = {
		.action = TRAIL_UPDATE, .if_none_match = strcmp(x->ask.if_none_match, "*") == 0};
	if (!fhir_route_type(x, &wish.type) || !fhir_route_id(x, &wish.id) ||
		!fhir_if_match(x, &wish.expected))
		return PROGRESS_DONE;
	wish.resource = fhir_body(x, wish.type);
	if (!wish.resource)
		return PROGRESS_DONE;
	enum progress progress = PROGRESS_DONE;
	const char *id = json_get_text(wish.resource, "id");
	if (!id || strcmp(id, wish.id) != 0)
		answer_error(
			x, 400, "invalid", "The resource's id must be the one of the address.");
	else
		progress = store(vault, x, &wish);
	json_decref(wish.resource);
	return progress;
}

enum progress fhir_delete(struct vault *vault, struct exchange *x)
{
	struct store_wish wish = {.action = TRAIL_DELETE};
	struct record record;
	if (!fhir_route_type(x, &wish.type) || !fhir_route_id(x, &wish.id) ||
		!fhir_if_match(x, &wish.expected))
		return PROGRESS_DONE;
	enum err err = records_begin(vault->parts.records);
	if (!err)
		err = records_savepoint(vault->parts.records);
	if (err) {
		fhir_answer_storing(x, err);
		return PROGRESS_DONE;
	}
	uint64_t first = ledger_size(vault->parts.ledger);
	bool gone = fhir_remove(vault, x, &wish, &record);
	err = gone ? records_release(vault->parts.records) : records_rollback(vault->parts.records);
	if (err && gone)
		note_undone(vault, x, first);
	if (err)
		fhir_answer_storing(x, err);
	if (err || !gone)
		return PROGRESS_DONE;
	if (!wish.unchanged)
		fhir_headers(x, &record);
	x->status = 204;
	return PROGRESS_STAGED;
}
