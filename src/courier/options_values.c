// The values of options: how each kind is read and checked. Declared in options_in.h.
#include "courier/options_in.h"

#include "common/base/text.h"
#include "common/io/file.h"
#include "common/message/errand.h"

#include <arpa/inet.h>
#include <curl/curl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum {
	SECRET_LEAST_BYTES = 24,
	SECRET_MOST_BYTES = 32, // HMAC fills up with zeros: one key of 32 bytes does for all
};

// ---- Files.

enum err option_file(
	const char *path, size_t most_bytes, struct arena *arena, struct bytes *ret_content)
{
	struct buf content = {0};
	enum err err = file_read(path, most_bytes, &content);
	if (!err)
		*ret_content = bytes_of(
			arena_text_n(arena, (const char *)content.at, content.size), content.size);
	buf_done(&content);
	return err;
}

const char *value_file(const struct yaml *one, struct arena *arena, struct bytes *ret)
{
	if (one->kind != YAML_SCALAR || *one->text != '/')
		return "the path of a file is expected";
	return option_file(one->text, DESTINATION_FILE_BYTES, arena, ret) || !ret->size
		       ? "this file cannot be read"
		       : NULL;
}

// What only the courier and root may know.
const char *value_secret(const struct yaml *one, struct arena *arena, struct bytes *ret)
{
	struct stat stat_of;
	if (one->kind == YAML_SCALAR && stat(one->text, &stat_of) == 0 && stat_of.st_mode & 07)
		return "everybody on this machine may read this file: chmod o= and "
		       "chgrp hospitaller-courier";
	return value_file(one, arena, ret);
}

const char *value_credentials(const struct yaml *one, struct arena *arena, struct credentials *ret)
{
	struct bytes text;
	struct yaml *root;
	struct yaml_problem problem;
	struct credentials c = {0};
	const char *words = value_secret(one, arena, &text);
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

// The form of Standard Webhooks: whsec_ and base64.
const char *value_webhook_secret(const struct yaml *one, struct arena *arena, struct bytes *ret)
{
	struct bytes text;
	size_t size;
	uint8_t *key = arena_alloc(arena, SECRET_MOST_BYTES);
	const char *words = value_secret(one, arena, &text);
	if (words)
		return words;
	while (text.size && strchr("\r\n ", text.at[text.size - 1]))
		text.size--;
	if (text.size < 6 || memcmp(text.at, "whsec_", 6) != 0 ||
		text_unbase64(
			bytes_of(text.at + 6, text.size - 6), key, SECRET_MOST_BYTES, &size) ||
		size < SECRET_LEAST_BYTES)
		return "in this file whsec_ and the base64 of 24 to 32 random bytes is expected";
	*ret = bytes_of(key, SECRET_MOST_BYTES);
	return NULL;
}

// ---- Values.

const char *value_number(
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

const char *value_span(const struct yaml *one, int64_t most_ms, int64_t *ret_ms)
{
	static const char *const units[] = {"ms", "s", "m", "h", "d", NULL};
	static const int64_t factors[] = {1, 1000, 60000, 3600000, 86400000};
	int64_t ms;
	if (value_number(one, units, factors, &ms))
		return "a time is expected, such as 30s, 5m, 2h or 3d";
	if (ms > most_ms)
		return "this is too long";
	*ret_ms = ms;
	return NULL;
}

const char *value_line(const struct yaml *one, const char **ret)
{
	if (one->kind != YAML_SCALAR || !*one->text || !errand_is_line(one->text) ||
		strlen(one->text) > 400)
		return "a text in one line is expected";
	*ret = one->text;
	return NULL;
}

const char *value_address(const char *text, const char **ret)
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
const char *value_url(const char *text, struct arena *arena, struct endpoint *ret)
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

const char *value_network(const char *text, struct network *ret)
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
