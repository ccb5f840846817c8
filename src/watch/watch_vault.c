// What passes between watch and the vault: the trail's events, what comes of them, questions.
#include "watch/watch_in.h"

#include "common/base/log.h"
#include "common/base/time.h"

static void pull(struct role *role)
{
	if (!role->has_vault || role->asked || !detector_ready(role->detector))
		return;
	role->asked = true;
	feed_pull_send(role->vault.channel, role->place, FEED_BATCH);
	peer_flush(&role->vault);
}

// What is waiting to be explained; the events go on meanwhile.
static void ask_explanations(struct role *role)
{
	static struct feed_wish wishes[FEED_WISHES];
	if (!role->has_vault)
		return;
	size_t count = access_wishes(role->access, wishes);
	if (count) {
		feed_explain_send(role->vault.channel, wishes, count);
		peer_flush(&role->vault);
	}
}

static void take_explanations(struct role *role, struct bytes payload)
{
	static struct feed_explained list[FEED_WISHES];
	size_t count;
	if (feed_explained_parse(payload, list, &count) ||
		access_explained(role->access, list, count) == ERR_INVALID) {
		role->vault.gone(&role->vault, "explanations that nobody asked for");
		return;
	}
	ask_explanations(role);
}

// What was found: at once, so that nobody waits for the next report.
static void tell(struct role *role)
{
	if (!role->has_vault) // it went away while something else was sent
		return;
	detector_tell(role->detector, channel_begin(role->vault.channel, FEED_FINDINGS));
	channel_end(role->vault.channel);
	peer_flush(&role->vault);
}

static void tell_courier(struct role *role)
{
	if (!role->has_vault)
		return;
	messenger_json(&role->messenger, channel_begin(role->vault.channel, FEED_COURIER));
	channel_end(role->vault.channel);
	peer_flush(&role->vault);
}

// Somebody at the server wants to see whether a destination works.
static void test_errand(struct role *role, struct bytes payload)
{
	static const char content[] = "This is a test errand of Hospitaller. When you can read "
				      "it, this destination works.\n";
	struct errand errand = {.kind = ERRAND_TEST,
		.severity = 6,
		.subject = "Test errand of Hospitaller",
		.type = "text/plain; charset=utf-8"};
	if (feed_test_parse(payload, &errand.id, errand.destination) ||
		!errand_is_name(errand.destination))
		return; // the command sees that nothing came of it
	enum err err = messenger_submit(&role->messenger, &errand, bytes_text(content));
	if (err)
		log_warning("a test errand cannot be submitted: %s", err_text(err));
}

static void queue_send(struct role *role)
{
	struct buf json = {0};
	access_json(role->access, &json);
	if (json.size <= FEED_QUEUE_BYTES) {
		buf_add_bytes(channel_begin(role->vault.channel, FEED_QUEUE), buf_bytes(&json));
		channel_end(role->vault.channel);
	} else {
		log_error("the queue is larger than a message");
	}
	buf_done(&json);
}

// What a person decided shows in the queue at once, and not with the next report.
static void answered(struct role *role)
{
	if (access_news(role->access))
		queue_send(role);
	peer_flush(&role->vault);
}

// Whatever is no batch of events. False: it is one.
static bool other_frame(struct role *role, struct peer *peer, const struct frame *frame)
{
	struct feed_acted acted;
	switch (frame->type) {
	case FEED_EXPLAINED:
		take_explanations(role, frame->payload);
		return true;
	case FEED_TEST:
		test_errand(role, frame->payload);
		return true;
	case FEED_ORDER:
		if (warden_order(&role->warden, frame->payload))
			peer->gone(peer, "an order that cannot be read");
		return true;
	case FEED_ACTED:
		if (feed_acted_parse(frame->payload, &acted))
			peer->gone(peer, "an answer that cannot be read");
		else if (conductor_acted(role->conductor, &acted))
			watch_give_up(role);
		return true;
	case FEED_NOTED:
		if (casebook_noted(role->casebook, role->detector, frame->payload))
			peer->gone(peer, "a place that cannot be read");
		return true;
	case FEED_QUESTION:
		if (question_answer(&role->parts, frame->payload, peer->channel))
			peer->gone(peer, "a question that cannot be read");
		else
			answered(role);
		return true;
	default:
		return false;
	}
}

static void vault_frame(struct peer *peer, const struct frame *frame)
{
	static struct feed_event events[FEED_BATCH];
	struct role *role = peer->owner;
	size_t count;
	uint64_t next, size;
	if (other_frame(role, peer, frame))
		return;
	if (feed_events_parse(frame->payload, events, &count, &next, &size)) {
		peer->gone(peer, "events that cannot be read");
		return;
	}
	for (size_t i = 0; i < count; i++) {
		activity_count(role->activity, &events[i]);
		access_event(role->access, &events[i]);
	}
	if (next >= size)
		access_time(role->access, time_now_us());
	if (detector_events(role->detector, events, count, next, size) ||
		casebook_take(role->casebook, role->detector) || conductor_take(role->conductor)) {
		watch_give_up(role);
		return;
	}
	if (casebook_list(role->casebook, role->access))
		log_error("the list cannot be kept; it is tried again");
	ask_explanations(role);
	role->place = next;
	role->size = size;
	role->asked = false;
	if (detector_news(role->detector))
		tell(role);
	if (next < size)
		pull(role);
}

static void vault_gone(struct peer *peer, const char *why)
{
	struct role *role = peer->owner;
	log_info("the vault went away: %s", why);
	peer_done(peer);
	role->has_vault = false;
	access_unanswered(role->access);
	role->warden.vault = NULL;
	casebook_vault_gone(role->casebook);
	conductor_vault(role->conductor, NULL);
}

void watch_join(struct role *role, int fd)
{
	if (role->has_vault)
		vault_gone(&role->vault, "replaced");
	role->vault = (struct peer){.frame = vault_frame, .gone = vault_gone, .owner = role};
	role->has_vault = peer_init(&role->vault, role->base, fd, &feed_table, MESSAGE_BACK) == OK;
	role->asked = false;
	role->warden.vault = role->has_vault ? role->vault.channel : NULL;
	conductor_vault(role->conductor, role->has_vault ? &role->vault : NULL);
}

// What changed, in numbers that tell nothing: for whoever looks on, to ask again.
static void add_news(struct role *role, struct buf *out)
{
	buf_printf(out,
		",\"news\":{\"since\":%lld,\"findings\":%llu,\"incidents\":%llu,\"runs\":%llu,"
		"\"queue\":%u,\"unassigned\":%llu}",
		(long long)role->began_us, (unsigned long long)detector_total(role->detector),
		(unsigned long long)casebook_changes(role->casebook),
		(unsigned long long)conductor_changes(role->conductor), access_shown(role->access),
		(unsigned long long)casebook_unassigned(role->casebook));
}

void watch_report(struct role *role)
{
	ask_explanations(role);
	if (!role->has_vault)
		return;
	queue_send(role);
	struct buf *out = channel_begin(role->vault.channel, FEED_ACTIVITY);
	activity_json(role->activity, time_now_us(), role->place, role->size, out);
	out->size--; // the brace: more follows
	buf_add_text(out, ",");
	detector_brief(role->detector, out);
	add_news(role, out);
	buf_add_text(out, "}");
	channel_end(role->vault.channel);
	tell(role);
	tell_courier(role);
	peer_flush(&role->vault);
}

void watch_pull(struct role *role)
{
	pull(role);
	if (role->has_vault) {
		casebook_tell(role->casebook, role->vault.channel);
		peer_flush(&role->vault);
	}
	if (role->messenger.changed)
		tell_courier(role);
}
