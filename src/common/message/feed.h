// feed: what watch learns from the vault's trail, what it asks, and what it gives back.
//
//   PULL       forth (watch)  u64 first sequence number wanted, u32 at most how many
//   EVENTS     back  (vault)  u8 version, u64 next number, u64 size of the trail, u16 count, events
//   EXPLAIN    forth (watch)  u16 count, then wishes: have these accesses explained, please
//   EXPLAINED  back  (vault)  u16 count, then what was found, in the order of the wishes
//   ACTIVITY   forth (watch)  what watch counts, as JSON for the console
//   QUEUE      forth (watch)  what a reviewer should look at, as JSON; entries by number
//   FINDINGS   forth (watch)  what watch found last, as JSON; people in it are numbers
//   COURIER    forth (watch)  what the courier told, as JSON for the command line
//   TEST       back  (vault)  a test errand is wanted: u64 its number, the destination's name
//   ORDER      back  (vault)  u8 verb, an order for guard as in ward.h; its entry is on the trail
//   OUTCOME    forth (watch)  u8 type, what guard answered, as in ward.h
//   ACT        forth (watch)  a playbook wants something done: u64 ticket, JSON
//   ACTED      back  (vault)  u64 ticket, u8 fine, what came of it, in a sentence
//   RISK       forth (watch)  u16 count, then persons whose risk is high, and how high: all of them
//   FOUND      forth (watch)  a finding, or an incident that was opened, for the trail
//   NOTED      back  (vault)  up to which numbers of both the trail has them
//   QUESTION   back  (vault)  u64 ticket, what somebody asks of watch or has it do, as JSON
//   REPLY      forth (watch)  u64 ticket, u16 status as of HTTP, the answer as JSON
//
// The trail is the queue: watch keeps its place and asks again. An event holds no name and no
// identifier of a person: actors, patients and sessions are numbers that only the vault can turn
// back. Addresses, applications and rules are texts, bounded and without control characters, for
// whoever matches indicators. Explaining takes records, and therefore time: it is asked for apart,
// so that events never wait for it, and again later, for documentation comes late. Watch has at
// most FEED_WISHES open at a time; the vault forgets what is open when either goes away.
#pragma once

#include "common/format/explained.h"
#include "common/io/channel.h"
#include "common/message/ward.h"

enum feed_message {
	FEED_PULL = 1,
	FEED_EVENTS,
	FEED_ACTIVITY,
	FEED_EXPLAIN,
	FEED_EXPLAINED,
	FEED_QUEUE,
	FEED_FINDINGS = 7,
	FEED_COURIER,
	FEED_TEST,
	FEED_ORDER = 32,
	FEED_OUTCOME,
	FEED_QUESTION,
	FEED_REPLY,
	FEED_RISK = 48,
	FEED_FOUND,
	FEED_NOTED,
	FEED_ACT,
	FEED_ACTED,
};
enum {
	FEED_VERSION = 4,
	FEED_BATCH = 500,
	FEED_ACTIVITY_BYTES = 60000,
	FEED_QUEUE_BYTES = 60000,
	// Of one event; patient_count tells how many there were. More than the rule "many records
	// in an hour" takes for one person, so that whoever names another one behind them is found
	// at least.
	FEED_PATIENTS = 64,
	FEED_WISHES = 512,
	FEED_TEXT_BYTES = 96, // each text, with the NUL
	FEED_CODE_BYTES = 32,
	FEED_FLAGS_BYTES = 128,
	FEED_FINDINGS_BYTES = 60000,
	FEED_COURIER_BYTES = CHANNEL_FRAME_BYTES,
	FEED_NAME_BYTES = 64,
	FEED_RISKS = 200,
	FEED_TITLE_BYTES = 240,
	FEED_ACT_BYTES = 4000,
	FEED_WORDS_BYTES = 400,
	FEED_QUESTION_BYTES = 16000,
	FEED_REPLY_BYTES = 60000
};

struct feed_event {
	uint64_t seq;
	int64_t time_us;
	uint8_t kind, action, outcome; // as in common/format/trail.h
	bool broken_glass, related;    // purpose BTG; a care relationship is known
	bool by_id; // of a search: persons were asked for by their ids or numbers, and came up by
		    // no chance
	uint16_t status; // as the caller saw it, or 0
	uint32_t patient_count;
	uint64_t actor, session, patient; // opaque; 0: none. `patient` is the first of `patients`
	uint64_t patients[FEED_PATIENTS];
	uint8_t patients_here;
	char role[FEED_CODE_BYTES], purpose[FEED_CODE_BYTES];
	char resource_type[FEED_CODE_BYTES * 2]; // "Observation"; never an id
	char relationship[FEED_CODE_BYTES];
	char address[FEED_CODE_BYTES * 2], application[FEED_TEXT_BYTES], rule[FEED_TEXT_BYTES];
	char flags[FEED_FLAGS_BYTES]; // codes, divided by blanks
	uint64_t user;                // the account it was done to or for, opaque; 0: none
	uint64_t resource;            // which one of its type, opaque; 0: a search, or none
	// Of TRAIL_EXPLAINED alone: the access that was explained. All the rest of the event, but
	// seq, time_us, kind and action, is as that access had it.
	uint64_t about;
	int64_t about_us;
	uint8_t about_action, look, strength; // look: 1 at once, 2 later
	char explanation[FEED_CODE_BYTES];    // code of its kind
};

// An access of the trail, one patient of it, and what may be known when it is explained.
struct feed_wish {
	uint64_t seq;
	uint8_t index; // of the entry's patients
	int64_t known_us;
};

struct feed_explained {
	struct feed_wish wish;
	bool fine; // false: the entry or the records could not be read; ask again later
	struct explained told;
};

struct feed_risk {
	uint64_t actor;
	uint32_t points;
};

enum feed_kind {
	FEED_FINDING = 1,
	FEED_INCIDENT,
	FEED_KINDS
};

// Numbers of a kind only grow; the vault puts each on the trail once.
struct feed_found {
	enum feed_kind kind;
	uint64_t number, seq; // seq: the entry that completed a finding
	char level[FEED_CODE_BYTES], rule[FEED_TEXT_BYTES], title[FEED_TITLE_BYTES];
};

extern const struct message_table feed_table;

void feed_pull_send(struct channel *channel, uint64_t from, uint32_t most);
enum err feed_pull_parse(struct bytes payload, uint64_t *ret_from, uint32_t *ret_most);
// At most FEED_BATCH events, of which as many are sent as fit a frame: the number of them comes
// back. `next` is what follows all of them; it is corrected where some stay behind.
size_t feed_events_send(struct channel *channel, const struct feed_event *events, size_t count,
	uint64_t next, uint64_t size); // five: a list and two numbers
void feed_test_send(struct channel *channel, uint64_t id, const char *destination);
enum err feed_test_parse(
	struct bytes payload, uint64_t *ret_id, char ret_destination[FEED_NAME_BYTES]);
// ERR_UNSUPPORTED for another version; ERR_SYNTAX, ERR_LIMIT.
enum err feed_events_parse(struct bytes payload, struct feed_event ret_events[FEED_BATCH],
	size_t *ret_count, uint64_t *ret_next, uint64_t *ret_size);

// At most FEED_WISHES each.
void feed_explain_send(struct channel *channel, const struct feed_wish *wishes, size_t count);
enum err feed_explain_parse(
	struct bytes payload, struct feed_wish ret_wishes[FEED_WISHES], size_t *ret_count);
void feed_explained_send(struct channel *channel, const struct feed_explained *list, size_t count);
enum err feed_explained_parse(
	struct bytes payload, struct feed_explained ret_list[FEED_WISHES], size_t *ret_count);

// High risk, and what the trail is to hold (feed_found.c). At most FEED_RISKS.
void feed_risk_send(struct channel *channel, const struct feed_risk *risks, size_t count);
enum err feed_risk_parse(
	struct bytes payload, struct feed_risk ret_risks[FEED_RISKS], size_t *ret_count);
void feed_found_send(struct channel *channel, const struct feed_found *found);
enum err feed_found_parse(struct bytes payload, struct feed_found *ret_found);
void feed_noted_send(struct channel *channel, const uint64_t numbers[FEED_KINDS]);
enum err feed_noted_parse(struct bytes payload, uint64_t ret_numbers[FEED_KINDS]);
// What a playbook wants done, on the trail before it is; and what came of it.
void feed_act_send(struct channel *channel, uint64_t ticket, struct bytes json);
enum err feed_act_parse(struct bytes payload, uint64_t *ret_ticket, struct bytes *ret_json);
struct feed_acted {
	uint64_t ticket;
	bool fine;
	char words[FEED_WORDS_BYTES];
};
void feed_acted_send(struct channel *channel, const struct feed_acted *acted);
enum err feed_acted_parse(struct bytes payload, struct feed_acted *ret_acted);

// A text for an event: cut at a character's boundary, control characters and what is no UTF-8
// replaced by '?'.
void feed_text(char *ret_text, size_t most_bytes, const char *text);

// Containment, passed on to guard and back (feed_ward.c).
void feed_order_send(struct channel *channel, const struct ward_order *order);
enum err feed_order_parse(struct bytes payload, struct ward_order *ret_order);
void feed_outcome_send(struct channel *channel, const struct ward_answer *answer);
void feed_counters_send(struct channel *channel, const struct ward_counters *counters);
// When it was counters, the answer's type says so and they are filled, too.
enum err feed_outcome_parse(
	struct bytes payload, struct ward_answer *ret_answer, struct ward_counters *ret_counters);

// Questions (feed_question.c): {"ask": "finding", …} and what watch answers: an object, or with a
// status of 400 and more {"problem": a sentence}.
struct feed_reply {
	uint64_t ticket;
	uint16_t status;
	struct bytes json; // borrowed
};
void feed_question_send(struct channel *channel, uint64_t ticket, struct bytes json);
enum err feed_question_parse(struct bytes payload, uint64_t *ret_ticket, struct bytes *ret_json);
void feed_reply_send(struct channel *channel, const struct feed_reply *reply);
enum err feed_reply_parse(struct bytes payload, struct feed_reply *ret_reply);
