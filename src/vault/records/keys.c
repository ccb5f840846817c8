#include "vault/records/records_in.h"

#include "common/base/map.h"

#include <stdlib.h>
#include <string.h>

int64_t word_token(struct mac *mac, const char *domain, const char *name, struct bytes word)
{
	uint8_t room[512];
	size_t size = 0, parts[3] = {strlen(domain), strlen(name), word.size};
	const void *from[3] = {domain, name, word.at};
	for (int i = 0; i < 3; i++) {
		if (parts[i] > sizeof room - 1 - size)
			parts[i] = sizeof room - 1 -
				   size; // two long words may share a token; hits are rechecked
		memcpy(room + size, from[i] ? from[i] : "", parts[i]);
		size += parts[i];
		if (i < 2 && size < sizeof room - 1)
			room[size++] = 0;
	}
	return (int64_t)mac_token(mac, bytes_of(room, size));
}

int64_t patient_token(struct records *r, const char *patient)
{
	return word_token(r->search, "patient", "", bytes_text(patient));
}

// What the wrapping is bound to: whose key it is and which version.
static struct bytes wrap_context(int64_t token, uint32_t version, struct buf *room)
{
	buf_clear(room);
	buf_add_text(room, "hospitaller data key");
	put_u64(room, (uint64_t)token);
	put_u32(room, version);
	return buf_bytes(room);
}

int64_t kek_mark(const struct key *kek)
{
	struct key mark = crypto_derive(kek, "mark", (struct bytes){0});
	struct cursor in = cursor_of(bytes_of(mark.bytes, KEY_BYTES));
	return (int64_t)get_u64(&in);
}

// What the open transaction made cannot be forgotten: a great import makes room for itself.
static void make_room(struct records *r)
{
	if (map_count(r->owners) < r->owners_most)
		return;
	owners_forget(r, false);
	if (map_count(r->owners) >= r->owners_most)
		r->owners_most = map_count(r->owners) + CACHED_KEYS / 2;
}

static struct owner *owner_keep(struct records *r, struct owner *from)
{
	struct owner *owner = malloc(sizeof *owner);
	if (!owner)
		abort();
	*owner = *from;
	struct key words = crypto_derive(&owner->key, "search words", (struct bytes){0});
	owner->words = mac_new(&words);
	crypto_wipe(&words, sizeof words);
	crypto_wipe(&from->key, sizeof from->key);
	make_room(r);
	map_set(r->owners, bytes_of(&owner->number, sizeof owner->number), owner);
	map_set(r->numbers, bytes_of(&owner->token, sizeof owner->token), owner);
	return owner;
}

static void owner_drop(struct records *r, struct owner *owner)
{
	map_remove(r->owners, bytes_of(&owner->number, sizeof owner->number));
	map_remove(r->numbers, bytes_of(&owner->token, sizeof owner->token));
	mac_free(owner->words);
	crypto_wipe(owner, sizeof *owner);
	free(owner);
}

// Drops up to a cache full; true when there may be more.
static bool forget_some(struct records *r, bool only_staged)
{
	struct owner *go[CACHED_KEYS];
	size_t count = 0, at = 0;
	struct bytes key;
	void *value;
	while (count < CACHED_KEYS && map_next(r->owners, &at, &key, &value)) {
		struct owner *owner = value;
		bool old = owner->used + CACHED_KEYS / 2 < r->clock && owner->number != HOSPITAL;
		if (only_staged ? owner->staged : old && !owner->staged)
			go[count++] = owner;
	}
	for (size_t i = 0; i < count; i++)
		owner_drop(r, go[i]);
	return count == CACHED_KEYS;
}

void owners_forget(struct records *r, bool only_staged)
{
	while (forget_some(r, only_staged))
		continue;
}

void owners_settle(struct records *r)
{
	size_t at = 0;
	struct bytes key;
	void *value;
	while (map_next(r->owners, &at, &key, &value))
		((struct owner *)value)->staged = false;
	r->owners_most = CACHED_KEYS;
}

void owner_shred(struct records *r, struct owner *owner)
{
	map_set(r->shredded, bytes_of(&owner->number, sizeof owner->number), r);
	owner_drop(r, owner);
}

static enum err unwrap(
	struct records *r, struct owner *owner, const struct key *kek, struct bytes wrapped)
{
	struct buf context = {0}, key = {0};
	enum err err = sealer_open(r->sealer, kek,
		wrap_context(owner->token, owner->key_version, &context), wrapped, &key);
	if (!err && key.size != KEY_BYTES)
		err = ERR_CORRUPT;
	if (!err)
		memcpy(owner->key.bytes, key.at, KEY_BYTES);
	buf_done(&context);
	buf_done(&key);
	return err;
}

enum err owner_wrap(struct records *r, const struct owner *owner, struct buf *ret_wrapped)
{
	struct buf context = {0};
	enum err err = sealer_seal(r->sealer, &r->keks[0].key,
		wrap_context(owner->token, owner->key_version, &context),
		bytes_of(owner->key.bytes, KEY_BYTES), ret_wrapped);
	buf_done(&context);
	return err;
}

static struct owner *touch(struct records *r, struct owner *owner)
{
	if (owner)
		owner->used = ++r->clock;
	return owner;
}

// The row of Q_PATIENT or Q_PATIENT_NUMBER: number, token, key_version, kek, wrapped. A rotation
// leaves some keys under the one key-encryption key and some under the other; the row says which.
static enum err unwrap_row(struct records *r, struct store_query *q, struct owner *ret_owner)
{
	*ret_owner = (struct owner){.number = row_int(q, 0),
		.token = row_int(q, 1),
		.key_version = (uint32_t)row_int(q, 2)};
	if (row_is_null(q, 4) ||
		map_find(r->shredded, bytes_of(&ret_owner->number, sizeof ret_owner->number)))
		return ERR_GONE;
	for (size_t i = 0; i < r->kek_count; i++)
		if (r->keks[i].mark == row_int(q, 3))
			return unwrap(r, ret_owner, &r->keks[i].key, row_blob(q, 4));
	return ERR_CORRUPT;
}

// What is read inside a transaction may have been made by it: it is kept as staged, so that a
// transaction that fails leaves no key behind that is not on disk.
static enum err owner_load(struct records *r, struct view *view, enum view_query which, int64_t key,
	struct owner **ret_owner)
{
	struct owner owner;
	struct store_query *q = view->queries[which];
	query_int(q, 1, key);
	enum store_step step = query_step(q);
	enum err err = step == STORE_FAILED ? ERR_IO
		       : step == STORE_DONE ? ERR_NOT_FOUND
					    : unwrap_row(r, q, &owner);
	query_reset(q);
	if (err)
		return err;
	owner.staged = view == &r->staged && r->open;
	*ret_owner = touch(r, owner_keep(r, &owner));
	return OK;
}

enum err owner_find(
	struct records *r, struct view *view, const char *patient, struct owner **ret_owner)
{
	int64_t token = patient_token(r, patient);
	struct owner *cached = touch(r, map_find(r->numbers, bytes_of(&token, sizeof token)));
	if (!cached)
		return owner_load(r, view, Q_PATIENT, token, ret_owner);
	*ret_owner = cached;
	return OK;
}

enum err owner_by_number(
	struct records *r, struct view *view, int64_t number, struct owner **ret_owner)
{
	struct owner *cached = touch(r, map_find(r->owners, bytes_of(&number, sizeof number)));
	if (cached) {
		*ret_owner = cached;
		return OK;
	}
	enum err err = owner_load(r, view, Q_PATIENT_NUMBER, number, ret_owner);
	return err == ERR_NOT_FOUND ? ERR_CORRUPT : err; // a row that names nobody
}

static enum err owner_insert(struct records *r, struct owner *owner)
{
	struct buf wrapped = {0};
	struct store_query *q = r->writes[W_PATIENT];
	enum err err = owner_wrap(r, owner, &wrapped);
	if (!err) {
		query_int(q, 1, owner->number);
		query_int(q, 2, owner->token);
		query_int(q, 3, owner->key_version);
		query_int(q, 4, r->keks[0].mark);
		query_blob(q, 5, buf_bytes(&wrapped));
		err = query_run(q);
	}
	buf_done(&wrapped);
	return err;
}

enum err owner_make(struct records *r, const char *patient, struct owner **ret_owner)
{
	struct owner owner = {.number = r->next_patient, .key_version = 1, .staged = true};
	owner.token = patient_token(r, patient);
	crypto_random(owner.key.bytes, KEY_BYTES);
	enum err err = owner_insert(r, &owner);
	if (err)
		return err;
	r->next_patient++;
	*ret_owner = touch(r, owner_keep(r, &owner));
	return OK;
}

// The hospital's key comes first: the search key, and so every token, derives from it.
enum err owner_hospital(struct records *r)
{
	struct owner owner = {.number = HOSPITAL, .key_version = 1};
	struct store_query *q = r->staged.queries[Q_PATIENT_NUMBER];
	query_int(q, 1, HOSPITAL);
	enum store_step step = query_step(q);
	enum err err = step == STORE_FAILED ? ERR_IO
		       : step == STORE_ROW  ? unwrap_row(r, q, &owner)
					    : OK;
	query_reset(q);
	if (step == STORE_DONE) {
		crypto_random(owner.key.bytes, KEY_BYTES);
		err = owner_insert(r, &owner);
	}
	if (err)
		return err;
	struct key search = crypto_derive(&owner.key, "find persons", (struct bytes){0});
	r->search = mac_new(&search);
	crypto_wipe(&search, sizeof search);
	owner_keep(r, &owner);
	return OK;
}
