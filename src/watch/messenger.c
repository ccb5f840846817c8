#include "watch/messenger.h"

#include "common/base/log.h"
#include "common/base/time.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

// ---- What goes to the courier.

static void send_errand(struct messenger *m, const struct messenger_pending *p)
{
	if (!m->has_courier)
		return;
	errand_submit_send(m->courier.channel, &p->errand);
	for (size_t at = 0; at < p->content.size; at += ERRAND_PART_BYTES) {
		size_t left = p->content.size - at;
		const struct errand_part part = {p->errand.id, (uint32_t)at,
			bytes_of(p->content.at + at,
				left < ERRAND_PART_BYTES ? left : ERRAND_PART_BYTES)};
		errand_part_send(m->courier.channel, &part);
	}
}

enum err messenger_submit(struct messenger *m, const struct errand *errand, struct bytes content)
{
	struct messenger_pending **at = &m->pending;
	if (content.size > ERRAND_CONTENT_BYTES)
		return ERR_LIMIT;
	if (m->pending_count == MESSENGER_PENDING ||
		m->pending_bytes + content.size > MESSENGER_PENDING_BYTES)
		return ERR_BUSY;
	while (*at)
		at = &(*at)->next;
	struct messenger_pending *p = calloc(1, sizeof *p + content.size);
	if (!p)
		abort();
	p->errand = *errand;
	p->errand.size = (uint32_t)content.size;
	if (content.size)
		memcpy(p + 1, content.at, content.size);
	p->content = bytes_of(p + 1, content.size);
	*at = p;
	m->pending_count++;
	m->pending_bytes += content.size;
	send_errand(m, p);
	if (m->has_courier)
		peer_flush(&m->courier);
	return OK;
}

static bool is_about(const struct errand_news *news, const struct errand *errand)
{
	return news->id == errand->id && strcmp(news->destination, errand->destination) == 0;
}

enum err messenger_knows(const struct messenger *m, const struct errand *errand, char *ret_words)
{
	for (const struct messenger_pending *p = m->pending; p; p = p->next)
		if (p->errand.id == errand->id &&
			strcmp(p->errand.destination, errand->destination) == 0)
			return ERR_BUSY;
	for (size_t i = 0; i < MESSENGER_NEWS; i++)
		if (is_about(&m->news[i], errand) && m->news[i].state == ERRAND_REFUSED) {
			strcpy(ret_words, m->news[i].words);
			return ERR_DENIED;
		}
	for (size_t i = 0; i < MESSENGER_ANSWERED; i++)
		if (m->answered[i] == errand->id)
			return OK;
	return ERR_NOT_FOUND;
}

static void answered(struct messenger *m, const struct errand_news *news)
{
	if (news->state != ERRAND_REFUSED)
		m->answered[m->answered_count++ % MESSENGER_ANSWERED] = news->id;
	for (struct messenger_pending **at = &m->pending; *at; at = &(*at)->next) {
		struct messenger_pending *p = *at;
		if (p->errand.id != news->id ||
			strcmp(p->errand.destination, news->destination) != 0)
			continue;
		*at = p->next;
		m->pending_count--;
		m->pending_bytes -= p->content.size;
		free(p);
		return;
	}
}

// ---- What the courier tells.

static void take_news(struct messenger *m, const struct errand_news *news)
{
	answered(m, news);
	if (m->told)
		m->told(m->context, news);
	for (size_t i = 0; i < MESSENGER_NEWS; i++)
		if (m->news[i].id == news->id &&
			strcmp(m->news[i].destination, news->destination) == 0) {
			m->news[i] = *news;
			return;
		}
	m->news[m->news_count++ % MESSENGER_NEWS] = *news;
}

static void end_fetch(struct messenger *m, const struct errand_fetched *how)
{
	m->fetching = 0;
	m->taker.end(m->taker.context, how);
}

// Parts of one that failed when the courier went away may still come: they are nobody's.
static void take_fetched(struct messenger *m, const struct errand_fetched *fetched)
{
	if (!m->fetching || fetched->id != m->fetching)
		return;
	if (fetched->content.size)
		m->taker.part(m->taker.context, fetched->content);
	if (fetched->state != FETCH_PART)
		end_fetch(m, fetched);
}

bool messenger_can_fetch(const struct messenger *m)
{
	return m->has_courier && !m->fetching;
}

void messenger_fetch(
	struct messenger *m, const struct errand_fetch *fetch, const struct messenger_taker *taker)
{
	struct errand_fetch out = *fetch;
	assert(messenger_can_fetch(m));
	m->taker = *taker;
	m->fetching = out.id = ++m->fetches;
	errand_fetch_send(m->courier.channel, &out);
	peer_flush(&m->courier);
}

static void take_refusal(struct messenger *m, const struct errand_refusal *refusal)
{
	m->refusals[m->refusal_count++ % MESSENGER_REFUSALS] =
		(struct messenger_refusal){time_now_us(), *refusal};
	if (m->refused)
		m->refused(m->context, refusal);
}

static void courier_frame(struct peer *peer, const struct frame *frame)
{
	struct messenger *m = peer->owner;
	struct errand_news news;
	struct errand_refusal refusal;
	struct errand_fetched fetched;
	enum err err = OK;
	if (frame->type == ERRAND_STATE)
		err = errand_state_parse(frame->payload, &news);
	else if (frame->type == ERRAND_REPORT)
		err = errand_report_parse(frame->payload, &refusal);
	else if (frame->type == ERRAND_DESTINATIONS)
		err = errand_destinations_parse(frame->payload, &m->all);
	else
		err = errand_fetched_parse(frame->payload, &fetched);
	if (err) {
		peer->gone(peer, "a message that cannot be read");
		return;
	}
	if (frame->type == ERRAND_STATE)
		take_news(m, &news);
	else if (frame->type == ERRAND_REPORT)
		take_refusal(m, &refusal);
	else if (frame->type == ERRAND_FETCHED)
		take_fetched(m, &fetched);
	m->changed = true;
}

static void courier_gone(struct peer *peer, const char *why)
{
	struct messenger *m = peer->owner;
	log_info("the courier went away: %s", why);
	peer_done(peer);
	m->has_courier = false;
	const struct errand_fetched failed = {
		.state = FETCH_FAILED, .words = "the courier went away"};
	if (m->fetching)
		end_fetch(m, &failed);
}

void messenger_open(struct messenger *m, int fd)
{
	if (m->has_courier)
		courier_gone(&m->courier, "replaced");
	m->courier = (struct peer){.frame = courier_frame, .gone = courier_gone, .owner = m};
	m->has_courier = peer_init(&m->courier, m->base, fd, &errand_table, MESSAGE_BACK) == OK;
	for (const struct messenger_pending *p = m->pending; p; p = p->next)
		send_errand(m, p);
	if (m->has_courier)
		peer_flush(&m->courier);
}

// ---- What is shown.

// What was checked to be one line holds no control character. Escapes would make the whole longer
// than a frame; nobody misses them in words.
static void add_text(struct buf *out, const char *key, const char *text)
{
	buf_printf(out, "\"%s\":\"", key);
	for (; *text; text++) {
		buf_add(out, *text == '"' ? "'" : *text == '\\' ? "/" : text, 1);
	}
	buf_add_text(out, "\"");
}

static void add_time(struct buf *out, const char *key, int64_t at_us)
{
	char at[TIME_TEXT_BYTES];
	if (!at_us)
		return;
	time_format(at_us, at);
	buf_printf(out, ",\"%s\":\"%s\"", key, at);
}

static void add_destination(struct buf *out, const struct errand_destination *d)
{
	buf_add_text(out, "{");
	add_text(out, "name", d->name);
	buf_add_text(out, ",");
	add_text(out, "kind", d->kind);
	buf_printf(out, ",\"waiting\":%u,\"delivered\":%llu,\"failed\":%llu", d->waiting,
		(unsigned long long)d->delivered, (unsigned long long)d->failed);
	if (d->last)
		buf_printf(out, ",\"last\":\"%s\"", errand_state_text(d->last));
	add_time(out, "last_time", d->last_us);
	buf_add_text(out, ",");
	add_text(out, "words", d->words);
	buf_add_text(out, "}");
}

static void add_news(struct buf *out, const struct errand_news *news)
{
	buf_printf(out, "{\"id\":%llu,\"state\":\"%s\",\"attempts\":%u,",
		(unsigned long long)news->id, errand_state_text(news->state), news->attempts);
	add_text(out, "destination", news->destination);
	buf_add_text(out, ",");
	add_text(out, "words", news->words);
	buf_add_text(out, "}");
}

static void add_refusal(struct buf *out, const struct messenger_refusal *r)
{
	buf_printf(out, "{\"reason\":\"%s\",", errand_report_text(r->refusal.reason));
	add_text(out, "destination", r->refusal.destination);
	buf_add_text(out, ",");
	add_text(out, "words", r->refusal.words);
	add_time(out, "time", r->at_us);
	buf_add_text(out, "}");
}

void messenger_json(struct messenger *m, struct buf *out)
{
	size_t news = m->news_count < MESSENGER_NEWS ? m->news_count : MESSENGER_NEWS;
	size_t refusals =
		m->refusal_count < MESSENGER_REFUSALS ? m->refusal_count : MESSENGER_REFUSALS;
	m->changed = false;
	buf_printf(out, "{\"running\":%s,", m->has_courier ? "true" : "false");
	add_text(out, "problem", m->all.problem);
	buf_printf(out, ",\"queued\":%u,\"queued_bytes\":%llu,\"destinations\":[", m->all.queued,
		(unsigned long long)m->all.queued_bytes);
	for (size_t i = 0; i < m->all.count; i++) {
		buf_add_text(out, i ? "," : "");
		add_destination(out, &m->all.list[i]);
	}
	buf_add_text(out, "],\"errands\":[");
	for (size_t i = 0; i < news; i++) {
		buf_add_text(out, i ? "," : "");
		add_news(out, &m->news[i]);
	}
	buf_add_text(out, "],\"refused\":[");
	for (size_t i = 0; i < refusals; i++) {
		buf_add_text(out, i ? "," : "");
		add_refusal(out, &m->refusals[i]);
	}
	buf_add_text(out, "]}");
}
