// Syslog over TLS: RFC 5424's form, RFC 5425's framing by octet counting. curl makes the connection
// and checks the certificate; the frame is ours.
//
// The protocol has no acknowledgement. An errand counts as delivered when the receiver's machine
// has acknowledged every byte and the connection, half a second later, is still whole: a receiver
// that refuses our certificate or dies meanwhile is noticed.
#include "courier/carrier.h"

#include "common/base/time.h"

#include <linux/sockios.h>
#include <string.h>
#include <sys/ioctl.h>

enum {
	TICK_MS = 20,
	SETTLE_MS = 500
};

// RFC 5424, 6.3.3: what ends a value is escaped.
static void add_value(struct buf *out, const char *name, const char *value)
{
	buf_printf(out, " %s=\"", name);
	for (; *value; value++) {
		if (strchr("\"\\]", *value))
			buf_add(out, "\\", 1);
		buf_add(out, value, 1);
	}
	buf_add(out, "\"", 1);
}

// 32473 is the number that RFC 5612 sets apart for examples: the project has none of its own.
static void frame(const struct carrier *carrier, const struct cargo *cargo, struct buf *out)
{
	const struct errand *e = &cargo->errand;
	struct buf message = {0};
	char at[TIME_TEXT_BYTES], delivery[DELIVERY_BYTES];
	cargo_delivery(cargo, delivery);
	time_format(cargo->created_us, at);
	buf_printf(&message, "<%u>1 %s %s hospitaller - %s [hospitaller@32473",
		cargo->to->facility * 8 + e->severity, at, carrier->host,
		errand_kind_text(e->kind));
	add_value(&message, "delivery", delivery);
	add_value(&message, "type", e->type);
	add_value(&message, "subject", e->subject);
	buf_add_text(&message, "] ");
	buf_add_bytes(&message, cargo->content);
	buf_printf(out, "%zu ", message.size);
	buf_add_bytes(out, buf_bytes(&message));
	buf_done(&message);
}

static void prepare_syslog(struct transfer *t)
{
	TRANSFER_SET(t, CURLOPT_CONNECT_ONLY, 1L);
	TRANSFER_SET(t, CURLOPT_FORBID_REUSE, 0L); // or curl closes what it has connected
	TRANSFER_SET(t, CURLOPT_SSL_ENABLE_ALPN, 0L);
}

static void end(struct transfer *t, enum outcome_what what, const char *words)
{
	struct outcome outcome = {.what = what};
	outcome_words(&outcome, words);
	transfer_end(t, &outcome);
}

// Has the receiver's machine acknowledged everything?
static bool arrived(const struct transfer *t)
{
	curl_socket_t fd = CURL_SOCKET_BAD;
	int left = 0;
	return curl_easy_getinfo(t->easy, CURLINFO_ACTIVESOCKET, &fd) == CURLE_OK &&
	       fd != CURL_SOCKET_BAD && ioctl(fd, SIOCOUTQ, &left) == 0 && left == 0;
}

static void on_tick(evutil_socket_t fd, short what, void *context)
{
	struct transfer *t = context;
	int64_t now = time_monotonic_us();
	char answer[256];
	size_t count = 0;
	CURLcode code = CURLE_OK;
	const char *words = NULL;
	(void)fd;
	(void)what;
	while (t->at < t->content.size && code == CURLE_OK) {
		code = curl_easy_send(
			t->easy, t->content.at + t->at, t->content.size - t->at, &count);
		t->at += code == CURLE_OK ? count : 0;
	}
	if (code == CURLE_OK || code == CURLE_AGAIN)
		code = curl_easy_recv(t->easy, answer, sizeof answer, &count);
	if (code != CURLE_AGAIN && (code != CURLE_OK || count == 0))
		words = code == CURLE_OK ? "it closed the connection" : curl_easy_strerror(code);
	else if (now >= t->deadline_us)
		words = "it did not take everything in time";
	if (t->at == t->content.size && !t->settled_us && arrived(t))
		t->settled_us = now + SETTLE_MS * 1000;
	if (words)
		end(t, OUTCOME_LATER, words);
	else if (t->settled_us && now >= t->settled_us)
		end(t, OUTCOME_DONE, "");
}

static void connected(struct transfer *t)
{
	const struct timeval interval = {0, TICK_MS * 1000};
	t->tick = event_new(t->carrier->base, -1, EV_PERSIST, on_tick, t);
	if (!t->tick || event_add(t->tick, &interval) != 0)
		end(t, OUTCOME_LATER, "there is no timer for it");
}

static void judge_syslog(const struct transfer *t, CURLcode code, struct outcome *outcome)
{
	(void)t;
	(void)code;
	(void)outcome; // only a connection that failed is judged: later
}

const struct kind kind_syslog = {
	.protocols = "https",
	.frame = frame,
	.prepare = prepare_syslog,
	.connected = connected,
	.judge = judge_syslog,
};
