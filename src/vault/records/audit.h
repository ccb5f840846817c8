// audit: what is stored against what the trail says was written, some at a time, so that whoever
// checks a large house holds up nobody who reads a record meanwhile.
//
// First the writes that the trail names are told, each once: is that version there, with that hash?
// Then every stored version is opened in its place, each resource must have all of its versions,
// and the trail must have named as many. What is told must reach at least as far as what is read:
// call records_audit_walk() only when every entry that is durable was told, within the same
// records_hold(). Four bytes of memory for each resource. Used by vault/serve only.
#pragma once

#include "vault/records/records.h"

enum {
	AUDIT_RESOURCES_MOST = 1 << 26, // numbers of resources; more: ERR_LIMIT
	AUDIT_WHERE_BYTES = 192,
	AUDIT_WALK_BYTES = 4 * 1024 * 1024, // of content; then a step ends before `most`
};

struct records_audit;
struct records_audit *records_audit_new(struct records *records);
void records_audit_free(struct records_audit *audit); // NULL is fine

struct audit_write {
	int type;
	const char *id;
	uint64_t version;
	const char *content; // SHA-256 of the sealed version, as hexadecimal digits
};
enum audit_found {
	AUDIT_FITS,    // and is counted
	AUDIT_MISSING, // not there: taken away, or not committed yet
	AUDIT_DIFFERS, // another content is there
};
enum err records_audit_write(
	struct records_audit *audit, const struct audit_write *write, enum audit_found *ret_found);
// The trail says that this patient's key was destroyed: what cannot be opened for it is in order.
void records_audit_shredded(struct records_audit *audit, const char *patient);

// How much of the trail the state belongs to that is read: what an entry below this names is there.
enum err records_audit_reached(struct records_audit *audit, uint64_t *ret_end);

struct audit_step {
	uint64_t versions; // opened or passed over so far
	bool end;
	char where[AUDIT_WHERE_BYTES]; // the first thing that is wrong; empty when nothing is
};
// The next `most` versions at most. OK also when something is wrong: see the step. ERR_IO.
enum err records_audit_walk(struct records_audit *audit, size_t most, struct audit_step *ret_step);
