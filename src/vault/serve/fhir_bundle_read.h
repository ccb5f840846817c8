// fhir_bundle_read: what a bundle asks for, entry by entry. Used by fhir_bundle.c only.
#pragma once

#include "vault/serve/fhir_store.h"

enum bundle_mode {
	TRANSACTION,
	BATCH,
	IMPORT
};

struct bundle_entry {
	const json_t *json;
	json_t *resource; // borrowed from the bundle
	enum door_method method;
	int type;
	const char *base;  // of its fullUrl: "http://ex.org/fhir/", or NULL
	const char *id;    // assigned, or of the address
	const char *query; // of a conditional request or a search
	const char *if_none_exist;
	uint64_t if_match;
	bool if_none_match; // "*"
	uint16_t status;
	struct record record;
	bool has_record;
	json_t *outcome; // of a batch's entry that failed
	json_t *found;   // what a search gave
	bool failed;     // alone, in a batch
	bool unchanged;
	bool settled; // if_none_exist was looked for
};

struct bundling {
	struct vault *vault;
	struct exchange *x;
	enum bundle_mode mode;
	json_t *bundle;
	struct bundle_entry *entries;
	size_t count;
	struct map *urls;    // fullUrl → "Type/id"
	struct map *written; // "Type/id" of what a transaction changes
	const char *base;    // of the entry whose references are rewritten
	const char *problem; // of a reference
	uint64_t first_note;
	size_t given_bytes, searches; // of what GETs gave
};

// The bundle as FHIR; of a batch without its resources, which are checked each for itself. False:
// answered.
bool bundle_check(struct bundling *bundling);
// Fills entries, urls and written. False: answered.
bool bundle_read(struct bundling *bundling);
// Answers 400 about an entry; false, to be returned.
bool bundle_refuse(struct bundling *bundling, size_t at, const char *words);
// Entries of a batch fail alone: the answer that tells why becomes the entry's. False: not a batch.
bool bundle_failed_alone(struct bundling *bundling, struct bundle_entry *entry);
// "Patient" of "Patient?name=x", and "name=x" or NULL.
const char *bundle_split_query(struct arena *arena, const char *url, const char **ret_query);
