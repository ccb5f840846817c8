#include "guard/firewall.h"

#include "guard/ruleset.h"

#include <jansson.h>
#include <nftables/libnftables.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct firewall {
	struct nft_ctx *nft;
};

enum err firewall_open(struct firewall **ret_firewall)
{
	struct firewall *firewall = calloc(1, sizeof *firewall);
	if (!firewall)
		abort();
	firewall->nft = nft_ctx_new(NFT_CTX_DEFAULT);
	if (!firewall->nft || nft_ctx_buffer_output(firewall->nft) != 0 ||
		nft_ctx_buffer_error(firewall->nft) != 0) {
		firewall_close(firewall);
		return ERR_IO;
	}
	nft_ctx_output_set_flags(firewall->nft, NFT_CTX_OUTPUT_JSON | NFT_CTX_OUTPUT_NUMERIC_ALL);
	*ret_firewall = firewall;
	return OK;
}

void firewall_close(struct firewall *firewall)
{
	if (!firewall)
		return;
	if (firewall->nft)
		nft_ctx_free(firewall->nft);
	free(firewall);
}

// The first line of what the library says, without what it quotes.
static void problem_of(struct firewall *firewall, char ret_problem[FIREWALL_PROBLEM_BYTES])
{
	const char *words = nft_ctx_get_error_buffer(firewall->nft);
	size_t size = words ? strcspn(words, "\n") : 0;
	snprintf(ret_problem, FIREWALL_PROBLEM_BYTES, "%.*s", (int)(size < 200 ? size : 200),
		size ? words : "the kernel refuses, and does not say why");
	for (char *c = ret_problem; *c; c++)
		if ((unsigned char)*c < 0x20 || (unsigned char)*c >= 0x7f)
			*c = '?';
}

enum err firewall_run(
	struct firewall *firewall, const struct buf *text, char ret_problem[FIREWALL_PROBLEM_BYTES])
{
	struct buf whole = {0};
	buf_add_bytes(&whole, buf_bytes(text));
	buf_add(&whole, "", 1); // the library takes a text that ends with NUL
	int result = nft_run_cmd_from_buffer(firewall->nft, (const char *)whole.at);
	buf_done(&whole);
	(void)nft_ctx_get_output_buffer(firewall->nft); // empties it
	if (result == 0) {
		(void)nft_ctx_get_error_buffer(firewall->nft);
		return OK;
	}
	problem_of(firewall, ret_problem);
	return ERR_IO;
}

// ---- Reading.

struct reading {
	struct firewall_line *lines;
	size_t count, knockers;
};

static struct firewall_line *line_new(struct reading *r)
{
	if (r->count == FIREWALL_LINES)
		return NULL;
	struct firewall_line *line = &r->lines[r->count++];
	*line = (struct firewall_line){0};
	return line;
}

static uint64_t number(const json_t *object, const char *key)
{
	json_int_t value = json_integer_value(json_object_get(object, key));
	return value > 0 ? (uint64_t)value : 0;
}

static void count(struct firewall_line *line, const json_t *counter)
{
	line->packets += number(counter, "packets");
	line->bytes += number(counter, "bytes");
}

static bool read_value(const json_t *val, struct prefix *ret)
{
	char text[80];
	const json_t *prefix = json_object_get(val, "prefix");
	const char *address = json_string_value(prefix ? json_object_get(prefix, "addr") : val);
	if (!address)
		return false;
	if (prefix)
		snprintf(text, sizeof text, "%.50s/%d", address,
			(int)json_integer_value(json_object_get(prefix, "len")));
	else
		snprintf(text, sizeof text, "%.70s", address);
	return prefix_parse(text, ret) == OK;
}

static void read_set(struct reading *r, const json_t *set)
{
	const char *name = json_string_value(json_object_get(set, "name"));
	const json_t *item;
	size_t i;
	bool quarantine = name && strncmp(name, "quarantine", 10) == 0;
	if (!name || (!quarantine && strncmp(name, "block", 5) != 0))
		return;
	json_array_foreach(json_object_get(set, "elem"), i, item)
	{
		const json_t *elem = json_object_get(item, "elem");
		struct prefix prefix;
		if (!read_value(elem ? json_object_get(elem, "val") : item, &prefix))
			continue; // a range that is no prefix: somebody's own; it expires as all do
		struct firewall_line *line = line_new(r);
		if (!line)
			return;
		line->kind = quarantine ? FIREWALL_QUARANTINE : FIREWALL_BLOCK;
		line->prefix = prefix;
		line->seconds = (uint32_t)number(elem, "expires");
		count(line, json_object_get(elem, "counter"));
	}
}

// ---- Who knocked: elements of from, to, protocol and port, together for each host.

static const char *port_words(const json_t *concat, char ret_words[80])
{
	static const char *const protocols[] = {[6] = "tcp", [17] = "udp"};
	const json_t *protocol = json_array_get(concat, 2), *port = json_array_get(concat, 3);
	const char *to = json_string_value(json_array_get(concat, 1)),
		   *word = json_string_value(protocol);
	json_int_t number = json_integer_value(protocol);
	if (!word && (number == 6 || number == 17))
		word = protocols[number];
	if (!to || !word || !json_is_integer(port))
		return NULL;
	snprintf(ret_words, 80, "port %d (%.4s) of %.46s", (int)json_integer_value(port), word, to);
	return ret_words;
}

static struct firewall_line *knocker(struct reading *r, const struct prefix *from)
{
	for (size_t i = 0; i < r->count; i++)
		if (r->lines[i].kind == FIREWALL_KNOCK && prefix_equal(&r->lines[i].prefix, from))
			return &r->lines[i];
	struct firewall_line *line = r->knockers < FIREWALL_KNOCKERS ? line_new(r) : NULL;
	if (line) {
		line->kind = FIREWALL_KNOCK;
		line->prefix = *from;
		r->knockers++;
	}
	return line;
}

static void read_knocks(struct reading *r, const json_t *set)
{
	const json_t *item;
	size_t i;
	json_array_foreach(json_object_get(set, "elem"), i, item)
	{
		const json_t *elem = json_object_get(item, "elem");
		const json_t *concat =
			json_object_get(elem ? json_object_get(elem, "val") : item, "concat");
		const char *from = json_string_value(json_array_get(concat, 0));
		uint64_t packets = number(json_object_get(elem, "counter"), "packets");
		char words[80];
		struct prefix prefix;
		if (!from || prefix_parse(from, &prefix) || !port_words(concat, words))
			continue;
		struct firewall_line *line = knocker(r, &prefix);
		if (!line)
			continue; // one that is known may follow
		line->places++;
		count(line, json_object_get(elem, "counter"));
		if (packets >= line->busiest)
			snprintf(line->name, sizeof line->name, "%s", words);
		line->busiest = packets > line->busiest ? packets : line->busiest;
	}
}

static struct firewall_line *named(struct reading *r, enum firewall_kind kind, const char *name)
{
	for (size_t i = 0; i < r->count; i++)
		if (r->lines[i].kind == kind && strcmp(r->lines[i].name, name) == 0)
			return &r->lines[i];
	struct firewall_line *line = line_new(r);
	if (line) {
		line->kind = kind;
		snprintf(line->name, sizeof line->name, "%s", name);
	}
	return line;
}

static void read_rule(struct reading *r, const json_t *rule)
{
	const char *comment = json_string_value(json_object_get(rule, "comment"));
	const json_t *expr;
	size_t i;
	if (!comment || strlen(comment) > 79)
		return;
	bool flow = strncmp(comment, "flow ", 5) == 0, denied = strncmp(comment, "denied ", 7) == 0;
	struct firewall_line *line = flow     ? named(r, FIREWALL_FLOW, comment + 5)
				     : denied ? named(r, FIREWALL_DENIED, comment + 7)
					      : NULL;
	if (!line)
		return;
	json_array_foreach(json_object_get(rule, "expr"), i, expr)
		count(line, json_object_get(expr, "counter"));
}

enum err firewall_lines_of(struct bytes json, struct firewall_line *ret_lines, size_t *ret_count)
{
	struct reading r = {.lines = ret_lines};
	const json_t *one;
	size_t i;
	json_t *root = json_loadb((const char *)json.at, json.size, 0, NULL);
	if (!root)
		return ERR_SYNTAX;
	json_array_foreach(json_object_get(root, "nftables"), i, one)
	{
		const json_t *set = json_object_get(one, "set");
		const char *name = json_string_value(json_object_get(set, "name"));
		if (name && strncmp(name, "knock", 5) == 0)
			read_knocks(&r, set);
		else
			read_set(&r, set);
		read_rule(&r, json_object_get(one, "rule"));
	}
	json_decref(root);
	*ret_count = r.count;
	return OK;
}

enum err firewall_list(
	struct firewall *firewall, struct firewall_line *ret_lines, size_t *ret_count)
{
	if (nft_run_cmd_from_buffer(firewall->nft, "list table " RULESET_TABLE "\n") != 0) {
		(void)nft_ctx_get_error_buffer(firewall->nft);
		return ERR_IO;
	}
	const char *json = nft_ctx_get_output_buffer(firewall->nft);
	return firewall_lines_of(bytes_text(json), ret_lines, ret_count);
}
