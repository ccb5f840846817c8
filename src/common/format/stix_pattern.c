#include "common/format/stix_pattern.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

enum token {
	TOKEN_END,
	TOKEN_OPEN,
	TOKEN_SHUT,
	TOKEN_PAREN,
	TOKEN_PAREN_END,
	TOKEN_COMMA,
	TOKEN_EQUAL,
	TOKEN_OTHER, // a comparison that is not used here
	TOKEN_TEXT,
	TOKEN_WORD,
	TOKEN_WRONG
};

struct reader {
	const char *at, *end;
	enum token token;
	struct bytes text; // of a word or a text; a text's without its quotes
	struct arena *arena;
	const char *why;
	enum err err;
};

static void fail(struct reader *r, enum err err, const char *why)
{
	if (r->err)
		return;
	r->err = err;
	r->why = why;
	r->token = TOKEN_END;
}

// 'it''s' does not exist: \' and \\ are the only escapes.
static void read_text(struct reader *r)
{
	char *out = arena_alloc(r->arena, (size_t)(r->end - r->at) + 1);
	size_t size = 0;
	for (r->at++; r->at < r->end && *r->at != '\''; r->at++) {
		if (*r->at == '\\' && r->at + 1 < r->end)
			r->at++;
		out[size++] = *r->at;
	}
	if (r->at == r->end) {
		fail(r, ERR_SYNTAX, "a text without its end");
		return;
	}
	r->at++;
	r->token = TOKEN_TEXT;
	r->text = bytes_of(out, size);
}

static bool in_word(char c)
{
	return isalnum((unsigned char)c) || c == '-' || c == '_' || c == '.' || c == ':';
}

// An object's path is one word, whatever of it is in quotes: hashes.'SHA-256'.
static void read_word(struct reader *r)
{
	const char *from = r->at;
	while (r->at < r->end && (in_word(*r->at) || (*r->at == '\'' && r->at[-1] == '.'))) {
		if (*r->at++ != '\'')
			continue;
		const char *quote = memchr(r->at, '\'', (size_t)(r->end - r->at));
		if (!quote) {
			fail(r, ERR_SYNTAX, "a text without its end");
			return;
		}
		r->at = quote + 1;
	}
	r->token = TOKEN_WORD;
	r->text = bytes_of(from, (size_t)(r->at - from));
}

static void next(struct reader *r)
{
	static const char marks[] = "[](),=";
	static const enum token tokens[] = {
		TOKEN_OPEN, TOKEN_SHUT, TOKEN_PAREN, TOKEN_PAREN_END, TOKEN_COMMA, TOKEN_EQUAL};
	while (r->at < r->end && isspace((unsigned char)*r->at))
		r->at++;
	if (r->err || r->at == r->end) {
		r->token = TOKEN_END;
		return;
	}
	const char *mark = strchr(marks, *r->at);
	if (*r->at == '\'')
		read_text(r);
	else if (*r->at && mark) {
		r->token = tokens[mark - marks];
		r->at++;
	} else if (*r->at == '!' || *r->at == '<' || *r->at == '>') {
		r->token = TOKEN_OTHER;
		r->at++;
	} else if (in_word(*r->at)) {
		read_word(r);
	} else {
		fail(r, ERR_SYNTAX, "a character that no pattern has");
	}
}

static bool is_word(const struct reader *r, const char *word)
{
	return r->token == TOKEN_WORD && bytes_equal(r->text, bytes_text(word));
}

struct path {
	const char *text;
	enum observable kind;
};
static const struct path paths[] = {
	{"ipv4-addr:value", OBSERVABLE_ADDRESS},
	{"ipv6-addr:value", OBSERVABLE_ADDRESS},
	{"network-traffic:src_ref.value", OBSERVABLE_ADDRESS},
	{"network-traffic:dst_ref.value", OBSERVABLE_ADDRESS},
	{"domain-name:value", OBSERVABLE_DOMAIN},
	{"url:value", OBSERVABLE_URL},
	{"file:hashes.MD5", OBSERVABLE_HASH},
	{"file:hashes.'MD5'", OBSERVABLE_HASH},
	{"file:hashes.'SHA-1'", OBSERVABLE_HASH},
	{"file:hashes.'SHA-256'", OBSERVABLE_HASH},
	{"file:hashes.'SHA-512'", OBSERVABLE_HASH},
	{"network-traffic:extensions.'http-request-ext'.request_header.'User-Agent'",
		OBSERVABLE_AGENT},
};

static const struct path *path_of(const struct reader *r)
{
	for (size_t i = 0; i < sizeof paths / sizeof *paths; i++)
		if (is_word(r, paths[i].text))
			return &paths[i];
	return NULL;
}

struct found {
	enum observable kind;
	struct bytes text;
};

struct values {
	struct found at[STIX_PATTERN_VALUES];
	size_t count;
};

static void add(struct reader *r, struct values *values, enum observable kind)
{
	if (r->token != TOKEN_TEXT)
		fail(r, ERR_SYNTAX, "a value in quotes is missing");
	else if (values->count == STIX_PATTERN_VALUES)
		fail(r, ERR_LIMIT, "too many values in one pattern");
	else
		values->at[values->count++] = (struct found){kind, r->text};
	next(r);
}

static void read_set(struct reader *r, struct values *values, enum observable kind)
{
	next(r);
	if (r->token != TOKEN_PAREN)
		fail(r, ERR_SYNTAX, "( is missing behind IN");
	do {
		next(r);
		add(r, values, kind);
	} while (r->token == TOKEN_COMMA);
	if (r->token != TOKEN_PAREN_END)
		fail(r, ERR_SYNTAX, ") is missing");
	next(r);
}

// '%text%' is a part; other wildcards are not used.
static void read_like(struct reader *r, struct values *values)
{
	next(r);
	struct bytes text = r->text;
	bool whole = r->token != TOKEN_TEXT || text.size < 3 || text.at[0] != '%' ||
		     text.at[text.size - 1] != '%';
	if (!whole) {
		r->text = bytes_of(text.at + 1, text.size - 2);
		whole = memchr(r->text.at, '%', r->text.size) ||
			memchr(r->text.at, '_', r->text.size);
	}
	if (whole)
		fail(r, ERR_UNSUPPORTED, "LIKE is supported as '%text%' alone");
	add(r, values, OBSERVABLE_AGENT_PART);
}

static void read_comparison(struct reader *r, struct values *values)
{
	const struct path *path = path_of(r);
	if (r->token != TOKEN_WORD) {
		fail(r, ERR_SYNTAX, "a comparison is missing");
		return;
	}
	if (!path) {
		fail(r, ERR_UNSUPPORTED, "an object or a property that is not compared here");
		return;
	}
	next(r);
	if (r->token == TOKEN_EQUAL) {
		next(r);
		add(r, values, path->kind);
	} else if (is_word(r, "IN")) {
		read_set(r, values, path->kind);
	} else if (is_word(r, "ISSUBSET") && path->kind == OBSERVABLE_ADDRESS) {
		next(r);
		add(r, values, path->kind);
	} else if (is_word(r, "LIKE") && path->kind == OBSERVABLE_AGENT) {
		read_like(r, values);
	} else if (r->token == TOKEN_WORD || r->token == TOKEN_OTHER) {
		fail(r, ERR_UNSUPPORTED,
			"a comparison other than =, IN, ISSUBSET and LIKE '%text%'");
	} else {
		fail(r, ERR_SYNTAX, "= is missing");
	}
}

static void refuse_joint(struct reader *r)
{
	if (is_word(r, "AND"))
		fail(r, ERR_UNSUPPORTED, "AND: several values that only together are a sign");
	else if (is_word(r, "FOLLOWEDBY"))
		fail(r, ERR_UNSUPPORTED, "FOLLOWEDBY: an order of observations");
	else if (is_word(r, "WITHIN") || is_word(r, "REPEATS") || is_word(r, "START"))
		fail(r, ERR_UNSUPPORTED, "a qualifier of time or number");
}

// Parentheses change nothing where everything is joined by OR; they are counted, not nested.
static void read_alternatives(struct reader *r, struct values *values)
{
	unsigned open = 0;
	while (!r->err) {
		for (; r->token == TOKEN_PAREN; next(r))
			open++;
		read_comparison(r, values);
		for (; r->token == TOKEN_PAREN_END && open; next(r))
			open--;
		refuse_joint(r);
		if (!is_word(r, "OR"))
			break;
		next(r);
	}
	if (open)
		fail(r, ERR_SYNTAX, ") is missing");
}

static void read_pattern(struct reader *r, struct values *values)
{
	unsigned open = 0;
	next(r);
	while (!r->err) {
		for (; r->token == TOKEN_PAREN; next(r))
			open++;
		if (r->token != TOKEN_OPEN)
			fail(r, ERR_SYNTAX, "[ is missing");
		next(r);
		read_alternatives(r, values);
		if (r->token != TOKEN_SHUT)
			fail(r, ERR_SYNTAX, "] is missing");
		next(r);
		for (; r->token == TOKEN_PAREN_END && open; next(r))
			open--;
		refuse_joint(r);
		if (!is_word(r, "OR"))
			break;
		next(r);
	}
	if (r->token != TOKEN_END || open)
		fail(r, ERR_SYNTAX, "something follows that does not belong to it");
}

enum err stix_pattern(struct bytes text, stix_value *value, void *context, const char **ret_why)
{
	if (text.size > STIX_PATTERN_BYTES) {
		*ret_why = "a pattern that is too long";
		return ERR_LIMIT;
	}
	struct arena *arena = arena_new();
	struct values *values = arena_alloc(arena, sizeof *values);
	struct reader r = {.at = (const char *)text.at,
		.end = text.size ? (const char *)text.at + text.size : (const char *)text.at,
		.arena = arena};
	read_pattern(&r, values);
	for (size_t i = 0; !r.err && i < values->count; i++)
		value(context, values->at[i].kind, values->at[i].text);
	if (r.err)
		*ret_why = r.why;
	arena_free(arena);
	return r.err;
}
