// who: who asks, may they, and what the trail is told of it.
#pragma once

#include "vault/serve/serve.h"

#include "vault/records/records.h"

struct broken_glass;

// Fills exchange->who from the token, or as the command line. An absent or unknown token leaves it
// unknown; whether that is an error is the route's affair.
void who_identify(struct vault *vault, struct exchange *exchange);
// May they do this console work? Answers 401 or 403, with an entry on the trail, when not.
bool who_may(struct vault *vault, struct exchange *exchange, const char *verb);

// May they read every patient's resources of this type, known to them or not?
bool who_reads_all(struct vault *vault, const struct exchange *exchange, int type);

// Stands for a patient whose id is not known, or is not to be told; FHIR allows no such id, so
// nobody can be in their care.
#define ACCESS_SOMEBODY "?"

// What a request wants of a record.
struct access {
	enum trail_action action;
	int type;            // fhir_type
	const char *id;      // of the resource, or NULL
	const char *patient; // whose record, or NULL where it belongs to nobody, or to several:
	const char *const
		*patients; // to read, one of them must be open to the caller; to write, all
	size_t patient_count;
	uint64_t version;
	const char *query; // of a search
	bool one_person;   // which names one person
};

// How it was decided; everything that the trail wants to know of it.
struct verdict {
	bool allowed, break_glass_would_help, second_factor_would_help;
	bool risk_refused, fresh_factor_would_help; // as the policy says
	const char *rule, *why;
	const char *relationship, *evidence; // "none" and "" where there is none
	const char *purpose, *reason;        // "BTG" and the words, where glass was broken
	const struct broken_glass *glass;    // of this session for this patient, or NULL; borrowed
};

// Decides; writes nothing. Fails only when the relationship cannot be looked up.
enum err access_decide(struct vault *vault, struct exchange *exchange, const struct access *access,
	struct verdict *ret_verdict);
// Decides and, when the answer is no, writes the trail and answers without telling whether the
// record exists. True when allowed.
bool access_check(struct vault *vault, struct exchange *exchange, const struct access *access,
	struct verdict *ret_verdict);

// How they are known to care for this patient; asked of the records once for each patient and
// request.
enum err who_cares(
	struct vault *vault, struct exchange *exchange, const char *patient, struct care *ret_care);

// An entry with everything the exchange knows: who, from where, when.
struct trail_entry note_begin(const struct exchange *exchange, enum trail_kind kind,
	enum trail_action action, enum trail_outcome outcome);
struct trail_entry note_access(const struct exchange *exchange, const struct access *access,
	const struct verdict *verdict, enum trail_outcome outcome);
// Appends; the exchange's answer waits for it. Returns the sequence number. An access to the
// records of several says of how many of them the care is known (trail.h).
uint64_t note_add(struct vault *vault, struct exchange *exchange, const struct trail_entry *entry);
// What this exchange wrote to the trail, from entry `first` on, did not happen: says so there.
void note_undone(struct vault *vault, struct exchange *exchange, uint64_t first);
// Appends an entry that names many patients, with as many continuation entries as it takes.
uint64_t note_add_patients(struct vault *vault, struct exchange *exchange,
	struct trail_entry *entry, const char *const *patients, size_t count);
