// Webhooks and feeds: HTTPS, once out and once in.
#include "courier/carrier.h"

#include "common/base/text.h"
#include "common/base/time.h"
#include "common/crypto/crypto.h"

#include <stdio.h>
#include <string.h>

enum {
	WAIT_MOST_S = 86400
};

static void add_headers(struct transfer *t)
{
	for (size_t i = 0; t->to->headers[i]; i++)
		transfer_header(t, "%s", t->to->headers[i]);
}

static long status_of(const struct transfer *t)
{
	long status = 0;
	curl_easy_getinfo(t->easy, CURLINFO_RESPONSE_CODE, &status);
	return status;
}

// What a receiver's answer means. Some say that the same will never do; most may come to reason.
static void judge_http(const struct transfer *t, CURLcode code, struct outcome *outcome)
{
	char words[80];
	long status = status_of(t);
	curl_off_t wait_s = 0;
	if (code == CURLE_WRITE_ERROR && t->too_large && !t->is_fetch)
		code = CURLE_OK; // it said its status, and then too much
	if (code != CURLE_OK)
		return;
	if (status >= 200 && status < 300) {
		outcome->what = OUTCOME_DONE;
		outcome_words(outcome, "");
		return;
	}
	snprintf(words, sizeof words, "it answered %ld", status);
	outcome_words(outcome, words);
	if (status >= 300 && status < 400)
		outcome->report = REPORT_REDIRECTED;
	if (status == 400 || status == 410 || status == 413 || status == 415 || status == 422)
		outcome->what = OUTCOME_NEVER;
	curl_easy_getinfo(t->easy, CURLINFO_RETRY_AFTER, &wait_s);
	outcome->wait_ms = 1000 * (wait_s < WAIT_MOST_S ? wait_s : WAIT_MOST_S);
}

// ---- Out.

// Signed as Standard Webhooks describe it: HMAC-SHA-256 over id, time and body.
static void sign(struct transfer *t, long long now_s)
{
	struct key key;
	struct buf signed_text = {0};
	char base64[64];
	memcpy(key.bytes, t->to->secret.at, KEY_BYTES);
	struct mac *mac = mac_new(&key);
	buf_printf(&signed_text, "%s.%lld.", t->delivery, now_s);
	buf_add_bytes(&signed_text, buf_bytes(&t->content));
	struct hash hash = mac_of(mac, buf_bytes(&signed_text));
	text_base64(bytes_of(hash.bytes, HASH_BYTES), base64);
	transfer_header(t, "webhook-signature: v1,%s", base64);
	mac_free(mac);
	crypto_wipe(&key, sizeof key);
	buf_done(&signed_text);
}

static void prepare_webhook(struct transfer *t)
{
	long long now_s = time_now_us() / 1000000;
	transfer_header(t, "Content-Type: %s", t->errand.type);
	transfer_header(t, "Idempotency-Key: %s", t->delivery);
	transfer_header(t, "webhook-id: %s", t->delivery);
	transfer_header(t, "webhook-timestamp: %lld", now_s);
	transfer_header(t, "Hospitaller-Kind: %s", errand_kind_text(t->errand.kind));
	transfer_header(t, "Expect:");
	if (t->to->secret.size)
		sign(t, now_s);
	add_headers(t);
	TRANSFER_SET(t, CURLOPT_POST, 1L);
	TRANSFER_SET(t, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)t->content.size);
	TRANSFER_SET(t, CURLOPT_POSTFIELDS, t->content.size ? (char *)t->content.at : "");
}

const struct kind kind_webhook = {
	.protocols = "https,http",
	.prepare = prepare_webhook,
	.judge = judge_http,
};

// ---- In.

static size_t most_of(const struct transfer *t)
{
	size_t asked = t->fetch.most_bytes;
	return asked && asked < t->to->most_bytes ? asked : t->to->most_bytes;
}

static size_t take(char *at, size_t one, size_t size, void *context)
{
	struct transfer *t = context;
	size_t more = one * size;
	if (status_of(t) != 200)
		return t->at + more > most_of(t) ? 0 : more;
	if (t->at + more > most_of(t)) {
		t->too_large = true;
		return 0;
	}
	if (!t->carrier->part(t->carrier->context, t, bytes_of(at, more))) {
		t->paused = true;
		return CURL_WRITEFUNC_PAUSE;
	}
	t->at += more;
	return more;
}

// A file's name comes behind the path, and before what the address itself asks.
static void prepare_feed(struct transfer *t)
{
	char url[1200];
	size_t path = strcspn(t->to->url, "?");
	if (*t->fetch.query || *t->fetch.path) {
		bool asks = t->to->url[path] || !*t->fetch.query;
		snprintf(url, sizeof url, "%.*s%s%s%s%s%s", (int)path, t->to->url,
			*t->fetch.path && t->to->url[path - 1] != '/' ? "/" : "", t->fetch.path,
			t->to->url + path,
			!*t->fetch.query ? ""
			: asks           ? "&"
					 : "?",
			t->fetch.query);
		TRANSFER_SET(t, CURLOPT_URL, url);
	}
	transfer_header(t, "Accept: %s", t->to->accept);
	if (*t->fetch.etag)
		transfer_header(t, "If-None-Match: %s", t->fetch.etag);
	add_headers(t);
	TRANSFER_SET(t, CURLOPT_HTTPGET, 1L);
	TRANSFER_SET(t, CURLOPT_WRITEFUNCTION, take);
	TRANSFER_SET(t, CURLOPT_MAXFILESIZE_LARGE, (curl_off_t)most_of(t));
}

static void judge_feed(const struct transfer *t, CURLcode code, struct outcome *outcome)
{
	struct curl_header *etag;
	char words[80];
	judge_http(t, code, outcome);
	if (t->too_large || code == CURLE_FILESIZE_EXCEEDED) {
		snprintf(words, sizeof words, "it is larger than %zu bytes", most_of(t));
		outcome_words(outcome, words);
		return;
	}
	if (code == CURLE_OK && status_of(t) == 304) {
		outcome->what = OUTCOME_UNCHANGED;
		outcome->report = 0;
	} else if (outcome->what == OUTCOME_DONE && status_of(t) != 200) {
		outcome->what = OUTCOME_LATER; // 202, 206: not the whole
		snprintf(words, sizeof words, "it answered %ld", status_of(t));
		outcome_words(outcome, words);
	}
	if (code == CURLE_OK &&
		curl_easy_header(t->easy, "ETag", 0, CURLH_HEADER, -1, &etag) == CURLHE_OK &&
		strlen(etag->value) < sizeof outcome->etag && errand_is_etag(etag->value))
		strcpy(outcome->etag, etag->value);
}

const struct kind kind_feed = {
	.protocols = "https,http",
	.prepare = prepare_feed,
	.judge = judge_feed,
};
