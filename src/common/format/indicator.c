#include "common/format/indicator.h"

#include "common/base/text.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

static const char *const kinds[OBSERVABLES] = {
	"address", "domain", "url", "hash", "agent", "agent-part"};
static const char *const colours[TLPS] = {"none", "clear", "green", "amber", "amber+strict", "red"};

enum {
	WIDEST_4 = 8,
	WIDEST_6 = 16
};

const char *observable_text(enum observable kind)
{
	return kinds[kind];
}

int observable_find(const char *text)
{
	for (int i = 0; i < OBSERVABLES; i++)
		if (strcmp(kinds[i], text) == 0)
			return i;
	return -1;
}

const char *tlp_text(enum tlp tlp)
{
	return colours[tlp];
}

enum tlp tlp_find(const char *text)
{
	if (strncasecmp(text, "tlp:", 4) == 0)
		text += 4;
	if (strcasecmp(text, "white") == 0)
		return TLP_CLEAR;
	for (int i = TLP_CLEAR; i < TLPS; i++)
		if (strcasecmp(colours[i], text) == 0)
			return (enum tlp)i;
	return TLP_NONE;
}

void indicator_words(char *ret, size_t room, const char *text)
{
	size_t size = 0;
	for (; text && *text && size + 1 < room; text++)
		ret[size++] = (unsigned char)*text < ' ' || *text == 127 ? ' ' : *text;
	if (text && *text) // cut: not within a character
		while (size && ((unsigned char)ret[size - 1] & 0xC0) == 0x80)
			size--;
	if (text && *text && size && (unsigned char)ret[size - 1] >= 0xC0)
		size--;
	ret[size] = '\0';
}

static bool is_label(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
}

// Lower case, no dot at the end, at least two labels; other letters come as xn-- from who knows.
static enum err set_domain(struct indicator *indicator)
{
	char *value = indicator->value;
	size_t size = strlen(value), dots = 0, label = 0;
	if (size && value[size - 1] == '.')
		value[--size] = '\0';
	for (size_t i = 0; i < size; i++) {
		value[i] = (char)tolower((unsigned char)value[i]);
		if (value[i] == '.') {
			if (!label)
				return ERR_SYNTAX;
			dots++;
			label = 0;
		} else if (!is_label(value[i]) || ++label > 63) {
			return ERR_SYNTAX;
		}
	}
	if (!label || size > 253)
		return ERR_SYNTAX;
	return dots ? OK : ERR_INVALID;
}

// How long a hash is says which one it is.
static enum err set_hash(struct indicator *indicator)
{
	char *value = indicator->value;
	size_t size = strlen(value);
	for (size_t i = 0; i < size; i++) {
		value[i] = (char)tolower((unsigned char)value[i]);
		if (!isxdigit((unsigned char)value[i]))
			return ERR_SYNTAX;
	}
	return size == 32 || size == 40 || size == 64 || size == 128 ? OK : ERR_SYNTAX;
}

// Host bits that are set are dropped here: lists of ranges are often written so.
static enum err set_address(struct indicator *indicator)
{
	struct prefix *prefix = &indicator->prefix;
	char *slash = strchr(indicator->value, '/');
	enum err err = prefix_parse(indicator->value, prefix);
	if (err && slash) {
		unsigned length = 0;
		char end;
		if (sscanf(slash + 1, "%3u%c", &length, &end) != 1)
			return ERR_SYNTAX;
		*slash = '\0';
		err = prefix_parse(indicator->value, prefix);
		if (err || length > prefix->length)
			return ERR_SYNTAX;
		prefix->length = (uint8_t)length;
		for (unsigned i = length; i < 8 * PREFIX_BYTES; i++)
			prefix->at[i / 8] &= (uint8_t) ~(0x80 >> i % 8);
	}
	if (err)
		return ERR_SYNTAX;
	prefix_text(prefix, indicator->value);
	return prefix->length < (prefix->family == 4 ? WIDEST_4 : WIDEST_6) ? ERR_INVALID : OK;
}

static size_t authority_end(const char *at)
{
	return strcspn(at, "/?#");
}

struct bytes indicator_host(const char *url)
{
	const char *at = strstr(url, "://");
	if (!at)
		return bytes_of(NULL, 0);
	at += 3;
	size_t size = authority_end(at);
	const char *user = memrchr(at, '@', size);
	if (user) {
		size -= (size_t)(user + 1 - at);
		at = user + 1;
	}
	if (*at == '[') {
		const char *end = memchr(at, ']', size);
		return end ? bytes_of(at + 1, (size_t)(end - at - 1)) : bytes_of(NULL, 0);
	}
	const char *port = memchr(at, ':', size);
	return bytes_of(at, port ? (size_t)(port - at) : size);
}

// Scheme and host in lower case, the scheme's own port and a fragment left out, a path of at least
// "/" (RFC 3986, section 6.2).
static enum err set_url(struct indicator *indicator)
{
	char from[INDICATOR_VALUE_BYTES];
	strcpy(from, indicator->value);
	from[strcspn(from, "#")] = '\0';
	char *at = strstr(from, "://");
	if (!at || at == from)
		return ERR_SYNTAX;
	at += 3;
	size_t host = authority_end(at);
	for (char *c = from; c < at + host; c++)
		*c = (char)tolower((unsigned char)*c);
	const char *rest = at + host;
	if (!host || (strncmp(from, "http://", 7) != 0 && strncmp(from, "https://", 8) != 0 &&
			     strncmp(from, "ftp://", 6) != 0))
		return ERR_SYNTAX;
	const char *port = strncmp(from, "http://", 7) == 0 ? ":80" : ":443";
	size_t digits = *from == 'h' ? strlen(port) : SIZE_MAX;
	while (host > digits && memcmp(at + host - digits, port, digits) == 0)
		host -= digits;
	for (const char *c = from; *c; c++)
		if ((unsigned char)*c <= ' ' || *c == 127)
			return ERR_SYNTAX;
	int size = snprintf(indicator->value, INDICATOR_VALUE_BYTES, "%.*s%s%s",
		(int)(at - from + (ptrdiff_t)host), from, *rest == '/' ? "" : "/", rest);
	return size < INDICATOR_VALUE_BYTES ? OK : ERR_LIMIT;
}

static enum err set_agent(struct indicator *indicator, enum observable kind)
{
	if (!text_is_clean(bytes_text(indicator->value)) || strpbrk(indicator->value, "\r\n"))
		return ERR_SYNTAX;
	for (char *c = indicator->value; *c; c++)
		if (*c >= 'A' && *c <= 'Z')
			*c = (char)(*c - 'A' + 'a');
	size_t size = strlen(indicator->value);
	return kind == OBSERVABLE_AGENT_PART && size < INDICATOR_AGENT_PART ? ERR_INVALID : OK;
}

enum err indicator_set(struct indicator *indicator, enum observable kind, struct bytes text)
{
	while (text.size && isspace(text.at[text.size - 1]))
		text.size--;
	while (text.size && isspace(*text.at))
		text = bytes_of(text.at + 1, text.size - 1);
	if (!text.size || memchr(text.at, 0, text.size))
		return ERR_SYNTAX;
	if (text.size >= INDICATOR_VALUE_BYTES)
		return ERR_LIMIT;
	memcpy(indicator->value, text.at, text.size);
	indicator->value[text.size] = '\0';
	indicator->kind = kind;
	switch (kind) {
	case OBSERVABLE_ADDRESS:
		return set_address(indicator);
	case OBSERVABLE_DOMAIN:
		return set_domain(indicator);
	case OBSERVABLE_URL:
		return set_url(indicator);
	case OBSERVABLE_HASH:
		return set_hash(indicator);
	default:
		return set_agent(indicator, kind);
	}
}

enum err indicator_guess(struct indicator *indicator, struct bytes text)
{
	static const enum observable order[] = {
		OBSERVABLE_ADDRESS, OBSERVABLE_URL, OBSERVABLE_HASH, OBSERVABLE_DOMAIN};
	for (size_t i = 0; i < sizeof order / sizeof *order; i++) {
		enum err err = indicator_set(indicator, order[i], text);
		if (order[i] == OBSERVABLE_DOMAIN && err == ERR_INVALID)
			return ERR_SYNTAX; // one label is a word of prose
		if (err != ERR_SYNTAX)
			return err;
	}
	return ERR_SYNTAX;
}
