// fhir_store: one resource into, or out of, the open transaction, decided and on the trail. Shared
// by single requests, bundles and imports. The caller holds a savepoint around it.
#pragma once

#include "vault/serve/fhir_answer.h"

struct store_wish {
	enum trail_action action; // create, update, delete or import
	int type;
	const char *id;
	json_t *resource;  // checked; its id and meta are set
	uint64_t expected; // If-Match, or 0
	bool must_be_new;
	bool if_none_match;        // If-None-Match: *, so what is there is not replaced
	const char *if_none_exist; // a query, or NULL
	bool unchanged;            // out: nothing was written, the record is the one that was there
};

// False: answered (refused, conflicting, failed).
bool fhir_store(struct vault *vault, struct exchange *exchange, struct store_wish *wish,
	struct record *ret_record);
bool fhir_remove(struct vault *vault, struct exchange *exchange, struct store_wish *wish,
	struct record *ret_record);
char *fhir_new_id(struct arena *arena);

// How many resources match a query like "identifier=x|1", as the open transaction sees it; the
// first one is written when there is one. What the caller may not read does not count, only a
// Patient does for whoever may search for persons. Leaves a search's entry on the trail.
// ERR_INVALID and ERR_UNSUPPORTED for the query; ERR_LIMIT.
enum err fhir_find_staged(struct vault *vault, struct exchange *exchange, int type,
	const char *query, struct record *ret_first, size_t *ret_count);
// Settles wish->if_none_exist. True when the wish ends here: the one that is there may be read and
// was put on the trail, or *ret_failed and answered.
bool fhir_exists(struct vault *vault, struct exchange *exchange, const struct store_wish *wish,
	struct record *ret_record, bool *ret_failed);
