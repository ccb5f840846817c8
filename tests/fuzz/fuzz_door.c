// Payloads of the door's messages: what one side accepts stays within the ceilings, and is the
// same after being sent again. The first byte says which message it is.
#include "fuzz.h"

#include "common/base/text.h"
#include "common/message/door.h"

#include <string.h>

static struct ends {
	struct channel *gate, *vault;
} ends;

static void make_ends(void)
{
	int fds[2];
	if (ends.gate)
		return;
	fuzz_rule(channel_pair(fds) == OK, "a pair");
	ends.gate = channel_new(fds[0], &door_table, MESSAGE_BACK);
	ends.vault = channel_new(fds[1], &door_table, MESSAGE_FORTH);
}

static struct frame carry(struct channel *from, struct channel *to)
{
	struct frame frame = {0};
	fuzz_rule(channel_flush(from) == OK && channel_fill(to) == OK && channel_next(to, &frame),
		"a frame arrives");
	return frame;
}

static bool same(const char *a, const char *b)
{
	return strcmp(a, b) == 0;
}

static void same_asks(const struct door_ask *a, const struct door_ask *b)
{
	fuzz_rule(a->id == b->id && a->method == b->method && a->token_kind == b->token_kind &&
			  a->same_origin == b->same_origin && a->console == b->console,
		"the same ask");
	fuzz_rule(same(a->peer, b->peer) && same(a->host, b->host) && same(a->path, b->path) &&
			  same(a->token, b->token) && same(a->if_match, b->if_match) &&
			  same(a->if_none_match, b->if_none_match) &&
			  same(a->if_none_exist, b->if_none_exist) &&
			  same(a->if_modified_since, b->if_modified_since) &&
			  same(a->prefer, b->prefer) && same(a->content_type, b->content_type) &&
			  same(a->accept, b->accept) && same(a->user_agent, b->user_agent) &&
			  same(a->certificate, b->certificate) && same(a->trace, b->trace),
		"the same texts");
	fuzz_rule(a->param_count == b->param_count, "as many parameters");
	for (size_t i = 0; i < a->param_count; i++)
		fuzz_rule(same(a->params[i].name, b->params[i].name) &&
				  same(a->params[i].value, b->params[i].value),
			"the same parameters");
}

static void ask(struct bytes payload, struct arena *arena)
{
	struct door_ask ask, again;
	if (door_ask_parse(payload, arena, &ask))
		return;
	fuzz_rule(ask.path[0] == '/' && text_is_clean(bytes_text(ask.path)) &&
			  text_is_clean(bytes_text(ask.user_agent)),
		"a path, and an agent");
	fuzz_rule(
		ask.body_first.size <= ask.body_size && ask.body_size <= DOOR_BODY_BYTES, "a body");
	fuzz_rule(ask.param_count <= DOOR_PARAMS, "not too many parameters");
	enum err err = door_ask_send(ends.gate, &ask, bytes_of(NULL, 0));
	fuzz_rule(err == OK || (err == ERR_LIMIT && ask.param_count > 1), "within the ceilings");
	if (err)
		return;
	struct frame frame = carry(ends.gate, ends.vault);
	fuzz_rule(door_ask_parse(frame.payload, arena, &again) == OK, "it is read again");
	same_asks(&ask, &again);
}

static void answer(struct bytes payload, struct arena *arena)
{
	struct door_answer answer, again;
	if (door_answer_parse(payload, arena, &answer))
		return;
	fuzz_rule(answer.status >= 200 && answer.status < 600, "a status");
	fuzz_rule(answer.body_first.size <= answer.body_size &&
			  answer.body_size <= DOOR_ANSWER_BODY_TOTAL_BYTES,
		"a body");
	fuzz_rule(door_answer_send(ends.vault, &answer, bytes_of(NULL, 0)) == OK,
		"within the ceilings");
	struct frame frame = carry(ends.vault, ends.gate);
	fuzz_rule(door_answer_parse(frame.payload, arena, &again) == OK, "it is read again");
	fuzz_rule(answer.id == again.id && answer.status == again.status &&
			  answer.header_count == again.header_count,
		"the same answer");
	for (size_t i = 0; i < answer.header_count; i++)
		fuzz_rule(same(answer.headers[i].name, again.headers[i].name) &&
				  same(answer.headers[i].value, again.headers[i].value),
			"the same headers");
}

static void more(struct bytes payload)
{
	uint32_t id;
	struct bytes rest;
	if (door_more_parse(payload, &id, &rest) == OK)
		fuzz_rule(rest.size + 4 == payload.size, "all of it");
	else
		fuzz_rule(payload.size < 4, "only a short one is refused");
}

int LLVMFuzzerTestOneInput(const uint8_t *at, size_t size)
{
	if (!size)
		return 0;
	struct arena *arena = arena_new();
	struct bytes payload = bytes_of(at + 1, size - 1);
	make_ends();
	if (at[0] % 3 == 0)
		ask(payload, arena);
	else if (at[0] % 3 == 1)
		answer(payload, arena);
	else
		more(payload);
	arena_free(arena);
	return 0;
}
