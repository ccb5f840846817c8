#include "common/message/ward.h"

#include "common/base/text.h"

#include <string.h>

enum {
	ORDER_BYTES = 400,
	ANSWER_BYTES = 80 + WARD_WORDS_BYTES
};

static const struct message_rule rules[] = {
	{WARD_BLOCK, "block", "Drop what comes from and goes to an address, for a time.",
		MESSAGE_FORTH, ORDER_BYTES},
	{WARD_UNBLOCK, "unblock", "Lift a block.", MESSAGE_FORTH, ORDER_BYTES},
	{WARD_QUARANTINE, "quarantine", "Cut a host off from all but what may reach it.",
		MESSAGE_FORTH, ORDER_BYTES},
	{WARD_RELEASE, "release", "Lift a quarantine.", MESSAGE_FORTH, ORDER_BYTES},
	{WARD_ZONES, "zones", "Compile and apply the zones file.", MESSAGE_FORTH, ORDER_BYTES},
	{WARD_CONFIRM, "confirm", "The zones that were applied stay.", MESSAGE_FORTH, ORDER_BYTES},
	{WARD_ROLLBACK, "rollback", "The zones before come back.", MESSAGE_FORTH, ORDER_BYTES},
	{WARD_PULL, "pull", "What is blocked, and what was counted?", MESSAGE_FORTH, ORDER_BYTES},
	{WARD_DONE, "done", "It was carried out.", MESSAGE_BACK, ANSWER_BYTES},
	{WARD_REFUSED, "refused", "It was not, and why.", MESSAGE_BACK, ANSWER_BYTES},
	{WARD_COUNTERS, "counters", "Blocks, flows, and what they counted.", MESSAGE_BACK,
		CHANNEL_FRAME_BYTES},
	{WARD_EXPIRED, "expired", "Something ended by itself.", MESSAGE_BACK, ANSWER_BYTES},
};

const char ward_away[] = "Guard is not there; try again in a second.";

const struct message_table ward_table = {
	.pair = "watch - guard",
	.forth = "watch",
	.back = "guard",
	.rules = rules,
	.count = sizeof rules / sizeof *rules,
};

enum {
	HAS_PREFIX = 1,
	HAS_SECONDS = 2,
	HAS_WHY = 4, // case and reason
	HAS_PROOF = 8
};

static const struct {
	const char *text;
	unsigned has;
} verbs[WARD_VERBS] = {
	[WARD_BLOCK] = {"block", HAS_PREFIX | HAS_SECONDS | HAS_WHY | HAS_PROOF},
	[WARD_UNBLOCK] = {"unblock", HAS_PREFIX | HAS_WHY | HAS_PROOF},
	[WARD_QUARANTINE] = {"quarantine", HAS_PREFIX | HAS_SECONDS | HAS_WHY | HAS_PROOF},
	[WARD_RELEASE] = {"release", HAS_PREFIX | HAS_WHY | HAS_PROOF},
	[WARD_ZONES] = {"apply", HAS_SECONDS | HAS_WHY | HAS_PROOF},
	[WARD_CONFIRM] = {"confirm", HAS_WHY | HAS_PROOF},
	[WARD_ROLLBACK] = {"rollback", HAS_WHY | HAS_PROOF},
	[WARD_PULL] = {"list", 0},
};

static bool is_verb(enum ward_message verb)
{
	return verb >= WARD_BLOCK && verb < WARD_VERBS;
}

const char *ward_verb_text(enum ward_message verb)
{
	return is_verb(verb) ? verbs[verb].text : "?";
}

// One line that can be shown on a terminal.
static bool is_line(const char *text, size_t most)
{
	size_t size = strnlen(text, most + 1);
	return size <= most && text_is_clean(bytes_of(text, size)) && !strpbrk(text, "\n\r\t");
}

static bool is_case(const char *text)
{
	return !*text || (strlen(text) <= WARD_CASE_BYTES && text_is_id(text));
}

const char *ward_order_problem(const struct ward_order *o)
{
	if (!is_verb(o->verb))
		return "there is no such order";
	unsigned has = verbs[o->verb].has;
	if (has & HAS_PREFIX && prefix_check(&o->prefix))
		return "that is not an address or a prefix";
	if (o->verb == WARD_QUARANTINE && !prefix_is_one(&o->prefix))
		return "one host is quarantined, not a range; block a range";
	bool zones = o->verb == WARD_ZONES;
	uint32_t least = zones ? WARD_LEAST_CONFIRM_S : 1,
		 most = zones ? WARD_MOST_CONFIRM_S : WARD_MOST_SECONDS;
	if (has & HAS_SECONDS && (o->seconds < least || o->seconds > most))
		return zones ? "the time to confirm is 5 seconds to 10 minutes"
			     : "the time is one second to seven days: every block ends by itself";
	if (has & HAS_WHY && !is_case(o->case_id))
		return "a case is named by letters, digits, points and hyphens";
	if (has & HAS_WHY && !is_line(o->reason, WARD_REASON_BYTES))
		return "a reason is one line of at most 200 bytes";
	return NULL;
}

static void put_prefix(struct buf *out, const struct prefix *prefix)
{
	put_u8(out, prefix->family);
	put_u8(out, prefix->length);
	buf_add(out, prefix->at, PREFIX_BYTES);
}

static struct prefix get_prefix(struct cursor *in)
{
	struct prefix prefix = {.family = get_u8(in)};
	prefix.length = get_u8(in);
	struct bytes at = get_raw(in, PREFIX_BYTES);
	if (!in->err)
		memcpy(prefix.at, at.at, PREFIX_BYTES);
	return prefix;
}

// A text into a field of fixed size; what does not fit or is no text fails the cursor.
static void get_field(struct cursor *in, char *ret_text, size_t most)
{
	struct bytes span = get_span(in, most);
	if (in->err)
		return;
	if (span.size && memchr(span.at, 0, span.size))
		cursor_fail(in, ERR_SYNTAX);
	if (!in->err && span.size)
		memcpy(ret_text, span.at, span.size);
}

static void put_mark(struct buf *out, const struct ward_mark *mark)
{
	put_u64(out, mark->count);
	put_u64(out, (uint64_t)mark->given_us);
	buf_add(out, mark->proof, WARD_PROOF_BYTES);
}

static void get_mark(struct cursor *in, struct ward_mark *ret)
{
	ret->count = get_u64(in);
	ret->given_us = (int64_t)get_u64(in);
	struct bytes proof = get_raw(in, WARD_PROOF_BYTES);
	if (!in->err)
		memcpy(ret->proof, proof.at, WARD_PROOF_BYTES);
}

void ward_order_put(struct buf *out, const struct ward_order *o)
{
	unsigned has = verbs[o->verb].has;
	put_u64(out, o->ticket);
	if (has & HAS_PREFIX)
		put_prefix(out, &o->prefix);
	if (has & HAS_SECONDS)
		put_u32(out, o->seconds);
	if (has & HAS_WHY) {
		put_text(out, o->case_id);
		put_text(out, o->reason);
	}
	if (has & HAS_PROOF)
		put_mark(out, &o->mark);
}

enum err ward_order_parse(
	enum ward_message verb, struct bytes payload, struct ward_order *ret_order)
{
	struct cursor in = cursor_of(payload);
	if (!is_verb(verb))
		return ERR_SYNTAX;
	unsigned has = verbs[verb].has;
	struct ward_order o = {.verb = verb, .ticket = get_u64(&in)};
	if (has & HAS_PREFIX)
		o.prefix = get_prefix(&in);
	if (has & HAS_SECONDS)
		o.seconds = get_u32(&in);
	if (has & HAS_WHY) {
		get_field(&in, o.case_id, WARD_CASE_BYTES);
		get_field(&in, o.reason, WARD_REASON_BYTES);
	}
	if (has & HAS_PROOF)
		get_mark(&in, &o.mark);
	enum err err = cursor_end(&in);
	if (!err && ward_order_problem(&o))
		err = ERR_INVALID;
	if (!err)
		*ret_order = o;
	return err;
}

void ward_order_send(struct channel *channel, const struct ward_order *order)
{
	ward_order_put(channel_begin(channel, (uint16_t)order->verb), order);
	channel_end(channel);
}

void ward_answer_put(struct buf *out, const struct ward_answer *answer)
{
	put_u64(out, answer->ticket);
	put_u8(out, (uint8_t)answer->verb);
	put_text(out, answer->words);
	put_mark(out, &answer->mark);
}

enum err ward_answer_parse(
	enum ward_message type, struct bytes payload, struct ward_answer *ret_answer)
{
	struct cursor in = cursor_of(payload);
	struct ward_answer a = {.type = type, .ticket = get_u64(&in)};
	a.verb = (enum ward_message)get_u8(&in);
	get_field(&in, a.words, WARD_WORDS_BYTES);
	get_mark(&in, &a.mark);
	enum err err = cursor_end(&in);
	if (!err && (!is_verb(a.verb) || !is_line(a.words, WARD_WORDS_BYTES)))
		err = ERR_INVALID;
	if (!err && type != WARD_DONE && type != WARD_REFUSED && type != WARD_EXPIRED)
		err = ERR_SYNTAX;
	if (!err)
		*ret_answer = a;
	return err;
}

void ward_answer_send(struct channel *channel, const struct ward_answer *answer)
{
	ward_answer_put(channel_begin(channel, (uint16_t)answer->type), answer);
	channel_end(channel);
}

void ward_counters_put(struct buf *out, const struct ward_counters *c)
{
	put_u64(out, c->ticket);
	put_u8(out, c->last);
	put_u32(out, c->confirm_s);
	put_text(out, c->zones);
	put_u16(out, (uint16_t)c->count);
	for (size_t i = 0; i < c->count; i++) {
		const struct ward_line *line = &c->lines[i];
		put_u8(out, (uint8_t)line->kind);
		put_prefix(out, &line->prefix);
		put_u32(out, line->seconds);
		if (line->kind == WARD_LINE_KNOCK)
			put_u32(out, line->places);
		put_u64(out, line->packets);
		put_u64(out, line->bytes);
		put_text(out, line->case_id);
		put_text(out, line->words);
	}
	put_mark(out, &c->mark);
}

static void get_line(struct cursor *in, struct ward_line *ret_line)
{
	struct ward_line line = {.kind = (enum ward_line_kind)get_u8(in)};
	line.prefix = get_prefix(in);
	line.seconds = get_u32(in);
	if (line.kind == WARD_LINE_KNOCK)
		line.places = get_u32(in);
	line.packets = get_u64(in);
	line.bytes = get_u64(in);
	get_field(in, line.case_id, WARD_CASE_BYTES);
	get_field(in, line.words, WARD_REASON_BYTES);
	bool named = line.kind == WARD_LINE_FLOW || line.kind == WARD_LINE_DENIED;
	if (line.kind < WARD_LINE_BLOCK || line.kind >= WARD_LINE_KINDS ||
		(named ? line.prefix.family != 0 : prefix_check(&line.prefix) != OK) ||
		line.packets > INT64_MAX || line.bytes > INT64_MAX || !is_case(line.case_id) ||
		!is_line(line.words, WARD_REASON_BYTES))
		cursor_fail(in, ERR_INVALID);
	*ret_line = line;
}

enum err ward_counters_parse(struct bytes payload, struct ward_counters *ret_counters)
{
	struct cursor in = cursor_of(payload);
	struct ward_counters *c = ret_counters; // large; what is in it after an error is not used
	*c = (struct ward_counters){.ticket = get_u64(&in)};
	c->last = get_u8(&in) != 0;
	c->confirm_s = get_u32(&in);
	get_field(&in, c->zones, WARD_REASON_BYTES);
	c->count = get_u16(&in);
	if (c->count > WARD_BATCH || !is_line(c->zones, WARD_REASON_BYTES))
		cursor_fail(&in, ERR_LIMIT);
	for (size_t i = 0; i < c->count && !in.err; i++)
		get_line(&in, &c->lines[i]);
	get_mark(&in, &c->mark);
	return cursor_end(&in);
}
