#include "hands.h"

#include "common/base/time.h"

#include <stdio.h>
#include <string.h>

enum {
	COMPLAINTS = 10
};
enum phase {
	PHASE_PASSWORD,
	PHASE_CODE,
	PHASE_ACT
};

static void be_ready(struct performing *p, uint32_t person)
{
	struct hand *hand = &p->hands[person];
	if (hand->is_busy || hand->is_ready || hand->wake_us || hand->first == NO_ACT)
		return;
	hand->is_ready = 1;
	hand->next_hand = NOBODY;
	if (p->ready_first == NOBODY)
		p->ready_first = person;
	else
		p->hands[p->ready_last].next_hand = person;
	p->ready_last = person;
}

void hands_give(struct performing *p, uint32_t act)
{
	uint32_t person = p->how->schedule->acts[act].person;
	struct hand *hand = &p->hands[person];
	p->next[act] = NO_ACT;
	if (hand->first == NO_ACT)
		hand->first = act;
	else
		p->next[hand->last] = act;
	hand->last = act;
	p->in_hand++;
	be_ready(p, person);
}

static void complain(
	struct performing *p, const struct act *act, long status, const struct line *line)
{
	struct request request;
	if (p->results->unexpected > COMPLAINTS)
		return;
	request_init(p->town, act, &request);
	fprintf(stderr, "hospital-sim: %s (%s): %s %.*s: %ld %.*s\n",
		p->town->people[act->person].login, why_texts[act->why], request.method,
		(int)request.path.size, (const char *)request.path.at, status,
		line ? (int)(line->answer.size < 300 ? line->answer.size : 300) : 0,
		line && line->answer.size ? (const char *)line->answer.at : "");
	request_done(&request);
}

// The act in hand is over: label it, and turn to the next.
static void finish(struct performing *p, uint32_t person, const struct outcome *outcome,
	const struct line *line)
{
	struct hand *hand = &p->hands[person];
	const struct act *act = &p->how->schedule->acts[hand->first];
	struct results *r = p->results;
	buf_clear(&p->label);
	request_label(p->town, act, outcome, &p->label);
	fwrite(p->label.at, 1, p->label.size, p->how->labels);
	if (outcome->status < 0) {
		r->kept++;
	} else {
		r->took_us[r->sent++] = (uint32_t)outcome->took_us;
		r->statuses[outcome->status < STATUSES ? outcome->status : 0]++;
		r->unanswered += outcome->status == 0;
		if (!request_expects(act, outcome->status)) {
			r->unexpected++;
			complain(p, act, outcome->status, line);
		}
	}
	hand->first = p->next[hand->first];
	hand->again = 0;
	p->in_hand--;
	be_ready(p, person);
}

struct line *hands_free_line(struct performing *p)
{
	for (unsigned i = 0; i < p->how->connections && p->flying < p->how->connections; i++)
		if (p->lines[i].person == NOBODY)
			return &p->lines[i];
	return NULL;
}

static void send_signing(struct performing *p, struct line *line, struct session *session)
{
	struct hand *hand = &p->hands[line->person];
	int64_t wait_us = 0;
	buf_clear(&line->body);
	if (line->phase == PHASE_CODE)
		wait_us = sessions_code(session, time_now_us(), &line->body);
	else
		sessions_password(session, &line->body);
	if (wait_us && p->how->clock) { // nobody needs to wait for a clock that can be turned
		turned_set(p->how->clock, time_now_us() + wait_us);
		wait_us = sessions_code(session, time_now_us(), &line->body);
	}
	if (wait_us) { // gives the connection back; begins again when a new code can be had
		hand->wake_us = time_monotonic_us() + wait_us;
		hand->is_busy = 0;
		p->waiting++;
		p->flying--;
		line->person = NOBODY;
		session->ticket[0] = 0;
		return;
	}
	snprintf(line->url, sizeof line->url, "%s%s", p->how->url,
		line->phase == PHASE_CODE ? "/api/sign-in/second-factor" : "/api/sign-in");
	line_send(line, p->multi, "POST", "");
}

static void send_act(struct performing *p, struct line *line, struct session *session)
{
	struct request request;
	request_init(p->town, &p->how->schedule->acts[p->hands[line->person].first], &request);
	buf_clear(&line->body);
	buf_add_bytes(&line->body, buf_bytes(&request.body));
	snprintf(line->url, sizeof line->url, "%s%.*s", p->how->url, (int)request.path.size,
		(const char *)request.path.at);
	line->phase = PHASE_ACT;
	line_send(line, p->multi, request.method, session->token);
	request_done(&request);
}

static int is_kept(struct performing *p, const struct session *session)
{
	int64_t age_us = time_now_us() - session->since_us;
	int waits = p->how->speed > 0 || p->how->clock;
	return *session->token && (!waits || age_us < (int64_t)SESSION_KEPT_S * 1000000);
}

// Begins the first act of somebody who is ready. Signing in and out is left out where it cannot be
// done.
static void begin(struct performing *p, uint32_t person, struct line *line)
{
	struct hand *hand = &p->hands[person];
	struct session *session = p->how->sessions->of[person];
	const struct act *act = &p->how->schedule->acts[hand->first];
	int signing = act->what == ASK_SIGN_IN;
	if ((signing || act->what == ASK_SIGN_OUT) && is_kept(p, session)) {
		finish(p, person, &(struct outcome){.sent_us = time_now_us(), .status = -1}, NULL);
		return;
	}
	hand->is_busy = 1;
	line->person = person;
	p->flying++;
	if (p->has_places)
		line_place(line, p->town->people[act->by].unit);
	session->ticket[0] = 0;
	line->phase = PHASE_PASSWORD;
	if (signing || !*session->token)
		send_signing(p, line, session);
	else
		send_act(p, line, session);
}

void hands_begin_ready(struct performing *p)
{
	struct line *line;
	while (p->ready_first != NOBODY && (line = hands_free_line(p))) {
		uint32_t person = p->ready_first;
		p->ready_first = p->hands[person].next_hand;
		p->hands[person].is_ready = 0;
		begin(p, person, line);
	}
}

static void release(struct performing *p, struct line *line)
{
	p->hands[line->person].is_busy = 0;
	line->person = NOBODY;
	p->flying--;
}

static void end_act(struct performing *p, struct line *line, long status)
{
	uint32_t person = line->person;
	struct session *session = p->how->sessions->of[person];
	const struct act *act = &p->how->schedule->acts[p->hands[person].first];
	const struct outcome outcome = {
		line->wall_us, time_monotonic_us() - line->began_us, status};
	release(p, line);
	if (status == 401 && line->phase == PHASE_ACT && !p->hands[person].again) {
		session->token[0] = 0; // it had run out: once more, from the beginning
		p->hands[person].again = 1;
		be_ready(p, person);
		return;
	}
	if (act->what == ASK_SIGN_OUT)
		session->token[0] = 0;
	finish(p, person, &outcome, line);
}

static void end_signing(struct performing *p, struct line *line, long status)
{
	struct session *session = p->how->sessions->of[line->person];
	const struct act *act = &p->how->schedule->acts[p->hands[line->person].first];
	switch (sessions_answer(session, status, buf_bytes(&line->answer), time_now_us())) {
	case SIGNING_CODE:
	case SIGNING_RETRY:
		line->phase = PHASE_CODE;
		send_signing(p, line, session);
		return;
	case SIGNING_DONE:
		if (act->what != ASK_SIGN_IN) {
			send_act(p, line, session);
			return;
		}
		break;
	case SIGNING_FAILED:
		session->token[0] = 0;
	}
	end_act(p, line, status);
}

void hands_end(struct performing *p, struct line *line, long status)
{
	if (line->phase == PHASE_ACT)
		end_act(p, line, status);
	else
		end_signing(p, line, status);
}

void hands_wake(struct performing *p)
{
	int64_t now_us = time_monotonic_us();
	for (size_t i = 0; p->waiting && i < p->town->count; i++) {
		if (!p->hands[i].wake_us || p->hands[i].wake_us > now_us)
			continue;
		p->hands[i].wake_us = 0;
		p->waiting--;
		be_ready(p, (uint32_t)i);
	}
}
