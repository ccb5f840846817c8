#include "courier/carrier.h"

#include "common/base/time.h"
#include "courier/dress.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const struct kind *const kinds[DESTINATION_KINDS] = {
	[DESTINATION_MAIL] = &kind_mail,
	[DESTINATION_WEBHOOK] = &kind_webhook,
	[DESTINATION_FEED] = &kind_feed,
	[DESTINATION_SYSLOG] = &kind_syslog,
};

const struct kind *carrier_kind(const struct destination *to)
{
	return kinds[to->kind];
}

void cargo_delivery(const struct cargo *cargo, char ret[DELIVERY_BYTES])
{
	snprintf(ret, DELIVERY_BYTES, "%016llx.%.32s", (unsigned long long)cargo->errand.id,
		cargo->install_id);
}

// ---- A transfer's life.

void outcome_words(struct outcome *outcome, const char *words)
{
	errand_words(outcome->words, sizeof outcome->words, words);
}

void transfer_header(struct transfer *t, const char *format, ...)
{
	char text[2048];
	va_list arguments;
	va_start(arguments, format);
	int length = vsnprintf(text, sizeof text, format, arguments);
	va_end(arguments);
	struct curl_slist *more = length >= 0 && (size_t)length < sizeof text
					  ? curl_slist_append(t->headers, text)
					  : NULL;
	if (more)
		t->headers = more;
	else
		t->unfit = true;
}

static void transfer_free(struct transfer *t)
{
	struct transfer **at = &t->carrier->running;
	while (*at && *at != t)
		at = &(*at)->next;
	if (*at) {
		*at = t->next;
		t->carrier->count--;
	}
	if (t->tick)
		event_free(t->tick);
	curl_multi_remove_handle(t->carrier->multi, t->easy);
	curl_easy_cleanup(t->easy);
	curl_mime_free(t->mime);
	curl_slist_free_all(t->headers);
	curl_slist_free_all(t->recipients);
	buf_done(&t->content);
	free(t);
}

void transfer_end(struct transfer *t, const struct outcome *outcome)
{
	t->carrier->done(t->carrier->context, t, outcome);
	transfer_free(t);
}

// What curl says, in words; what went elsewhere goes before everything that followed from it.
static void judge(struct transfer *t, CURLcode code)
{
	struct outcome outcome = {.what = OUTCOME_LATER};
	outcome_words(&outcome, *t->error ? t->error : curl_easy_strerror(code));
	if (t->elsewhere && code != CURLE_OK) {
		outcome.report = REPORT_ELSEWHERE;
		outcome_words(&outcome, "its name leads to an address where it may not be");
	} else {
		t->kind->judge(t, code, &outcome);
	}
	transfer_end(t, &outcome);
}

static void collect(struct carrier *carrier)
{
	CURLMsg *message;
	int left;
	while ((message = curl_multi_info_read(carrier->multi, &left))) {
		struct transfer *t = NULL;
		CURLcode code = message->data.result;
		if (message->msg != CURLMSG_DONE)
			continue;
		curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, (char **)&t);
		if (code == CURLE_OK && t->kind->connected)
			t->kind->connected(t);
		else
			judge(t, code);
	}
}

// ---- libcurl in the event loop.

static void on_socket(evutil_socket_t fd, short what, void *context)
{
	struct carrier *carrier = context;
	int running, mask = (what & EV_READ ? CURL_CSELECT_IN : 0) |
			    (what & EV_WRITE ? CURL_CSELECT_OUT : 0);
	curl_multi_socket_action(carrier->multi, fd, mask, &running);
	collect(carrier);
}

static void on_timer(evutil_socket_t fd, short what, void *context)
{
	struct carrier *carrier = context;
	int running;
	(void)fd;
	(void)what;
	curl_multi_socket_action(carrier->multi, CURL_SOCKET_TIMEOUT, 0, &running);
	collect(carrier);
}

static int want_socket(CURL *easy, curl_socket_t fd, int what, void *context, void *of_socket)
{
	struct carrier *carrier = context;
	struct event *event = of_socket;
	(void)easy;
	if (event)
		event_free(event);
	event = NULL;
	if (what != CURL_POLL_REMOVE) {
		short wanted = (short)(EV_PERSIST | (what & CURL_POLL_IN ? EV_READ : 0) |
				       (what & CURL_POLL_OUT ? EV_WRITE : 0));
		event = event_new(carrier->base, fd, wanted, on_socket, carrier);
		if (!event || event_add(event, NULL) != 0)
			abort();
	}
	curl_multi_assign(carrier->multi, fd, event);
	return 0;
}

static int want_timer(CURLM *multi, long ms, void *context)
{
	struct carrier *carrier = context;
	const struct timeval after = {ms / 1000, ms % 1000 * 1000};
	(void)multi;
	if (ms < 0)
		event_del(carrier->timer);
	else
		event_add(carrier->timer, &after);
	return 0;
}

enum err carrier_prepare(void)
{
	return curl_global_init(CURL_GLOBAL_ALL) == CURLE_OK ? OK : ERR_IO;
}

enum err carrier_open(struct carrier *carrier)
{
	if (gethostname(carrier->host, sizeof carrier->host - 1) != 0 || !*carrier->host)
		strcpy(carrier->host, "-");
	carrier->timer = event_new(carrier->base, -1, 0, on_timer, carrier);
	carrier->multi = curl_multi_init();
	if (!carrier->timer || !carrier->multi)
		return ERR_IO;
	curl_multi_setopt(carrier->multi, CURLMOPT_SOCKETFUNCTION, want_socket);
	curl_multi_setopt(carrier->multi, CURLMOPT_SOCKETDATA, carrier);
	curl_multi_setopt(carrier->multi, CURLMOPT_TIMERFUNCTION, want_timer);
	curl_multi_setopt(carrier->multi, CURLMOPT_TIMERDATA, carrier);
	curl_multi_setopt(carrier->multi, CURLMOPT_PIPELINING, (long)CURLPIPE_NOTHING);
	return OK;
}

void carrier_close(struct carrier *carrier)
{
	while (carrier->running)
		transfer_free(carrier->running);
	curl_multi_cleanup(carrier->multi);
	event_free(carrier->timer);
}

void carrier_resume(struct carrier *carrier)
{
	bool any = false;
	for (struct transfer *t = carrier->running; t; t = t->next)
		if (t->paused) {
			any = true;
			t->paused = false; // until part() says so again
			curl_easy_pause(t->easy, CURLPAUSE_CONT);
		}
	if (any)
		on_timer(-1, 0, carrier);
}

void carrier_start(struct carrier *carrier, const struct cargo *cargo)
{
	struct transfer *t = calloc(1, sizeof *t);
	if (!t)
		abort();
	t->carrier = carrier;
	t->to = cargo->to;
	t->kind = kinds[cargo->to->kind];
	t->owner = cargo->owner;
	t->errand = cargo->errand;
	t->created_us = cargo->created_us;
	t->is_fetch = cargo->fetch;
	if (cargo->fetch)
		t->fetch = *cargo->fetch;
	cargo_delivery(cargo, t->delivery);
	buf_add_bytes(&t->content, cargo->content);
	t->deadline_us = time_monotonic_us() + t->to->timeout_ms * 1000;
	t->next = carrier->running;
	carrier->running = t;
	carrier->count++;
	t->easy = curl_easy_init();
	if (!t->easy)
		abort();
	dress(t);
	t->kind->prepare(t);
	if (t->headers)
		TRANSFER_SET(t, CURLOPT_HTTPHEADER, t->headers);
	if (t->unfit || curl_multi_add_handle(carrier->multi, t->easy) != CURLM_OK) {
		struct outcome outcome = {.what = OUTCOME_LATER};
		outcome_words(&outcome, "this libcurl cannot do what is needed");
		transfer_end(t, &outcome);
	}
}
