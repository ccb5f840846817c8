// exchange: one request on its way through the vault, from the ask to the answer.
//
// An exchange owns an arena for everything it needs and is freed once its answer was queued or the
// client went away. A handler fills the answer and appends to the trail; the answer leaves only
// when the trail is durable up to `trail_end` and, for a write, when its commit is.
#pragma once

#include "common/format/trail.h"
#include "common/message/door.h"

#include <jansson.h>

struct vault;

// Where a request came in.
enum entrance {
	ENTRANCE_GATE,
	ENTRANCE_LOCAL, // the server's own socket, for root and the administrators' group
};

// What a handler says about how to go on.
enum progress {
	PROGRESS_DONE,    // the answer is complete
	PROGRESS_STAGED,  // the answer is complete, and waits for the commit of what was staged
	PROGRESS_ORDERED, // guard is to do something; the handler is called again with what came of
			  // it
	PROGRESS_HASHING, // a password is being hashed; the handler is called again afterwards
};

// Who asks, as the vault knows it.
struct principal {
	bool known;
	const char *account; // id; "local" for the command line
	const char *name, *login;
	const char *role;    // "clinician"
	const char *person;  // "Practitioner/1", "Patient/1" or ""
	const char *session; // public handle
	bool second_factor;
	int64_t factor_us;   // when it was last given
	bool locked, step_up; // as in identity.h: only broken glass opens a record
	struct session *held; // identity's; valid while this exchange is handled, NULL for local
};

enum {
	EXCHANGE_HEADERS = 12
};

struct exchange {
	struct exchange *next; // in whatever queue it waits
	struct arena *arena;
	struct arena_pool *pool; // where the arena came from
	void *client;            // who gets the answer; NULL once the client went away
	enum entrance entrance;
	uint32_t local_uid;
	struct door_ask ask;
	struct buf body; // assembled from the frames
	int64_t now_us;  // when it was handled

	const struct route *route;
	const char *const *segments; // of the path
	size_t segment_count;
	struct principal who;

	struct map *names; // of patients, as joined in by names.c; NULL before the first
	struct map *cares; // of the caller and patients, as who.c found them; NULL before the first
	void *job;         // what a hashing handler keeps between its calls
	void (*job_free)(void *job);

	uint16_t status;
	size_t header_count;
	struct door_header headers[EXCHANGE_HEADERS];
	struct buf answer;
	struct bytes shared; // in place of it, and in the arena; see exchange_answer()
	uint64_t trail_end;  // the trail must be durable below this number
	bool staged;
};

// In an arena of the pool, which it goes back to.
struct exchange *exchange_new(struct arena_pool *pool);
void exchange_free(struct exchange *exchange);

struct bytes exchange_answer(const struct exchange *exchange); // its body

// The value of a query parameter, or NULL. exchange_param_once refuses a repeated one: ERR_INVALID.
const char *exchange_param(const struct exchange *exchange, const char *name);
// All of them, as asked, for the trail: "name=berg&_count=10".
const char *exchange_query(const struct exchange *exchange);
bool exchange_is_fhir(const struct exchange *exchange);

// Answers. Texts are copied into the arena; JSON is borrowed and encoded at once.
void answer_header(struct exchange *exchange, const char *name, const char *value);
void answer_json(struct exchange *exchange, uint16_t status, const json_t *json);
void answer_bytes(struct exchange *exchange, uint16_t status, struct bytes fhir_json);
// The same, without a copy: the bytes live in the exchange's arena and are not changed any more.
void answer_shared(struct exchange *exchange, uint16_t status, struct bytes fhir_json);
// An error in the caller's own terms: an OperationOutcome under /fhir, otherwise the API's form.
// `code` is one of the API's codes (docs/api.md); it is mapped to FHIR's issue type.
void answer_retry(struct exchange *exchange, uint32_t seconds); // replaces what an error said
[[gnu::format(printf, 4, 5)]] void answer_error(
	struct exchange *exchange, uint16_t status, const char *code, const char *format, ...);
