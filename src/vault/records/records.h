// records: FHIR resources, sealed per patient, with their versions, search tokens and the care
// relationships that follow from them.
//
// What always holds: nothing about a patient is on disk in clear; a version, once committed, never
// changes; associated data binds each blob to its type, id, version, patient and key version, so
// no row can be swapped or replayed. One connection writes; between records_begin() and the end of
// records_commit() only the read calls may be used by another thread than the committing one.
// Layout and what still leaks: docs/records.md. Used by vault/serve and vault/explain.
#pragma once

#include "common/crypto/crypto.h"
#include "common/format/fhir_argument.h"

#include <jansson.h>

struct records;

struct records_options {
	const char *dir;           // exists, belongs to the vault; holds records.db
	struct key kek;            // the key-encryption key, from the key provider
	const struct key *old_kek; // the one before, while a rotation is not finished; else NULL
	bool weak_sync;            // only for the tests that show what is lost: synchronous=NORMAL
};

enum err records_open(
	const struct records_options *options, struct records **ret_records, char ret_problem[256]);
void records_close(struct records *records); // NULL is fine

enum record_method {
	RECORD_CREATED = 1,
	RECORD_UPDATED,
	RECORD_DELETED
};

struct record {
	int type;
	const char *id;   // all texts in the arena
	uint64_t version; // from 1, without gaps
	int64_t updated_us;
	enum record_method method;
	const char *patient;     // whose key seals it, or NULL: the hospital's
	struct bytes json;       // as stored, with id and meta; empty when deleted
	struct hash sealed_hash; // SHA-256 of the sealed blob, for the trail: of what was
				 // written, and what records_walk() and records_check() show;
				 // zeros for what was only read
};

// May this be read? Asked with what is known of a record before its content is: type, id, version,
// patient. Version 0: there is none, and the question is asked so that the answer takes as long.
typedef enum err record_may(void *context, const struct record *record, bool *ret_may);

struct record_key {
	int type;
	const char *id;
	uint64_t version; // 0: the current one
	// Of a record of one patient that is larger than RECORD_LARGE it is asked before it is
	// opened, so that how long a refusal takes does not tell how large it is: ERR_DENIED, with
	// ret_record as it was asked about. NULL: the caller decides on what was read.
	record_may *may;
	void *may_context;
};
enum {
	RECORD_LARGE = 4096
};

// ---- Reading: committed state only.

// From here to records_rest() everything that is read is one state of the database, and each query
// is spared the locks that find out which state is the newest: a third of what a read costs. Who
// holds for long keeps the journal from being emptied; who was told of a commit must rest before
// reading what it stored. Holding twice is holding once.
enum err records_hold(struct records *records); // ERR_IO
void records_rest(struct records *records);

// ERR_NOT_FOUND; ERR_GONE when the current version is a deletion (ret_record is written then, too:
// the patient is needed to decide who may know); ERR_CORRUPT when a blob does not open. Of a
// shredded patient nothing is left to decide by: ERR_NOT_FOUND. ERR_DENIED: see record_key.
enum err records_read(struct records *records, const struct record_key *key, struct arena *arena,
	struct record *ret_record);

struct record_page {
	struct record *records;
	size_t count;
	uint64_t total;
};
// Newest version first, deletions included. ERR_NOT_FOUND.
enum err records_history(struct records *records, const struct record_key *key, size_t skip,
	size_t most, struct arena *arena, struct record_page *ret_page);

enum {
	RECORDS_SEARCH_COUNT = 1000,
	RECORDS_SEARCH_FOUND = 20000,
	RECORDS_SEARCH_YEARS = 11, // of birth dates
	RECORDS_SEARCH_ARGUMENTS = 32,
	RECORDS_SEARCH_SORTS = 4
};

struct search_sort {
	const struct fhir_param *param; // or NULL for _lastUpdated
	bool descending;
};

struct search_query {
	int type;
	const char *patient; // NULL: not within one patient
	const struct fhir_argument *arguments;
	size_t argument_count;
	const char *const *ids; // _id: any of these, or NULL
	size_t id_count;
	int64_t updated_from_us, updated_to_us; // _lastUpdated, [from, to); 0: open
	struct search_sort sorts[RECORDS_SEARCH_SORTS];
	size_t sort_count;
	size_t count;     // of a page, 0 to RECORDS_SEARCH_COUNT
	const char *page; // as `next` of an earlier result, or NULL
	bool want_total;
	// `false` leaves the candidate out, unopened; of an id that does not exist it is asked,
	// too. NULL: none is.
	record_may *may;
	void *may_context;
};

struct search_result {
	struct record *records;
	size_t count;
	const char *next;     // opaque, stable under later inserts; NULL when this was the last
	int64_t total;        // -1 when it was not asked for
	const char **counted; // whose each of the total is; NULL: nobody's, or several patients'
};
// ERR_UNSUPPORTED when nothing narrows the search: a clinical type without a patient, a person
// without any of the indexed parameters and without a time. ERR_LIMIT when what narrows it leaves
// more than RECORDS_SEARCH_FOUND, or birth dates of more than RECORDS_SEARCH_YEARS. ERR_INVALID for
// a page that is not ours. Persons whom only updated_from_us and updated_to_us narrow come in the
// order of that time, unless `sorts` says otherwise.
enum err records_search(struct records *records, const struct search_query *query,
	struct arena *arena, struct search_result *ret_result);

// The newest resources of one type in a patient's record, the newest first; `ret_more`: there are
// older ones. Costs what it reads, however large the record is. An unknown patient has none.
struct record_newest {
	const char *patient;
	int type;
	size_t most; // up to RECORDS_SEARCH_COUNT
};
enum err records_newest(struct records *records, const struct record_newest *wish,
	struct arena *arena, struct record_page *ret_page, bool *ret_more);

// How a member of staff stands to a patient.
enum care_kind {
	CARE_NONE,
	CARE_ENCOUNTER,
	CARE_TEAM,
	CARE_APPOINTMENT,
	CARE_PRACTITIONER
};
struct care {
	enum care_kind kind;
	const char *evidence; // "Encounter/12"; "" with CARE_NONE
};
// `staff` is a reference as in a resource: "Practitioner/1".
enum err records_care(struct records *records, const char *staff, const char *patient,
	struct arena *arena, struct care *ret_care);
const char *care_kind_text(enum care_kind kind); // "encounter", "none"

struct care_patient {
	const char *patient;
	struct care care;
};
enum err records_care_patients(struct records *records, const char *staff, size_t most,
	struct arena *arena, struct care_patient **ret_patients, size_t *ret_count);

// ---- Writing: one transaction at a time, many clients' requests in it.

enum err records_begin(struct records *records); // fine when one is open already
enum err records_savepoint(struct records *records);
enum err records_release(struct records *records);  // keeps what came since the savepoint
enum err records_rollback(struct records *records); // undoes what came since the savepoint

// As records_read(), but sees what this transaction wrote.
enum err records_read_staged(struct records *records, const struct record_key *key,
	struct arena *arena, struct record *ret_record);

enum {
	RECORD_ANY_VERSION = 0
};
struct record_put {
	int type;
	const char *id;
	const char *patient; // owner, from fhir_patients_of(); NULL: the hospital
	json_t *resource;    // checked; id and meta are set here by the call
	int64_t updated_us;
	uint64_t expected; // the version that must be current, or RECORD_ANY_VERSION
	bool must_be_new;  // ERR_EXISTS when there is any version
};
// ERR_CONFLICT when another version is current; ERR_EXISTS; ERR_IO (disk full, read-only).
enum err records_put(struct records *records, const struct record_put *put, struct arena *arena,
	struct record *ret_record);
enum err records_delete(struct records *records, const struct record_key *key, int64_t updated_us,
	struct arena *arena, struct record *ret_record);
// For conditional requests: as records_search(), but over what this transaction sees.
enum err records_search_staged(struct records *records, const struct search_query *query,
	struct arena *arena, struct search_result *ret_result);

// Commits, durable when it returns; `trail_end` is kept with it. On an error everything of the
// transaction is undone. May run on another thread.
enum err records_commit(struct records *records, uint64_t trail_end);
uint64_t records_trail_end(struct records *records); // of the last commit

// ---- Keys, health.

// Wraps every data key under a new key-encryption key, some at a time inside the open transaction;
// *ret_left counts those still under an older one. Call again until it is 0. Reading and writing
// go on meanwhile. ERR_BUSY when a third key comes before the second is everywhere. When it is
// interrupted, open with the new one as `kek` and the one before as `old_kek`, and call again.
// ERR_INVALID outside of a transaction.
enum err records_rewrap(
	struct records *records, const struct key *new_kek, size_t most, size_t *ret_left);
// How many keys, as committed, are still under another key-encryption key than the newest named.
enum err records_rewrap_left(struct records *records, size_t *ret_left);
// Destroys the patient's data key inside the open transaction, and the rows by which the person is
// found: every version reads as ERR_NOT_FOUND from then on. Backups made before still
// hold the wrapped key, until they expire.
// ERR_NOT_FOUND, ERR_GONE when it was done before, ERR_INVALID outside of a transaction.
enum err records_shred(struct records *records, const char *patient);

struct records_stats {
	uint64_t resources, versions, patients, bytes, wal_bytes, tokens;
	size_t cached_keys;
};
enum err records_stats(struct records *records, struct records_stats *ret_stats);

// Opens every version and hands it to `seen`, which may end the walk with an error.
typedef enum err records_seen(void *context, const struct record *record);
enum err records_walk(struct records *records, records_seen *seen, void *context);

// Everything that is stored, against itself and, through `seen`, against what the trail knows:
// each resource has all its versions, each opens in its place, and the rows by which it is found
// are those that its content asks for. Whether the newest version, or a whole resource, was taken
// away only the trail can tell: read what its entries name, and compare sealed_hash.
struct records_check {
	records_seen *seen; // an error means: the trail says otherwise. May be NULL
	void *context;
};
struct records_report {
	uint64_t resources, versions;
	uint64_t shredded; // versions that nobody can open any more
	bool whole;
	char where[192]; // the first thing that is wrong; empty when whole
};
// OK also when the records are not whole: see the report. ERR_IO. Minutes for a large house; holds
// one state of the database, so what is written meanwhile is kept in the journal until it ends.
enum err records_check(struct records *records, const struct records_check *options,
	struct records_report *ret_report);
