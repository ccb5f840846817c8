// trail: one entry of the trail, as it is sealed, read back and shown.
//
// An entry says who did what to which patients' information, why it was allowed or refused, and
// what came of it. Encoding: version byte, fixed numbers, then every text as a span, in the order
// of `trail_texts` in trail.c; patients last. All texts are UTF-8. The vault alone writes entries;
// watch, the command line and the console read them. Entries of version 1, without the last two
// texts, are read, too. Pure functions, no I/O.
#pragma once

#include "common/base/bytes.h"

enum trail_kind {
	TRAIL_ACCESS = 1, // to a record
	TRAIL_SIGN_IN,    // signing in and out, second factors, sessions
	TRAIL_ACCOUNT,    // accounts and what they may do
	TRAIL_REVIEW,     // reading the trail itself
	TRAIL_SYSTEM,     // start, stop, keys, restores, recoveries
	TRAIL_KINDS
};

enum trail_outcome {
	TRAIL_ALLOWED = 1, // and answered
	TRAIL_DENIED,      // by the policy
	TRAIL_FAILED,      // allowed, but nothing came of it
	TRAIL_INTENDED,    // a write; its commit follows this entry
	TRAIL_ABORTED,     // the write that `refers_to` names was interrupted
	TRAIL_OUTCOMES
};

enum trail_action {
	TRAIL_READ = 1,
	TRAIL_VREAD,
	TRAIL_HISTORY,
	TRAIL_SEARCH,
	TRAIL_CREATE,
	TRAIL_UPDATE,
	TRAIL_PATCH,
	TRAIL_DELETE,
	TRAIL_TRANSACTION,
	TRAIL_BATCH,
	TRAIL_IMPORT,
	TRAIL_EXPORT,
	TRAIL_BREAK_GLASS,
	TRAIL_SIGNED_IN,
	TRAIL_SIGNED_OUT,
	TRAIL_SECOND_FACTOR,
	TRAIL_ENROLLED,
	TRAIL_PASSWORD_CHANGED,
	TRAIL_SESSION_REVOKED,
	TRAIL_ACCOUNT_CREATED,
	TRAIL_ACCOUNT_CHANGED,
	TRAIL_TOKEN_CREATED,
	TRAIL_TRAIL_SEARCHED,
	TRAIL_WHO_SAW,
	TRAIL_STARTED,
	TRAIL_STOPPED,
	TRAIL_RECOVERED,
	TRAIL_RESTORED,
	TRAIL_KEYS_ROTATED,
	TRAIL_SHREDDED,
	TRAIL_CONTINUED, // more patients of the entry that `refers_to` names
	TRAIL_ERRAND_TESTED,
	TRAIL_BLOCKED, // an address of the network
	TRAIL_UNBLOCKED,
	TRAIL_QUARANTINED,
	TRAIL_RELEASED,
	TRAIL_ZONES,      // applied, confirmed or undone
	TRAIL_WORK,       // of the console, refused to a role: `detail` says which
	TRAIL_EXPLAINED,  // what the records say of the access that `refers_to` names
	TRAIL_TOKEN_USED, // one that opens nothing
	TRAIL_LURES,      // honey records made, listed or removed
	TRAIL_EXCEPTION,  // for a detection rule, made or removed
	TRAIL_FOUND,      // watch found something; `version` is its number
	TRAIL_INCIDENT_OPENED,
	TRAIL_INCIDENT_CHANGED, // a note, a task, a verdict …
	TRAIL_INCIDENT_CLOSED,
	TRAIL_ACTED,     // what a playbook had done
	TRAIL_ACT_ENDED, // undone, or over
	TRAIL_APPROVED,  // a step of a playbook
	TRAIL_DECLINED,
	TRAIL_QUEUE_REVIEWED, // decided about a person in a queue
	TRAIL_FORGED, // that guard refused: an order without the vault's word, or one that came
		      // again
	TRAIL_ACTIONS
};

enum {
	TRAIL_ENTRY_BYTES = 65535 - 64, // encoded; sealed it must fit a C2SP entry bundle's u16
	TRAIL_TEXT_BYTES = 1024,        // each text
	TRAIL_PATIENTS = 700,           // in one entry; more need continuation entries
	TRAIL_ID_BYTES = 64,
};

struct trail_entry {
	int64_t time_us;
	enum trail_kind kind;
	enum trail_action action;
	enum trail_outcome outcome;
	uint16_t status;        // as the caller saw it (HTTP), 0 when nobody did
	uint64_t refers_to;     // sequence number of another entry, or 0
	uint64_t version;       // of the resource, or 0
	uint32_t patient_count; // of the whole act, also where `patients` holds fewer
	const char *actor;      // account id; "" when nobody signed in
	const char *actor_name, *role;
	const char *session; // public handle
	const char *address, *application;
	const char *resource; // "Observation/123", or a type for searches
	// "encounter", "Encounter/12"; of several patients "all", "some" or "none", "3 of 12": of
	// how many of them the care is known.
	const char *relationship, *evidence;
	const char *purpose; // HL7 purpose of use: TREAT, BTG, HOPERAT, PATRQT, HSYSADMIN
	const char *reason;  // as a person wrote it
	const char *query;   // the search, as asked
	const char *rule;    // the rule of the policy that decided
	const char *detail;
	const char *trace;   // request id
	const char *content; // SHA-256 in hex of the sealed version written, or ""
	const char *target;  // account id that it was done to or for, or ""
	// Of an access that was explained, codes of common/format/explained.h; "honey" for what no
	// honest work touches. Divided by blanks.
	const char *flags;
	const char *const *patients;
	uint32_t patients_here;
};

// Appends. NULL texts are written as empty; a text past TRAIL_TEXT_BYTES is cut at a character
// boundary, for the trail must never refuse. At most TRAIL_PATIENTS patients are written.
void trail_encode(const struct trail_entry *entry, struct buf *out);
// Texts are copied into the arena and never NULL. ERR_SYNTAX, ERR_LIMIT, ERR_UNSUPPORTED (version).
enum err trail_parse(struct bytes encoded, struct arena *arena, struct trail_entry *ret_entry);

const char *trail_kind_text(enum trail_kind kind);          // "access"; "?" when unknown
const char *trail_action_text(enum trail_action action);    // "trail-search"
const char *trail_outcome_text(enum trail_outcome outcome); // "allowed"
enum trail_action trail_action_find(const char *text);      // 0 when unknown
enum trail_outcome trail_outcome_find(const char *text);    // 0 when unknown

// Whether somebody in this role is expected to stand in a care relationship to the patients whose
// records they open. Of others its absence is nothing to be told, and nothing to be counted.
bool trail_care_expected(const char *role);
// Does an entry's query ("name=mar&_id=7") have this parameter? NULL has none.
bool trail_asks_for(const char *query, const char *parameter);

// What of an entry may be told to, or about, this one of its patients: the others, what connects
// them with the actor, and what was said of them are taken out. An entry about the trail in which
// they are merely named says so (`trail_sentence`) and loses what it was about. `first` is the
// entry that a continuation refers to, or NULL.
struct trail_entry trail_about(
	const struct trail_entry *entry, const struct trail_entry *first, const char *patient);

// One sentence for a person: who, what, of whom, why it was possible. `patient` is a name or id to
// show for the patient concerned, or NULL.
char *trail_sentence(const struct trail_entry *entry, const char *patient, struct arena *arena);
