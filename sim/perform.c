#include "perform.h"

#include "common/base/time.h"
#include "hands.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
	PROGRESS_US = 500000,
	WAIT_MS = 200,
	TOGETHER_S = 600, // with a turned clock: what is so near is done at once, by many
	TURN_S = 3600     // no silence of more than an hour becomes a leap of the clock
};

// How long until it is due, in real time; nothing or less: now.
static int64_t due_in_us(const struct performing *p, uint32_t act)
{
	const struct act *acts = p->how->schedule->acts;
	if (p->how->clock)
		return (acts[act].at_s - TOGETHER_S) * 1000000 - time_now_us();
	return p->how->speed == 0 ? 0
				  : p->began_us - time_monotonic_us() +
					    (int64_t)((double)(acts[act].at_s - acts[0].at_s) *
						      1e6 / p->how->speed);
}

// Nobody does anything until then: let it be then, or an hour nearer to it, or midnight.
static void let_time_pass(struct performing *p, uint32_t act)
{
	const int64_t day_us = 86400 * 1000000ll;
	int64_t at_us = p->how->schedule->acts[act].at_s * 1000000, now_us = time_now_us();
	int64_t to_us = now_us + TURN_S * 1000000ll, midnight_us = (now_us / day_us + 1) * day_us;
	if (at_us <= now_us)
		return;
	if (to_us > at_us)
		to_us = at_us;
	turned_set(p->how->clock, to_us < midnight_us ? to_us : midnight_us);
	if (to_us >= midnight_us)
		usleep(p->how->night_us);
}

static void show(struct performing *p, uint32_t given)
{
	int64_t now_us = time_monotonic_us();
	char at[TIME_TEXT_BYTES];
	if (p->how->quiet || now_us - p->shown_us < PROGRESS_US)
		return;
	p->shown_us = now_us;
	time_format(p->how->schedule->acts[given ? given - 1 : 0].at_s * 1000000, at);
	fprintf(stderr, "\r   %.16s  %zu of %zu requests, %zu not as expected ", at,
		p->results->sent + p->results->kept, p->total, p->results->unexpected);
}

static void end_one(struct performing *p, CURLMsg *message)
{
	struct line *line = NULL;
	long status = 0;
	curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, (char **)&line);
	if (message->data.result == CURLE_OK)
		curl_easy_getinfo(message->easy_handle, CURLINFO_RESPONSE_CODE, &status);
	curl_multi_remove_handle(p->multi, line->curl);
	hands_end(p, line, status);
}

static void turn(struct performing *p, int most_ms)
{
	int running, left;
	CURLMsg *message;
	hands_begin_ready(p);
	curl_multi_perform(p->multi, &running);
	while ((message = curl_multi_info_read(p->multi, &left)))
		if (message->msg == CURLMSG_DONE)
			end_one(p, message);
	hands_wake(p);
	if (p->how->clock && !p->in_hand)
		return; // nothing to wait for: time is turned to the next act
	if (p->ready_first == NOBODY || !hands_free_line(p))
		curl_multi_poll(p->multi, NULL, 0, most_ms, NULL);
}

// Hands out the acts as their time comes, and goes on until all are done.
static void carry_out(struct performing *p, const uint32_t *acts, size_t count)
{
	size_t given = 0;
	p->began_us = time_monotonic_us();
	while (given < count || p->in_hand) {
		int64_t wait_us = WAIT_MS * 1000, due = 0;
		while (given < count && (due = due_in_us(p, acts[given])) <= 0)
			hands_give(p, acts[given++]);
		if (p->how->clock && given < count && !p->in_hand) {
			let_time_pass(p, acts[given]);
			continue;
		}
		if (!p->how->clock && given < count && due < wait_us)
			wait_us = due;
		turn(p, (int)(wait_us / 1000) + 1);
		show(p, given ? acts[given - 1] + 1 : 0);
	}
}

static void begin_all(struct performing *p)
{
	size_t people = p->town->count, acts = p->how->schedule->count;
	p->lines = calloc(p->how->connections, sizeof *p->lines);
	p->hands = calloc(people, sizeof *p->hands);
	p->next = calloc(acts + 1, sizeof *p->next);
	p->results->took_us = calloc(acts + 1, sizeof *p->results->took_us);
	p->multi = curl_multi_init();
	if (!p->lines || !p->hands || !p->next || !p->results->took_us || !p->multi)
		abort();
	curl_multi_setopt(p->multi, CURLMOPT_MAXCONNECTS, (long)p->how->connections);
	for (unsigned i = 0; i < p->how->connections; i++)
		line_open(&p->lines[i]);
	for (size_t i = 0; i < people; i++)
		p->hands[i].first = NO_ACT;
}

static void end_all(struct performing *p)
{
	for (unsigned i = 0; i < p->how->connections; i++)
		line_close(&p->lines[i]);
	curl_multi_cleanup(p->multi);
	buf_done(&p->label);
	free(p->lines);
	free(p->hands);
	free(p->next);
	if (!p->how->quiet)
		fputc('\n', stderr);
}

// At full speed everybody signs in first, and is not counted: passwords are meant to be slow.
static size_t take_first(const struct schedule *s, uint32_t *ret_acts, int firsts)
{
	uint8_t *seen = calloc(s->town->count, 1);
	size_t count = 0;
	if (!seen)
		abort();
	for (size_t i = 0; i < s->count; i++) {
		int is_first = !seen[s->acts[i].person];
		seen[s->acts[i].person] = 1;
		if (is_first == firsts)
			ret_acts[count++] = (uint32_t)i;
	}
	free(seen);
	return count;
}

static int by_size(const void *a, const void *b)
{
	uint32_t one = *(const uint32_t *)a, other = *(const uint32_t *)b;
	return one < other ? -1 : one > other;
}

static void carry_out_fast(struct performing *p, uint32_t *acts)
{
	struct results *r = p->results;
	carry_out(p, acts, take_first(p->how->schedule, acts, 1));
	*r = (struct results){
		.took_us = r->took_us, .unexpected = r->unexpected, .unanswered = r->unanswered};
	carry_out(p, acts, take_first(p->how->schedule, acts, 0));
}

void perform(const struct performance *performance, struct results *ret)
{
	struct performing p = {.how = performance,
		.town = performance->schedule->town,
		.results = ret,
		.ready_first = NOBODY,
		.total = performance->schedule->count};
	uint32_t *acts = calloc(p.total + 1, sizeof *acts);
	if (!acts)
		abort();
	*ret = (struct results){0};
	p.has_places = (performance->speed > 0 || performance->clock) &&
		       strncmp(performance->url, "https://127.0.0.1", 17) == 0;
	begin_all(&p);
	if (performance->speed == 0 && !performance->clock) {
		carry_out_fast(&p, acts);
	} else {
		for (size_t i = 0; i < p.total; i++)
			acts[i] = (uint32_t)i;
		carry_out(&p, acts, p.total);
	}
	ret->elapsed_us = time_monotonic_us() - p.began_us;
	qsort(ret->took_us, ret->sent, sizeof *ret->took_us, by_size);
	end_all(&p);
	free(acts);
}

void results_done(struct results *results)
{
	free(results->took_us);
	*results = (struct results){0};
}
