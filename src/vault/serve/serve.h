// serve: takes what comes through the door, asks the parts of the vault, and answers.
//
// The life of a request: taken (body complete) → authenticated → routed → decided → handled →
// trail → answer. Reads are answered when the trail is durable. Writes of many clients are staged
// into one database transaction; then trail durable → commit → answers, while the next writes
// wait and reads go on. Password hashing happens in worker threads. Everything else is the loop's.
#pragma once

#include "common/base/allowance.h"
#include "common/format/act.h"
#include "vault/serve/exchange.h"
#include "vault/serve/worker.h"

struct identity;
struct keyring_place;
struct ledger;
struct lures;
struct policy;
struct records;
struct activity;
struct explain;
struct mac;
struct ward_answer;
struct ward_counters;
struct ward_order;

struct exchange_queue {
	struct exchange *first, *last;
	size_t count;
};

// What the role's main file gives; all of it outlives the vault.
struct vault_parts {
	struct identity *identity;
	struct ledger *ledger;
	struct policy *policy;
	struct records *records;
	struct lures *lures; // or NULL: there are none
	struct explain *explain;
	const struct keyring_place *keys;
	const char *version;
	const char *rules; // the folder of the rules: letters, incidents.yaml
	const char *base;  // "https://his.example/fhir", or NULL or "" where it is not configured
	int64_t started_us;
	bool skip_trail_wait; // only for the tests that show what no-trace-no-record prevents
	bool skip_glass;      // likewise care-comes-first: a measure is not opened by broken glass
	// Queues the answer for the client of the exchange; the exchange is freed by serve
	// afterwards.
	void (*deliver)(void *context, struct exchange *exchange);
	// JSON of the roles as the parent told it last, or NULL; borrowed. And what watch counts.
	json_t *(*roles)(void *context);
	json_t *(*activity)(void *context);
	json_t *(*queue)(void *context);    // what watch wants reviewed, or NULL
	json_t *(*findings)(void *context); // what watch found, as it told it; or NULL
	// Points of risk of an account where watch finds it high, else 0; may be NULL.
	int (*risk)(void *context, const char *account);
	struct mac *opaque; // how people become numbers for watch
	// What the courier told, or NULL; and a test errand: ERR_CLOSED when watch is not there.
	json_t *(*courier)(void *context);
	enum err (*courier_test)(void *context, uint64_t id, const char *destination);
	// Passes an order on to guard; false: nobody is there.
	bool (*order)(void *context, const struct ward_order *order);
	// The same of a question to watch, as JSON.
	bool (*ask)(void *context, uint64_t ticket, struct bytes question);
	// What would come of an act that a playbook wants, without doing it (acts.h).
	void (*would)(
		void *context, const json_t *act, struct arena *arena, struct act_trial *ret_trial);
	void *context;
};

struct vault {
	struct vault_parts parts;
	struct worker *hashing, *committer;
	struct buf openapi;           // what /api/openapi.json answers
	struct exchange_queue held;   // answered, waiting for the trail
	struct exchange_queue writes; // not yet handled: a commit is under way
	struct exchange_queue staged; // handled, waiting for the commit
	struct exchange_queue hashed; // a worker hashes for them
	struct exchange *ordered;     // wait for guard (order.h)
	size_t ordered_count;
	uint64_t tickets;
	struct allowance expired; // what guard told of itself, on the trail
	bool committing;
	enum err commit_result;
	uint64_t commit_trail_end;
	struct arena_pool arenas; // of exchanges that come
	struct check *check;      // of the records that is under way, or NULL (check.h)
	uint64_t checks;
	uint64_t requests, denials, commits, committed_writes;
};

enum {
	SERVE_QUEUE = 4096
}; // requests held in all queues together; past this: 503

void serve_init(struct vault *vault, const struct vault_parts *parts);
void serve_done(struct vault *vault);

// Takes over an exchange whose body is complete.
void serve_take(struct vault *vault, struct exchange *exchange);
// At the end of a turn of the loop: flushes the trail and starts a commit when one is due.
void serve_settle(struct vault *vault);
// When ledger_event_fd(), the hashing or the committer's event descriptor became readable.
void serve_trail_advanced(struct vault *vault);
void serve_hashed(struct vault *vault);
void serve_committed(struct vault *vault);
// The client went away, or took back the one request that `id` names: answered to nobody.
void serve_forget(struct vault *vault, const void *client, const uint32_t *id);
// What guard answered; counters where it was asked for them, else NULL.
void serve_ordered(struct vault *vault, const struct ward_answer *answer,
	const struct ward_counters *counters);
// What watch replied; takes the reference.
void serve_replied(struct vault *vault, uint64_t ticket, uint16_t status, json_t *json);
// Orders whose entry is durable go out, those that waited too long are given up: now and then.
void serve_orders(struct vault *vault);
void serve_again(struct vault *vault, struct exchange *exchange); // calls its handler again
size_t serve_waiting(const struct vault *vault);
