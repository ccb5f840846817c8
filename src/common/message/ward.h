// ward: what watch has guard do to the network, and what guard says came of it.
//
//   BLOCK       forth  drop everything from and to an address or a prefix, for so many seconds
//   UNBLOCK     forth  lift that block
//   QUARANTINE  forth  a host speaks only to what the zones file lets a quarantined host reach
//   RELEASE     forth  lift that quarantine
//   ZONES       forth  read the zones file, compile and apply it; undone unless confirmed in time
//   CONFIRM     forth  the zones that were applied stay
//   ROLLBACK    forth  the zones before come back
//   PULL        forth  the blocks, with their remaining time, and what was counted
//   DONE        back   it was carried out; a sentence
//   REFUSED     back   it was not; a sentence that says why
//   COUNTERS    back   some lines of what PULL asked for; the last frame says so
//   EXPIRED     back   something ended by itself; a sentence
//
// Every order holds a ticket, chosen by who asks, which comes back with the answer. Addresses
// travel as bytes and are checked again; no text of a peer reaches the firewall. The same encoding
// goes over the feed when the vault passes on what a person ordered: each order but PULL ends with
// the vault's mark, and each answer with guard's (ward_proof.h), so that watch carries both and can
// make neither.
#pragma once

#include "common/format/prefix.h"
#include "common/io/channel.h"

enum ward_message {
	WARD_BLOCK = 1,
	WARD_UNBLOCK,
	WARD_QUARANTINE,
	WARD_RELEASE,
	WARD_ZONES,
	WARD_CONFIRM,
	WARD_ROLLBACK,
	WARD_PULL,
	WARD_VERBS, // past the last that is an order
	WARD_DONE = 16,
	WARD_REFUSED,
	WARD_COUNTERS,
	WARD_EXPIRED,
};

enum {
	WARD_CASE_BYTES = 40,
	WARD_REASON_BYTES = 200,
	WARD_WORDS_BYTES = 300,
	WARD_MOST_SECONDS = 7 * 24 * 3600, // no block is longer, whatever a file says
	WARD_LEAST_CONFIRM_S = 5,
	WARD_MOST_CONFIRM_S = 600,
	WARD_BATCH = 150, // lines in one COUNTERS
	WARD_PROOF_BYTES = 32,
};

// Whose word it is, when it was given, and the how-manieth of theirs under this key.
struct ward_mark {
	uint64_t count;
	int64_t given_us; // monotonic: one clock for all on this machine
	uint8_t proof[WARD_PROOF_BYTES];
};

struct ward_order {
	enum ward_message verb;
	uint64_t ticket;
	struct prefix prefix;               // BLOCK to RELEASE
	uint32_t seconds;                   // BLOCK, QUARANTINE; ZONES: until it must be confirmed
	char case_id[WARD_CASE_BYTES + 1];  // of the incident, or ""; [A-Za-z0-9.-]
	char reason[WARD_REASON_BYTES + 1]; // as a person or a playbook wrote it
	struct ward_mark mark;              // the vault's; all but PULL
};

struct ward_answer { // DONE, REFUSED, EXPIRED (with ticket 0)
	enum ward_message type;
	uint64_t ticket;
	enum ward_message verb; // what it is about
	char words[WARD_WORDS_BYTES + 1];
	struct ward_mark mark; // guard's
};

enum ward_line_kind {
	WARD_LINE_BLOCK = 1, // an address or prefix that is blocked
	WARD_LINE_QUARANTINE,
	WARD_LINE_FLOW,   // allowed by this flow of the zones file
	WARD_LINE_DENIED, // dropped because no flow allows it
	WARD_LINE_KNOCK,  // a host that was refused so, within the last ten minutes
	WARD_LINE_KINDS
};

struct ward_line {
	enum ward_line_kind kind;
	struct prefix prefix; // of a block, quarantine or knock; family 0 otherwise
	uint32_t seconds;     // that remain
	uint32_t places;      // of a knock alone: different ports of different hosts
	uint64_t packets, bytes;
	char case_id[WARD_CASE_BYTES + 1];
	char words[WARD_REASON_BYTES + 1]; // the reason, the flow's name, or where most knocked
};

struct ward_counters {
	uint64_t ticket;
	bool last;
	uint32_t confirm_s; // until the zones that were applied are undone; 0: nothing waits
	char zones[WARD_REASON_BYTES + 1]; // which zones hold, in words
	size_t count;
	struct ward_line lines[WARD_BATCH];
	struct ward_mark mark; // guard's
};

// What watch itself answers for a guard that is not there: the one answer without a mark.
extern const char ward_away[];

extern const struct message_table ward_table;

const char *ward_verb_text(enum ward_message verb); // "block"; "?"

// What is wrong with an order, in words, or NULL. Sender and receiver ask.
const char *ward_order_problem(const struct ward_order *order);
void ward_order_put(struct buf *out, const struct ward_order *order); // without its verb
enum err ward_order_parse(
	enum ward_message verb, struct bytes payload, struct ward_order *ret_order);
void ward_order_send(struct channel *channel, const struct ward_order *order);

void ward_answer_put(struct buf *out, const struct ward_answer *answer); // without its type
enum err ward_answer_parse(
	enum ward_message type, struct bytes payload, struct ward_answer *ret_answer);
void ward_answer_send(struct channel *channel, const struct ward_answer *answer);

void ward_counters_put(struct buf *out, const struct ward_counters *counters);
enum err ward_counters_parse(struct bytes payload, struct ward_counters *ret_counters);
