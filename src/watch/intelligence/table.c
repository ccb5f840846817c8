#include "watch/intelligence/table.h"

#include "common/base/map.h"
#include "common/crypto/crypto.h"
#include "watch/intelligence/agents.h"
#include "watch/intelligence/ranges.h"

#include <stdlib.h>
#include <string.h>

#define NONE UINT32_MAX

struct record {
	uint32_t value, id, name, author, warning; // in the pool
	uint32_t next;                             // another one of the same value, or NONE
	uint32_t since_s, until_s;
	uint8_t kind, tlp, sure, source;
};

struct slot {
	uint32_t tag, at; // at: plus one
};

struct table {
	struct record *records;
	size_t count, room, warned;
	char *pool;
	size_t pool_bytes, pool_room;
	struct map *texts; // of the pool, while it is filled: texts that may repeat
	struct slot *slots;
	size_t slot_count; // a power of two
	uint64_t secret[2];
	struct ranges *ranges;
	struct agents *agents;
	bool no_agents;
};

struct table *table_new(void)
{
	struct table *t = calloc(1, sizeof *t);
	if (!t)
		abort();
	t->texts = map_new();
	t->ranges = ranges_new();
	t->agents = agents_new();
	crypto_random(t->secret, sizeof t->secret);
	return t;
}

void table_free(struct table *t)
{
	if (!t)
		return;
	map_free(t->texts);
	ranges_free(t->ranges);
	agents_free(t->agents);
	free(t->records);
	free(t->pool);
	free(t->slots);
	free(t);
}

static uint32_t pool_add(struct table *t, const char *text)
{
	size_t size = strlen(text) + 1;
	if (t->pool_bytes + size > t->pool_room) {
		t->pool_room = t->pool_room ? t->pool_room + t->pool_room / 2 + size : 65536;
		t->pool = realloc(t->pool, t->pool_room);
		if (!t->pool)
			abort();
	}
	memcpy(t->pool + t->pool_bytes, text, size);
	t->pool_bytes += size;
	return (uint32_t)(t->pool_bytes - size);
}

// Names and authors repeat; a map's value is where the text stands, plus one.
static uint32_t pool_text(struct table *t, const char *text)
{
	uintptr_t at = (uintptr_t)map_find(t->texts, bytes_text(text));
	if (!at) {
		at = (uintptr_t)pool_add(t, text) + 1;
		map_set(t->texts, bytes_text(text), (void *)at);
	}
	return (uint32_t)(at - 1);
}

static uint32_t seconds(int64_t at_us)
{
	return at_us <= 0                     ? 0
	       : at_us / 1000000 > UINT32_MAX ? UINT32_MAX
					      : (uint32_t)(at_us / 1000000);
}

enum err table_add(struct table *t, const struct indicator *i, uint8_t source, const char *warning)
{
	if (t->count == TABLE_MOST || t->pool_bytes > UINT32_MAX - 8192)
		return ERR_LIMIT;
	if (t->count == t->room) {
		t->room = t->room ? t->room + t->room / 2 : 1024;
		t->records = realloc(t->records, t->room * sizeof *t->records);
		if (!t->records)
			abort();
	}
	if (i->kind == OBSERVABLE_ADDRESS)
		ranges_add(t->ranges, &i->prefix, (uint32_t)t->count);
	else if (i->kind == OBSERVABLE_AGENT_PART &&
		 agents_add(t->agents, i->value, (uint32_t)t->count))
		return ERR_LIMIT;
	t->records[t->count++] = (struct record){.value = pool_add(t, i->value),
		.id = *i->id ? pool_add(t, i->id) : pool_text(t, ""),
		.name = pool_text(t, i->name),
		.author = pool_text(t, i->author),
		.warning = warning ? pool_text(t, warning) : NONE,
		.next = NONE,
		.since_s = seconds(i->since_us),
		.until_s = seconds(i->until_us),
		.kind = (uint8_t)i->kind,
		.tlp = (uint8_t)i->tlp,
		.sure = (uint8_t)(i->sure < 0 ? 0 : i->sure),
		.source = source};
	t->warned += warning != NULL;
	return OK;
}

// ---- The hash table: open addressing, at most half full.

static uint64_t hash_of(const struct table *t, unsigned kind, struct bytes text)
{
	uint64_t h = t->secret[0] ^ kind, word;
	size_t at = 0;
	for (; at + 8 <= text.size; at += 8) {
		memcpy(&word, text.at + at, 8);
		h = (h ^ word) * UINT64_C(0x9E3779B97F4A7C15);
		h = (h ^ h >> 32) + t->secret[1];
	}
	word = text.size;
	for (; at < text.size; at++)
		word = word << 8 | text.at[at];
	h = (h ^ word) * UINT64_C(0x9E3779B97F4A7C15);
	h = (h ^ h >> 29) * UINT64_C(0xBF58476D1CE4E5B9);
	return h ^ h >> 32;
}

static bool is(const struct table *t, const struct slot *slot, unsigned kind, struct bytes text)
{
	const struct record *r = &t->records[slot->at - 1];
	const char *value = t->pool + r->value;
	return r->kind == kind && strncmp(value, (const char *)text.at, text.size) == 0 &&
	       !value[text.size];
}

// Where it is, or where it would be.
static struct slot *slot_of(const struct table *t, unsigned kind, struct bytes text)
{
	uint64_t hash = hash_of(t, kind, text);
	uint32_t tag = (uint32_t)(hash >> 32) | 1;
	for (size_t i = hash & (t->slot_count - 1);; i = (i + 1) & (t->slot_count - 1)) {
		struct slot *slot = &t->slots[i];
		if (!slot->at || (slot->tag == tag && is(t, slot, kind, text)))
			return slot;
	}
}

static void put(struct table *t, uint32_t at)
{
	struct record *r = &t->records[at];
	struct bytes text = bytes_text(t->pool + r->value);
	struct slot *slot = slot_of(t, r->kind, text);
	r->next = slot->at ? slot->at - 1 : NONE;
	slot->at = at + 1;
	slot->tag = (uint32_t)(hash_of(t, r->kind, text) >> 32) | 1;
}

static void on_same(void *context, uint32_t first, uint32_t other)
{
	struct table *t = context;
	t->records[other].next = t->records[first].next;
	t->records[first].next = other;
}

static void shrink(struct table *t)
{
	struct record *records = realloc(t->records, (t->count + 1) * sizeof *records);
	char *pool = realloc(t->pool, t->pool_bytes + 1);
	t->records = records ? records : t->records;
	t->pool = pool ? pool : t->pool;
	t->room = t->count;
	t->pool_room = t->pool_bytes;
}

enum err table_ready(struct table *t)
{
	size_t hashed = 0;
	map_free(t->texts);
	t->texts = NULL;
	shrink(t);
	for (size_t i = 0; i < t->count; i++)
		hashed += t->records[i].kind != OBSERVABLE_ADDRESS &&
			  t->records[i].kind != OBSERVABLE_AGENT_PART;
	for (t->slot_count = 16; t->slot_count < 2 * hashed;)
		t->slot_count *= 2;
	t->slots = calloc(t->slot_count, sizeof *t->slots);
	if (!t->slots)
		abort();
	for (size_t i = 0; i < t->count; i++)
		if (t->records[i].kind != OBSERVABLE_ADDRESS &&
			t->records[i].kind != OBSERVABLE_AGENT_PART)
			put(t, (uint32_t)i);
	ranges_ready(t->ranges, on_same, t);
	return agents_ready(t->agents);
}

// ---- Finding.

struct hits {
	struct table_hit *at;
	size_t count;
};

static void add_hits(const struct table *t, uint32_t at, struct hits *hits)
{
	for (; at != NONE && hits->count < TABLE_HITS; at = t->records[at].next) {
		const struct record *r = &t->records[at];
		hits->at[hits->count++] = (struct table_hit){.kind = r->kind,
			.tlp = r->tlp,
			.sure = r->sure,
			.source = r->source,
			.value = t->pool + r->value,
			.id = t->pool + r->id,
			.name = t->pool + r->name,
			.author = t->pool + r->author,
			.warning = r->warning == NONE ? NULL : t->pool + r->warning,
			.since_us = 1000000ll * r->since_s,
			.until_us = 1000000ll * r->until_s};
	}
}

static void find_exact(
	const struct table *t, enum observable kind, struct bytes text, struct hits *hits)
{
	const struct slot *slot = slot_of(t, kind, text);
	add_hits(t, slot->at ? slot->at - 1 : NONE, hits);
}

static void find_address(const struct table *t, const struct prefix *prefix, struct hits *hits)
{
	uint32_t numbers[TABLE_HITS];
	size_t count = ranges_find(t->ranges, prefix, numbers, TABLE_HITS);
	for (size_t i = 0; i < count; i++)
		add_hits(t, numbers[i], hits);
}

static void find_domain(const struct table *t, const char *domain, struct hits *hits)
{
	for (const char *at = domain; at && strchr(at, '.'); at = strchr(at, '.') + 1)
		find_exact(t, OBSERVABLE_DOMAIN, bytes_text(at), hits);
}

static void find_agent(const struct table *t, const char *agent, struct hits *hits)
{
	uint32_t numbers[TABLE_HITS];
	find_exact(t, OBSERVABLE_AGENT, bytes_text(agent), hits);
	size_t count = agents_find(t->agents, bytes_text(agent), numbers, TABLE_HITS);
	for (size_t i = 0; i < count; i++)
		add_hits(t, numbers[i], hits);
}

static void find_host(const struct table *t, const char *url, struct hits *hits)
{
	struct indicator host;
	struct bytes text = indicator_host(url);
	if (!indicator_set(&host, OBSERVABLE_ADDRESS, text))
		find_address(t, &host.prefix, hits);
	else if (!indicator_set(&host, OBSERVABLE_DOMAIN, text))
		find_domain(t, host.value, hits);
}

static void find_any(const struct table *t, const struct indicator *seen, struct hits *hits)
{
	switch (seen->kind) {
	case OBSERVABLE_ADDRESS:
		find_address(t, &seen->prefix, hits);
		break;
	case OBSERVABLE_DOMAIN:
		find_domain(t, seen->value, hits);
		break;
	case OBSERVABLE_AGENT:
	case OBSERVABLE_AGENT_PART:
		find_agent(t, seen->value, hits);
		break;
	case OBSERVABLE_URL:
		find_host(t, seen->value, hits);
		[[fallthrough]];
	default:
		find_exact(t, seen->kind, bytes_text(seen->value), hits);
	}
}

size_t table_find(const struct table *t, enum observable kind, struct bytes text,
	struct table_hit ret_hits[TABLE_HITS])
{
	struct indicator seen;
	struct hits hits = {ret_hits, 0};
	enum err err = indicator_set(&seen, kind, text);
	if (!err ||
		err == ERR_INVALID) // a range that is too wide to be listed can still be asked for
		find_any(t, &seen, &hits);
	return hits.count;
}

size_t table_look(const struct table *t, struct bytes text, struct table_hit ret_hits[TABLE_HITS])
{
	struct indicator seen;
	struct hits hits = {ret_hits, 0};
	if (!indicator_guess(&seen, text) || !indicator_set(&seen, OBSERVABLE_AGENT, text))
		find_any(t, &seen, &hits);
	return hits.count;
}

size_t table_count(const struct table *t)
{
	return t->count;
}

size_t table_warned(const struct table *t)
{
	return t->warned;
}

size_t table_bytes(const struct table *t)
{
	return sizeof *t + t->room * sizeof *t->records + t->pool_room +
	       t->slot_count * sizeof *t->slots + ranges_bytes(t->ranges) + agents_bytes(t->agents);
}
