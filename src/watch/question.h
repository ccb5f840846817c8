// question: what somebody asks of watch, or has it do: through the vault, which has authenticated
// them, decided, and written it on the trail.
//
// One table, `questions`: each has a name and a handler that reads its arguments and fills the
// reply. Arguments are the vault's, but hold what a person wrote: they are checked here again.
#pragma once

#include "common/message/feed.h"

#include <jansson.h>

struct access;
struct conductor;
struct detector;
struct messenger;
struct warden;
struct casebook;

// What a handler may use; filled once by watch.c.
struct watch_parts {
	struct access *access;
	struct detector *detector;
	struct messenger *messenger;
	struct warden *warden;
	struct casebook *casebook;
	struct conductor *conductor;
};

struct reply {
	uint16_t status; // as of HTTP: 200 unless the handler says otherwise
	json_t *json;    // an object; owned by the reply
};

struct question {
	const char *ask;
	void (*answer)(
		const struct watch_parts *parts, const json_t *arguments, struct reply *reply);
	const char *help; // one sentence
};
extern const struct question questions[];
extern const size_t question_count;

// For handlers: a sentence for whoever asked, with a status of 400 or more.
__attribute__((format(printf, 3, 4))) void reply_problem(
	struct reply *reply, uint16_t status, const char *format, ...);

// Answers one question on the channel. ERR_SYNTAX, ERR_LIMIT: it is none.
enum err question_answer(
	const struct watch_parts *parts, struct bytes payload, struct channel *channel);
