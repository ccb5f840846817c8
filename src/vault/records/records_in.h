// records_in: what the records' own files share. Nobody else includes this.
#pragma once

#include "common/store/store.h"
#include "vault/records/records.h"

enum {
	VERSION_BITS = 20,  // a blob's key is slot << VERSION_BITS | version
	CACHED_KEYS = 4096, // unwrapped data keys in memory
	HOSPITAL = 0,       // the number of what belongs to no patient
	SAVEPOINTS_MOST = 4,
};

// A patient's unwrapped key and what is derived from it.
struct owner {
	int64_t number; // in the table patient; HOSPITAL
	int64_t token;  // of the patient's id; bound into every blob
	uint32_t key_version;
	struct key key;
	struct mac *words; // for clinical search tokens
	bool staged;       // made by the transaction that is open
	uint64_t used;     // for forgetting the least recently used
};

enum view_query {
	Q_LOOKUP,         // token -> patient, type, slot, version, method
	Q_BLOB,           // key -> token, patient, type, method, updated, key_version, sealed
	Q_PEEK,           // key -> the same, with the size of what is sealed instead of it
	Q_ITEM,           // patient, type, slot -> version, updated
	Q_ITEMS,          // patient, type, after slot -> slot, version, updated, words
	Q_NEWEST,         // patient, type, most -> slot, version
	Q_FIND,           // token -> slot, patient
	Q_CARE,           // staff, patient -> kind, slot
	Q_CARE_PATIENTS,  // staff -> patient, kind, slot
	Q_TIME,           // from, before, after updated, after slot, most -> slot, patient,
	Q_TIME_DOWN,      // version, updated of persons; made when it is known what a person is
	Q_PATIENT,        // token -> number, token, key_version, kek, wrapped
	Q_PATIENT_NUMBER, // number -> the same
	Q_HOLD,
	Q_REST, // nothing -> nothing: one state of the database from the one to the other
	Q_VIEW_COUNT
};

// A connection and its prepared reading queries: what is committed, or what is staged.
struct view {
	struct store *store;
	struct store_query *queries[Q_VIEW_COUNT];
	bool hashes; // fill in sealed_hash: it costs as much as opening does, and most do not ask
};

enum write_query {
	W_PATIENT,
	W_LOOKUP,
	W_BLOB,
	W_ITEM,
	W_ITEM_DELETE,
	W_FIND,
	W_FIND_DELETE,
	W_CARE,
	W_CARE_DELETE,
	W_LINK,
	W_LINKED,
	W_UNLINK,
	W_STATE,
	W_REWRAP,
	W_WRITE_COUNT
};

struct records {
	struct view committed, staged;
	struct store_query *writes[W_WRITE_COUNT];
	struct kek {
		struct key key;
		int64_t mark; // in each row: which of them opens it
	} keks[2];            // [0] wraps; [1] only opens, while keys are being rewrapped
	size_t kek_count;
	struct sealer *sealer;
	struct mac *search;   // the hospital's, for finding persons, ids and staff
	struct map *owners;   // by number, struct owner
	struct map *numbers;  // by patient token, struct owner
	struct map *shredded; // numbers whose key the open transaction destroyed
	size_t owners_most;
	uint64_t clock; // of uses
	int64_t next_slot, next_patient;
	int *type_of_kind; // the database's numbers of types to fhir_type and back
	int *kind_of_type;
	int kinds;
	char path[512];
	bool held;   // what is read is one state
	bool open;   // a transaction
	bool broken; // and it cannot be committed any more
	bool kept;   // and holds somebody's work
	struct counts {
		int64_t resources, versions, patients, tokens;
	} counts, committed_counts, saved[SAVEPOINTS_MOST];
	size_t savepoints;
	bool settled, failed; // the last commit ended; begin() tidies up after it
	uint64_t trail_end;
	struct buf sealed, plain, words, json;
};

// db.c
enum err view_open(struct view *view, struct store *store);
void view_close(struct view *view);
enum err schema_make(struct store *store);
enum err time_index_make(struct records *records); // persons by when they were last written
enum err view_open_time(struct records *records, struct view *view);
enum err writes_prepare(struct records *records);
enum err kinds_load(struct records *records, struct store *store);

// keys.c: every owner has a random data key, wrapped under the key-encryption key.
int64_t word_token(struct mac *mac, const char *domain, const char *name, struct bytes word);
int64_t patient_token(struct records *records, const char *patient);
enum err owner_hospital(struct records *records); // finds or makes the hospital's key at opening
enum err owner_find(struct records *records, struct view *view, const char *patient,
	struct owner **ret_owner); // ERR_NOT_FOUND
enum err owner_make(struct records *records, const char *patient, struct owner **ret_owner);
enum err owner_by_number(
	struct records *records, struct view *view, int64_t number, struct owner **ret_owner);
int64_t kek_mark(const struct key *kek);
enum err owner_wrap(struct records *records, const struct owner *owner, struct buf *ret_wrapped);
void owner_shred(struct records *records, struct owner *owner); // forgets, and does not load again
void owners_forget(struct records *records, bool only_staged);
void owners_settle(struct records *records); // what was staged is committed

// blob.c: sealed versions.
// Rows may have been changed by somebody: what cannot be a place of ours is ERR_CORRUPT.
enum err blob_place_check(int64_t slot, uint64_t version);
int64_t blob_key(int64_t slot, uint64_t version);
struct blob_row {
	int64_t token, patient, updated_us;
	int type;
	enum record_method method;
	uint64_t version;
	const char *id, *patient_id; // only sealed, never in clear; "" when nobody's
};
enum err blob_seal(struct records *records, struct owner *owner, const struct blob_row *row,
	struct bytes json); // into records->sealed
// Reads and opens the version of a slot. ERR_NOT_FOUND, ERR_CORRUPT.
enum err blob_read(struct records *records, struct view *view, int64_t slot, uint64_t version,
	struct arena *arena, struct record *ret_record);
// Whose it is and which, from its first bytes alone: the content is neither read nor authenticated,
// id and patient are, by their tokens. ERR_UNSUPPORTED for what is not larger than `over`.
struct blob_peek {
	int64_t slot;
	uint64_t version;
	size_t over;
};
enum err blob_peek(struct records *records, struct view *view, const struct blob_peek *wish,
	struct arena *arena, struct record *ret_record);

// read.c
struct found {
	int64_t patient, slot;
	uint64_t version;
	int type;
	enum record_method method;
};
int64_t resource_token(struct records *records, int type, const char *id);
enum err lookup(struct records *records, struct view *view, int type, const char *id,
	struct found *ret_found);
enum err read_in(struct records *records, struct view *view, const struct record_key *key,
	struct arena *arena, struct record *ret_record);

// write.c
enum linked_what {
	LINKED_FIND = 1,
	LINKED_CARE
};
// Remembers that a row of another table belongs to this slot, so that an update can remove it.
enum err link_row(
	struct records *records, int64_t slot, enum linked_what what, int64_t a, int64_t b);

// words.c: search tokens of a resource.
enum err words_of(struct records *records, struct owner *owner, int type, const json_t *resource,
	struct arena *arena); // sorted 64-bit tokens into records->words
struct finds {
	int64_t *tokens;
	size_t count;
};
bool finds_type(int type);                    // is this type found hospital-wide by these tokens?
bool finds_record(int type, bool of_patient); // and this record of the type
enum err finds_of(struct records *records, int type, const json_t *resource, struct arena *arena,
	struct finds *ret_finds);
bool words_is_address(const char *folded); // "mrs.": too few values to be indexed
// sounds.c: names by ear.
enum {
	SOUNDS_MOST = 64
};
struct sounds {
	char codes[SOUNDS_MOST][8];
	size_t count;
};
enum err sounds_of(
	int type, const json_t *resource, struct arena *arena, struct sounds *ret_sounds);
bool sounds_asked(const struct fhir_argument *argument);
enum err sounds_match(const json_t *resource, const struct fhir_argument *argument,
	struct arena *arena, bool *ret_matches);
// The tokens one of which a resource must carry to match; count 0: the index cannot tell.
enum err words_of_argument(struct owner *owner, const struct fhir_argument *argument,
	struct arena *arena, struct finds *ret_words);
enum err finds_of_argument(struct records *records, const struct fhir_argument *argument,
	struct arena *arena, struct finds *ret_finds);

// page.c: where a page of a search ended.
enum {
	PAGE_SORT_BYTES = 200 // a text is sorted by its beginning
};
struct page_place {
	int64_t slot, updated_us;
	struct fhir_values sort_values[RECORDS_SEARCH_SORTS]; // the first of each
};
enum err page_seal(struct records *records, const struct search_query *query,
	const struct page_place *place, struct arena *arena, const char **ret_text);
// Of query->page. ERR_INVALID for what is not ours, or of a search in another order.
enum err page_open(struct records *records, const struct search_query *query, struct arena *arena,
	struct page_place *ret_place);

// care.c
enum err care_write(struct records *records, int64_t patient, int64_t slot, int type,
	const json_t *resource, struct arena *arena);
