#include "courier/options.h"

#include "common/base/text.h"
#include "common/message/errand.h"

#include <arpa/inet.h>
#include <curl/curl.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
	MAIL = 1 << DESTINATION_MAIL,
	WEBHOOK = 1 << DESTINATION_WEBHOOK,
	FEED = 1 << DESTINATION_FEED,
	SYSLOG = 1 << DESTINATION_SYSLOG,
	HTTP = WEBHOOK | FEED,
	ANY = HTTP | MAIL | SYSLOG,
	SECRET_LEAST_BYTES = 24,
	SECRET_MOST_BYTES = 32, // HMAC fills up with zeros: one key of 32 bytes does for all
};

// ---- Files.

enum err option_file(
	const char *path, size_t most_bytes, struct arena *arena, struct bytes *ret_content)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0)
		return errno == ENOENT ? ERR_NOT_FOUND : ERR_IO;
	struct buf content = {0};
	ssize_t got;
	do {
		buf_reserve(&content, 65536);
		got = read(fd, content.at + content.size, content.room - content.size);
		content.size += got > 0 ? (size_t)got : 0;
	} while (got > 0 && content.size <= most_bytes);
	close(fd);
	enum err err = got < 0 ? ERR_IO : content.size > most_bytes ? ERR_LIMIT : OK;
	if (!err)
		*ret_content = bytes_of(
			arena_text_n(arena, (const char *)content.at, content.size), content.size);
	buf_done(&content);
	return err;
}

static const char *read_file(const struct yaml *one, struct arena *arena, struct bytes *ret)
{
	if (one->kind != YAML_SCALAR || *one->text != '/')
		return "the path of a file is expected";
	return option_file(one->text, DESTINATION_FILE_BYTES, arena, ret) || !ret->size
		       ? "this file cannot be read"
		       : NULL;
}

// What only the courier and root may know.
static const char *read_secret(const struct yaml *one, struct arena *arena, struct bytes *ret)
{
	struct stat stat_of;
	if (one->kind == YAML_SCALAR && stat(one->text, &stat_of) == 0 && stat_of.st_mode & 07)
		return "everybody on this machine may read this file: chmod o= and "
		       "chgrp hospitaller-courier";
	return read_file(one, arena, ret);
}

static const char *read_credentials(
	const struct yaml *one, struct arena *arena, struct credentials *ret)
{
	struct bytes text;
	struct yaml *root;
	struct yaml_problem problem;
	struct credentials c = {0};
	const char *words = read_secret(one, arena, &text);
	if (words)
		return words;
	if (yaml_parse(text, arena, &root, &problem) || root->kind != YAML_MAP)
		return "in this file 'user' and 'password', 'token' or 'authorization' is expected";
	for (const struct yaml *at = root->first; at; at = at->next) {
		if (at->kind != YAML_SCALAR || !*at->text || !errand_is_line(at->text))
			return "in this file something is not a text in one line";
		if (strcmp(at->key, "user") == 0)
			c.user = at->text;
		else if (strcmp(at->key, "password") == 0)
			c.password = at->text;
		else if (strcmp(at->key, "token") == 0)
			c.authorization = arena_printf(arena, "Bearer %s", at->text);
		else if (strcmp(at->key, "authorization") == 0)
			c.authorization = at->text;
		else
			return "in this file is a word that is none of user, password, token, "
			       "authorization";
	}
	if (!c.user != !c.password || !c.user == !c.authorization)
		return "in this file is either a user with a password, or a token";
	*ret = c;
	return NULL;
}

// ---- Values.

static const char *read_number(
	const struct yaml *one, const char *const *units, const int64_t *factors, int64_t *ret)
{
	char *end;
	size_t digits = strspn(one->text, "0123456789");
	long long value = strtoll(one->text, &end, 10);
	if (one->kind != YAML_SCALAR || digits == 0 || digits > 9 || value == 0)
		return "a number with its unit is expected";
	for (size_t i = 0; units[i]; i++)
		if (strcmp(end, units[i]) == 0) {
			*ret = value * factors[i];
			return NULL;
		}
	return "a number with its unit is expected";
}

static const char *read_span(const struct yaml *one, int64_t most_ms, int64_t *ret_ms)
{
	static const char *const units[] = {"ms", "s", "m", "h", "d", NULL};
	static const int64_t factors[] = {1, 1000, 60000, 3600000, 86400000};
	int64_t ms;
	if (read_number(one, units, factors, &ms))
		return "a time is expected, such as 30s, 5m, 2h or 3d";
	if (ms > most_ms)
		return "this is too long";
	*ret_ms = ms;
	return NULL;
}

static const char *read_line(const struct yaml *one, const char **ret)
{
	if (one->kind != YAML_SCALAR || !*one->text || !errand_is_line(one->text) ||
		strlen(one->text) > 400)
		return "a text in one line is expected";
	*ret = one->text;
	return NULL;
}

static const char *read_address(const char *text, const char **ret)
{
	const char *at = strchr(text, '@');
	if (!at || at == text || !at[1] || strchr(at + 1, '@') || strlen(text) > 254)
		return "a mail address is expected";
	for (const char *c = text; *c; c++)
		if (*c <= 0x20 || *c >= 0x7f || strchr("<>,;:()[]\\\"", *c))
			return "a mail address is expected";
	*ret = text;
	return NULL;
}

// The same parser as the one that will connect.
static const char *read_url(const char *text, struct arena *arena, struct endpoint *ret)
{
	static const char *const schemes[] = {"https", "http", "smtps", "smtp", "tls"};
	static const unsigned ports[] = {443, 80, 465, 25, 6514};
	char *scheme = NULL, *host = NULL, *port = NULL, *user = NULL;
	const char *words = "an address is expected, such as https://siem.example.org/in";
	CURLU *url = curl_url();
	if (strlen(text) <= 400 && *text && !strchr(text, '#') && errand_is_etag(text) &&
		curl_url_set(url, CURLUPART_URL, text, CURLU_NON_SUPPORT_SCHEME) == CURLUE_OK &&
		curl_url_get(url, CURLUPART_SCHEME, &scheme, 0) == CURLUE_OK &&
		curl_url_get(url, CURLUPART_HOST, &host, 0) == CURLUE_OK)
		words = NULL;
	if (!words && curl_url_get(url, CURLUPART_USER, &user, 0) == CURLUE_OK)
		words = "names and passwords belong into a file: credentials";
	bool has_port = curl_url_get(url, CURLUPART_PORT, &port, 0) == CURLUE_OK;
	for (size_t i = 0; !words && i < sizeof ports / sizeof *ports; i++)
		if (strcmp(scheme, schemes[i]) == 0)
			*ret = (struct endpoint){schemes[i], NULL,
				has_port ? (unsigned)strtoul(port, NULL, 10) : ports[i]};
	if (!words && ret->scheme && !ret->port)
		words = "a port is from 1 to 65535";
	if (!words && !ret->scheme)
		words = "https, smtps, smtp, tls, or http to this machine itself";
	if (!words) {
		size_t length = strlen(host);
		ret->host = *host == '[' ? arena_text_n(arena, host + 1, length - 2)
					 : arena_text(arena, host);
	}
	curl_free(scheme);
	curl_free(host);
	curl_free(port);
	curl_free(user);
	curl_url_cleanup(url);
	return words;
}

static const char *read_network(const char *text, struct network *ret)
{
	char host[64];
	const char *slash = strchr(text, '/');
	size_t length = slash ? (size_t)(slash - text) : strlen(text);
	if (length >= sizeof host)
		return "a network is expected, such as 10.1.2.0/24";
	memcpy(host, text, length);
	host[length] = 0;
	ret->family = strchr(host, ':') ? AF_INET6 : AF_INET;
	unsigned bits = ret->family == AF_INET6 ? 128 : 32;
	ret->prefix = bits;
	if (inet_pton(ret->family, host, ret->address) != 1)
		return "a network is expected, such as 10.1.2.0/24";
	if (slash) {
		size_t digits = strspn(slash + 1, "0123456789");
		ret->prefix = (unsigned)strtoul(slash + 1, NULL, 10);
		if (!digits || digits > 3 || slash[1 + digits] || ret->prefix > bits)
			return "a network is expected, such as 10.1.2.0/24";
	}
	return NULL;
}

// ---- The options.

static const char *take_url(struct destination *d, const struct yaml *one, struct arena *arena)
{
	const char *words = read_line(one, &d->url);
	if (!words)
		words = read_url(d->url, arena, &d->end);
	if (!words && d->kind == DESTINATION_SYSLOG) // curl makes the connection, and no more
		d->url = arena_printf(arena, "https%s", strchr(d->url, ':'));
	return words;
}

static const char *take_proxy(struct destination *d, const struct yaml *one, struct arena *arena)
{
	const char *words = read_line(one, &d->proxy);
	return words ? words : read_url(d->proxy, arena, &d->proxy_end);
}

static const char *take_from(struct destination *d, const struct yaml *one, struct arena *arena)
{
	(void)arena;
	return read_address(one->text, &d->from);
}

static const char *take_recipients(
	struct destination *d, const struct yaml *one, struct arena *arena)
{
	size_t count = 0;
	(void)arena;
	if (one->kind == YAML_SCALAR)
		return read_address(one->text, &d->recipients[0]);
	for (const struct yaml *at = one->first; at; at = at->next) {
		if (count == DESTINATION_LIST)
			return "these are too many";
		const char *words = at->kind == YAML_SCALAR && !at->key
					    ? read_address(at->text, &d->recipients[count++])
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
		const char *words = read_network(at->text, &d->networks[d->network_count++]);
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
	return read_line(one, &d->accept);
}

static const char *take_ca(struct destination *d, const struct yaml *one, struct arena *arena)
{
	return read_file(one, arena, &d->ca);
}

static const char *take_certificate(
	struct destination *d, const struct yaml *one, struct arena *arena)
{
	return read_file(one, arena, &d->certificate);
}

static const char *take_certificate_key(
	struct destination *d, const struct yaml *one, struct arena *arena)
{
	return read_secret(one, arena, &d->certificate_key);
}

static const char *take_credentials(
	struct destination *d, const struct yaml *one, struct arena *arena)
{
	return read_credentials(one, arena, &d->credentials);
}

static const char *take_proxy_credentials(
	struct destination *d, const struct yaml *one, struct arena *arena)
{
	const char *words = read_credentials(one, arena, &d->proxy_credentials);
	return words                            ? words
	       : !d->proxy_credentials.password ? "a proxy takes a user and a password"
						: NULL;
}

// The form of Standard Webhooks: whsec_ and base64.
static const char *take_secret(struct destination *d, const struct yaml *one, struct arena *arena)
{
	struct bytes text;
	size_t size;
	uint8_t *key = arena_alloc(arena, SECRET_MOST_BYTES);
	const char *words = read_secret(one, arena, &text);
	if (words)
		return words;
	while (text.size && strchr("\r\n ", text.at[text.size - 1]))
		text.size--;
	if (text.size < 6 || memcmp(text.at, "whsec_", 6) != 0 ||
		text_unbase64(
			bytes_of(text.at + 6, text.size - 6), key, SECRET_MOST_BYTES, &size) ||
		size < SECRET_LEAST_BYTES)
		return "in this file whsec_ and the base64 of 24 to 32 random bytes is expected";
	d->secret = bytes_of(key, SECRET_MOST_BYTES);
	return NULL;
}

static const char *take_timeout(struct destination *d, const struct yaml *one, struct arena *arena)
{
	(void)arena;
	return read_span(one, 3600000, &d->timeout_ms);
}

static const char *take_backoff(struct destination *d, const struct yaml *one, struct arena *arena)
{
	(void)arena;
	return read_span(one, 3600000, &d->backoff_ms);
}

static const char *take_backoff_most(
	struct destination *d, const struct yaml *one, struct arena *arena)
{
	(void)arena;
	return read_span(one, 86400000, &d->backoff_most_ms);
}

static const char *take_expiry(struct destination *d, const struct yaml *one, struct arena *arena)
{
	(void)arena;
	return read_span(one, 30 * 86400000LL, &d->expiry_ms);
}

static const char *take_retries(struct destination *d, const struct yaml *one, struct arena *arena)
{
	static const char *const units[] = {"", NULL};
	static const int64_t factors[] = {1};
	int64_t value;
	(void)arena;
	if (read_number(one, units, factors, &value) || value > 100000)
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
	if (read_number(one, units, factors, &value))
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
