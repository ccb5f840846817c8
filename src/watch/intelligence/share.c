// Our sightings as STIX 2.1. Declared in intelligence.h.
//
// Everything written here comes from `struct shared`, and everything in that from the indicator as
// its maker wrote it, from counts, and from times: no event, no person, no address of ours.
#include "watch/intelligence/intelligence_in.h"

#include "common/base/text.h"
#include "common/base/time.h"
#include "common/crypto/crypto.h"

#include <stdlib.h>
#include <string.h>

enum {
	ID_BYTES = 64,
	PAGE = 40,             // sightings, two objects each at most
	COUNT_MOST = 999999999 // STIX
};

struct shared {
	enum observable kind;
	enum tlp tlp;
	const char *value, *id;
	uint64_t count;
	int64_t first_us, last_us;
};

// The same for the same content, for whoever receives it twice.
static void id_of(const char *type, const char *content, char ret[ID_BYTES])
{
	char uuid[37];
	struct buf text = {0};
	buf_printf(&text, "hospitaller %s %s", type, content);
	struct hash hash = crypto_sha256(buf_bytes(&text));
	buf_done(&text);
	text_uuid(hash.bytes, uuid);
	snprintf(ret, ID_BYTES, "%s--%s", type, uuid);
}

static int compare(const void *a, const void *b)
{
	const struct shared *x = a, *y = b;
	int order = strcmp(x->value, y->value);
	return order ? order : (int)x->kind - (int)y->kind;
}

static size_t gather(const struct intelligence *i, struct shared *rows)
{
	size_t count = 0, kept = 0, at = 0;
	for (const struct sighting *s; (s = sightings_next(i->sightings, &at));)
		rows[count++] = (struct shared){
			s->kind, s->tlp, s->value, s->id, s->count, s->first_us, s->last_us};
	qsort(rows, count, sizeof *rows, compare);
	for (size_t n = 0; n < count; n++) {
		struct shared *last = kept ? &rows[kept - 1] : NULL;
		if (!last || compare(last, &rows[n]) != 0) {
			rows[kept++] = rows[n];
			continue;
		}
		last->count += rows[n].count;
		last->tlp = rows[n].tlp > last->tlp ? rows[n].tlp : last->tlp;
		last->first_us =
			rows[n].first_us < last->first_us ? rows[n].first_us : last->first_us;
		last->last_us = rows[n].last_us > last->last_us ? rows[n].last_us : last->last_us;
	}
	return kept;
}

static void quote(struct buf *out, const char *text)
{
	for (; *text; text++) {
		if (*text == '\'' || *text == '\\')
			buf_add_text(out, "\\");
		buf_add(out, text, 1);
	}
}

static const char *hash_name(const char *value)
{
	size_t size = strlen(value);
	return size == 32 ? "MD5" : size == 40 ? "SHA-1" : size == 64 ? "SHA-256" : "SHA-512";
}

static void write_pattern(const struct shared *s, struct buf *out)
{
	static const char agent[] =
		"network-traffic:extensions.'http-request-ext'.request_header.'User-Agent'";
	bool part = s->kind == OBSERVABLE_AGENT_PART;
	if (s->kind == OBSERVABLE_ADDRESS)
		buf_printf(out, "[ipv%d-addr:value", strchr(s->value, ':') ? 6 : 4);
	else if (s->kind == OBSERVABLE_HASH)
		buf_printf(out, "[file:hashes.'%s'", hash_name(s->value));
	else
		buf_printf(out, "[%s",
			s->kind == OBSERVABLE_DOMAIN ? "domain-name:value"
			: s->kind == OBSERVABLE_URL  ? "url:value"
						     : agent);
	buf_add_text(out, part ? " LIKE '%" : " = '");
	quote(out, s->value);
	buf_add_text(out, part ? "%']" : "']");
}

static json_t *new_object(const char *type, const char *id, const char *identity, int64_t at_us)
{
	return json_pack("{s:s, s:s, s:s, s:s, s:o, s:o}", "type", type, "spec_version", "2.1",
		"id", id, "created_by_ref", identity, "created", intelligence_time(at_us),
		"modified", intelligence_time(at_us));
}

static void mark(json_t *object, enum tlp tlp)
{
	json_object_set_new(object, "object_marking_refs", json_pack("[s]", stix_marking(tlp)));
}

// Of lists that give their indicators no id of STIX: one of ours.
static void add_indicator(
	json_t *objects, const struct shared *s, const char *identity, char ret_id[ID_BYTES])
{
	struct buf pattern = {0};
	write_pattern(s, &pattern);
	buf_add(&pattern, "", 1);
	id_of("indicator", (const char *)pattern.at, ret_id);
	json_t *object = new_object("indicator", ret_id, identity, s->first_us);
	json_object_set_new(object, "pattern", json_string((const char *)pattern.at));
	json_object_set_new(object, "pattern_type", json_string("stix"));
	json_object_set_new(object, "valid_from", intelligence_time(s->first_us));
	mark(object, s->tlp);
	json_array_append_new(objects, object);
	buf_done(&pattern);
}

static bool is_stix_id(const char *id)
{
	return text_starts(id, "indicator--") && strlen(id) == 11 + 36 &&
	       strspn(id + 11, "0123456789abcdefABCDEF-") == 36;
}

static void add_sighting(json_t *objects, const struct shared *s, const char *identity)
{
	char id[ID_BYTES], indicator[ID_BYTES], content[ID_BYTES * 3];
	if (is_stix_id(s->id))
		snprintf(indicator, sizeof indicator, "%s", s->id);
	else
		add_indicator(objects, s, identity, indicator);
	snprintf(
		content, sizeof content, "%s %s %lld", identity, indicator, (long long)s->first_us);
	id_of("sighting", content, id);
	json_t *object = new_object("sighting", id, identity, s->first_us);
	json_object_set_new(object, "modified", intelligence_time(s->last_us));
	json_object_set_new(object, "first_seen", intelligence_time(s->first_us));
	json_object_set_new(object, "last_seen", intelligence_time(s->last_us));
	json_object_set_new(object, "count",
		json_integer(s->count > COUNT_MOST ? COUNT_MOST : (json_int_t)s->count));
	json_object_set_new(object, "sighting_of_ref", json_string(indicator));
	json_object_set_new(object, "where_sighted_refs", json_pack("[s]", identity));
	mark(object, s->tlp);
	json_array_append_new(objects, object);
}

static json_t *identity_json(const char *name, const char *id)
{
	json_t *object = json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:s}", "type", "identity",
		"spec_version", "2.1", "id", id, "created", "2026-01-01T00:00:00.000Z", "modified",
		"2026-01-01T00:00:00.000Z", "name", name, "identity_class", "organization");
	return object;
}

json_t *intelligence_share(struct intelligence *i, const char *identity, enum tlp most, size_t from)
{
	char id[ID_BYTES];
	struct shared *rows = calloc(SIGHTINGS_MOST + 1, sizeof *rows);
	json_t *objects = json_array();
	size_t withheld = 0, at = from;
	if (!rows)
		abort();
	size_t count = gather(i, rows);
	id_of("identity", identity, id);
	if (!from)
		json_array_append_new(objects, identity_json(identity, id));
	for (; at < count && at < from + PAGE; at++) {
		rows[at].tlp = rows[at].tlp ? rows[at].tlp : TLP_AMBER; // nobody said: carefully
		if (rows[at].tlp > most || rows[at].tlp >= TLP_AMBER_STRICT)
			withheld++;
		else
			add_sighting(objects, &rows[at], id);
	}
	free(rows);
	json_t *json = json_pack("{s:o, s:i}", "objects", objects, "withheld", (int)withheld);
	if (at < count)
		json_object_set_new(json, "next", json_integer((json_int_t)at));
	return json;
}
