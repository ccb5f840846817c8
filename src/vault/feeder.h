// feeder: tells watch what stands on the trail, without names, has accesses explained, and keeps
// what watch counted and what it wants reviewed.
//
// Watch asks from a sequence number on and is told what is durable. Whom an event is about is a
// number under a key that only the vault has. Explaining happens between everything else the loop
// does: some milliseconds at a time, then whoever waits comes first (FEEDER_SLICE_US). Events are
// told once in a turn of the loop, however often they are asked for: watch keeps nobody waiting.
#pragma once

#include "common/crypto/crypto.h"
#include "common/io/loop.h"
#include "common/message/feed.h"
#include "common/message/ward.h"
#include "vault/facts.h"
#include "vault/noted.h"

#include <jansson.h>

struct explain;
struct identity;
struct ledger;

enum {
	FEEDER_SLICE_US = 2000, // of explaining, in one turn of the loop
	FEEDER_PAUSE_US = 500,  // between two slices
};

struct feeder {
	struct event_base *base;
	struct ledger *ledger;
	struct identity *identity; // from accounts to their Practitioner
	struct explain *explain;
	struct facts facts;
	struct peer watch;
	bool has_watch;
	json_t *activity;   // what watch counted last; NULL before
	json_t *queue;      // what it wants reviewed; NULL before
	struct event *more; // wishes wait
	struct event *told; // events are wanted, from here on
	uint64_t from;
	uint32_t most;
	struct feed_wish wishes[FEED_WISHES];
	size_t wish_count, wish_at;
	struct feed_explained done[FEED_WISHES];
	json_t *findings; // what it found last; NULL before
	json_t *courier;  // what the courier told last; NULL before
	struct noted noted;
	struct feed_risk risks[FEED_RISKS]; // whose risk is high, as watch told it last
	size_t risk_count;
	// What guard answered: counters where the answer's type says so, else NULL.
	void (*outcome)(void *context, const struct ward_answer *answer,
		const struct ward_counters *counters);
	// What a playbook wants done; and that watch is gone, who asks again when it is back.
	void (*act)(void *context, uint64_t ticket, struct bytes json);
	void (*gone)(void *context);
	// What watch replied to a question; the receiver owns it.
	void (*replied)(void *context, uint64_t ticket, uint16_t status, json_t *json);
	void *context;
};

// ERR_CLOSED when watch is not there.
enum err feeder_test(struct feeder *feeder, uint64_t id, const char *destination);
void feeder_open(
	struct feeder *feeder, const struct wire *wire); // owns wire->fd; replaces one before
// Points of risk of an account where watch finds it high; else 0.
int feeder_risk(struct feeder *feeder, const char *account);
void feeder_acted(struct feeder *feeder, const struct feed_acted *acted);
bool feeder_order(struct feeder *feeder, const struct ward_order *order); // false: watch is away
bool feeder_ask(struct feeder *feeder, uint64_t ticket, struct bytes question); // the same
