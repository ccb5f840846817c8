#include "courier/options_in.h"

#include "common/message/errand.h"

#include <string.h>

enum {
	MAIL = 1 << DESTINATION_MAIL,
	WEBHOOK = 1 << DESTINATION_WEBHOOK,
	FEED = 1 << DESTINATION_FEED,
	SYSLOG = 1 << DESTINATION_SYSLOG,
	HTTP = WEBHOOK | FEED,
	ANY = HTTP | MAIL | SYSLOG,
};

// ---- The options.

static const char *take_url(struct destination *d, const struct yaml *one, struct arena *arena)
{
	const char *words = value_line(one, &d->url);
	if (!words)
		words = value_url(d->url, arena, &d->end);
	if (!words && d->kind == DESTINATION_SYSLOG) // curl makes the connection, and no more
		d->url = arena_printf(arena, "https%s", strchr(d->url, ':'));
	return words;
}

static const char *take_proxy(struct destination *d, const struct yaml *one, struct arena *arena)
{
	const char *words = value_line(one, &d->proxy);
	return words ? words : value_url(d->proxy, arena, &d->proxy_end);
}

static const char *take_from(struct destination *d, const struct yaml *one, struct arena *arena)
{
	(void)arena;
	return value_address(one->text, &d->from);
}

static const char *take_recipients(
	struct destination *d, const struct yaml *one, struct arena *arena)
{
	size_t count = 0;
	(void)arena;
	if (one->kind == YAML_SCALAR)
		return value_address(one->text, &d->recipients[0]);
	for (const struct yaml *at = one->first; at; at = at->next) {
		if (count == DESTINATION_LIST)
			return "these are too many";
		const char *words = at->kind == YAML_SCALAR && !at->key
					    ? value_address(at->text, &d->recipients[count++])
					    : "a list of mail addresses is expected";
		if (words)
			return words;
	}
	return NULL;
}

static const char *take_addresses(
	struct destination *d, const struct yaml *one, struct arena *arena)
{
	(void)arena;
	if (one->kind != YAML_LIST || !one->first)
		return "a list of networks is expected";
	for (const struct yaml *at = one->first; at; at = at->next) {
		if (d->network_count == DESTINATION_LIST)
			return "these are too many";
		const char *words = value_network(at->text, &d->networks[d->network_count++]);
		if (words)
			return words;
	}
	return NULL;
}

static const char *take_headers(struct destination *d, const struct yaml *one, struct arena *arena)
{
	static const char *const ours[] = {"host", "content-length", "transfer-encoding",
		"authorization", "connection", "expect", "te", "upgrade"};
	size_t count = 0;
	if (one->kind != YAML_MAP)
		return "headers and their values are expected";
	for (const struct yaml *at = one->first; at; at = at->next) {
		if (count == DESTINATION_LIST)
			return "these are too many";
		size_t length = strspn(at->key, "abcdefghijklmnopqrstuvwxyz"
						"ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-");
		if (!length || at->key[length] || at->kind != YAML_SCALAR || !*at->text ||
			!errand_is_line(at->text))
			return "headers and their values are expected";
		for (size_t i = 0; i < sizeof ours / sizeof *ours; i++)
			if (strcasecmp(at->key, ours[i]) == 0)
				return "one of these headers is the courier's own";
		d->headers[count++] = arena_printf(arena, "%s: %s", at->key, at->text);
	}
	return NULL;
}

static const char *take_accept(struct destination *d, const struct yaml *one, struct arena *arena)
{
	(void)arena;
	return value_line(one, &d->accept);
}

static const char *take_ca(struct destination *d, const struct yaml *one, struct arena *arena)
{
	return value_file(one, arena, &d->ca);
}

static const char *take_certificate(
	struct destination *d, const struct yaml *one, struct arena *arena)
{
	return value_file(one, arena, &d->certificate);
}

static const char *take_certificate_key(
	struct destination *d, const struct yaml *one, struct arena *arena)
{
	return value_secret(one, arena, &d->certificate_key);
}

static const char *take_credentials(
	struct destination *d, const struct yaml *one, struct arena *arena)
{
	return value_credentials(one, arena, &d->credentials);
}

static const char *take_proxy_credentials(
	struct destination *d, const struct yaml *one, struct arena *arena)
{
	const char *words = value_credentials(one, arena, &d->proxy_credentials);
	return words                            ? words
	       : !d->proxy_credentials.password ? "a proxy takes a user and a password"
						: NULL;
}

static const char *take_secret(struct destination *d, const struct yaml *one, struct arena *arena)
{
	return value_webhook_secret(one, arena, &d->secret);
}

static const char *take_timeout(struct destination *d, const struct yaml *one, struct arena *arena)
{
	(void)arena;
	return value_span(one, 3600000, &d->timeout_ms);
}

static const char *take_backoff(struct destination *d, const struct yaml *one, struct arena *arena)
{
	(void)arena;
	return value_span(one, 3600000, &d->backoff_ms);
}

static const char *take_backoff_most(
	struct destination *d, const struct yaml *one, struct arena *arena)
{
	(void)arena;
	return value_span(one, 86400000, &d->backoff_most_ms);
}

static const char *take_expiry(struct destination *d, const struct yaml *one, struct arena *arena)
{
	(void)arena;
	return value_span(one, 30 * 86400000LL, &d->expiry_ms);
}

static const char *take_retries(struct destination *d, const struct yaml *one, struct arena *arena)
{
	static const char *const units[] = {"", NULL};
	static const int64_t factors[] = {1};
	int64_t value;
	(void)arena;
	if (value_number(one, units, factors, &value) || value > 100000)
		return "a number from 1 to 100000 is expected";
	d->retries = (unsigned)value;
	return NULL;
}

static const char *take_max_size(struct destination *d, const struct yaml *one, struct arena *arena)
{
	static const char *const units[] = {"", "KB", "MB", NULL};
	static const int64_t factors[] = {1, 1024, 1024 * 1024};
	int64_t value,
		most = d->kind == DESTINATION_FEED ? ERRAND_FEED_BYTES : ERRAND_CONTENT_BYTES;
	(void)arena;
	if (value_number(one, units, factors, &value))
		return "a size is expected, such as 500KB or 1MB";
	if (value > most)
		return d->kind == DESTINATION_FEED ? "256MB is the most" : "1MB is the most";
	d->most_bytes = (size_t)value;
	return NULL;
}

static const char *take_facility(struct destination *d, const struct yaml *one, struct arena *arena)
{
	static const struct {
		const char *name;
		unsigned number;
	} names[] = {{"user", 1}, {"daemon", 3}, {"auth", 4}, {"authpriv", 10}, {"audit", 13},
		{"alert", 14}, {"local0", 16}, {"local1", 17}, {"local2", 18}, {"local3", 19},
		{"local4", 20}, {"local5", 21}, {"local6", 22}, {"local7", 23}};
	(void)arena;
	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		if (strcmp(one->text, names[i].name) == 0) {
			d->facility = names[i].number;
			return NULL;
		}
	return "user, daemon, auth, authpriv, audit, alert, or local0 to local7";
}

static const char *take_insecure(struct destination *d, const struct yaml *one, struct arena *arena)
{
	(void)arena;
	d->insecure = strcmp(one->text, "yes") == 0;
	return d->insecure || strcmp(one->text, "no") == 0 ? NULL : "yes or no";
}

static const char *take_kind(struct destination *d, const struct yaml *one, struct arena *arena)
{
	(void)d;
	(void)one;
	(void)arena;
	return NULL; // read before
}

static const struct {
	const char *key;
	unsigned kinds;
	const char *(*take)(struct destination *d, const struct yaml *one, struct arena *arena);
} options[] = {
	{"kind", ANY, take_kind},
	{"url", ANY, take_url},
	{"from", MAIL, take_from},
	{"recipients", MAIL, take_recipients},
	{"secret", WEBHOOK, take_secret},
	{"headers", HTTP, take_headers},
	{"accept", FEED, take_accept},
	{"facility", SYSLOG, take_facility},
	{"credentials", MAIL | HTTP, take_credentials},
	{"ca", ANY, take_ca},
	{"certificate", ANY, take_certificate},
	{"certificate-key", ANY, take_certificate_key},
	{"addresses", ANY, take_addresses},
	{"proxy", ANY, take_proxy},
	{"proxy-credentials", ANY, take_proxy_credentials},
	{"timeout", ANY, take_timeout},
	{"retries", MAIL | WEBHOOK | SYSLOG, take_retries},
	{"backoff", MAIL | WEBHOOK | SYSLOG, take_backoff},
	{"backoff-most", MAIL | WEBHOOK | SYSLOG, take_backoff_most},
	{"expiry", MAIL | WEBHOOK | SYSLOG, take_expiry},
	{"max-size", ANY, take_max_size},
	{"insecure", MAIL | HTTP, take_insecure},
};

// So that somebody can look whether it changed.
static void note_file(struct destination *d, const struct yaml *one)
{
	size_t count = 0;
	while (d->files[count])
		count++;
	if (one->kind == YAML_SCALAR && *one->text == '/' && count < DESTINATION_FILES)
		d->files[count] = one->text;
}

const char *option_read(struct destination *d, const struct yaml *one, struct arena *arena)
{
	for (size_t i = 0; i < sizeof options / sizeof *options; i++) {
		if (!one->key || strcmp(options[i].key, one->key) != 0)
			continue;
		if (!(options[i].kinds & 1u << d->kind))
			return "this kind of destination has no such option";
		note_file(d, one);
		return options[i].take(d, one, arena);
	}
	return "this is not an option";
}

// ---- All of it together.

static bool is_loopback_name(const char *host)
{
	return strcmp(host, "localhost") == 0 || strcmp(host, "::1") == 0 ||
	       (strncmp(host, "127.", 4) == 0 && host[strspn(host, "0123456789.")] == 0);
}

static const char *check_transport(const struct destination *d)
{
	static const char *const schemes[DESTINATION_KINDS][2] = {
		[DESTINATION_MAIL] = {"smtps", "smtp"},
		[DESTINATION_WEBHOOK] = {"https", "http"},
		[DESTINATION_FEED] = {"https", "http"},
		[DESTINATION_SYSLOG] = {"tls", "tls"},
	};
	if (!d->end.host)
		return "a url is needed";
	if (strcmp(d->end.scheme, schemes[d->kind][0]) != 0 &&
		strcmp(d->end.scheme, schemes[d->kind][1]) != 0)
		return "its url does not fit its kind";
	if (d->insecure && (!is_loopback_name(d->end.host) || d->proxy))
		return "insecure is only for this machine itself";
	if (strcmp(d->end.scheme, "http") == 0 && !d->insecure)
		return "http is only for this machine itself, and with insecure: yes";
	if (d->proxy && strncmp(d->proxy_end.scheme, "http", 4) != 0)
		return "a proxy is http or https";
	return NULL;
}

const char *options_check(const struct destination *d)
{
	const char *words = check_transport(d);
	if (words)
		return words;
	if (d->kind == DESTINATION_MAIL && (!d->from || !d->recipients[0]))
		return "mail needs from and recipients";
	if (d->kind == DESTINATION_MAIL && d->credentials.authorization)
		return "mail takes a user and a password";
	if (d->credentials.user && d->insecure)
		return "credentials are not sent without TLS";
	if (d->credentials.authorization && d->insecure)
		return "credentials are not sent without TLS";
	if (!d->certificate.size != !d->certificate_key.size)
		return "certificate and certificate-key belong together";
	if (d->proxy_credentials.user && !d->proxy)
		return "there is no proxy";
	if (d->backoff_most_ms < d->backoff_ms)
		return "backoff-most is less than backoff";
	return NULL;
}
