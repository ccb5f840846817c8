#include "vault/records/records_in.h"

#include "common/base/map.h"

#include <stdlib.h>
#include <string.h>

static const char hospital_id[] = ""; // no FHIR id is empty: nobody can be this patient

int64_t word_token(struct mac *mac, const char *domain, const char *name, struct bytes word)
{
	uint8_t room[512];
	size_t size = 0, parts[3] = {strlen(domain), strlen(name), word.size};
	const void *from[3] = {domain, name, word.at};
	for (int i = 0; i < 3; i++) {
		if (parts[i] > sizeof room - 1 - size)
			parts[i] = sizeof room - 1 - size; // two long words may share a token; hits are rechecked
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

static int64_t kek_mark(const struct key *kek)
{
	struct key mark = crypto_derive(kek, "mark", (struct bytes){0});
	struct cursor in = cursor_of(bytes_of(mark.bytes, KEY_BYTES));
	return (int64_t)get_u64(&in);
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
	if (map_count(r->owners) >= CACHED_KEYS)
		owners_forget(r, false);
	map_set(r->owners, bytes_of(&owner->number, sizeof owner->number), owner);
	map_set(r->numbers, bytes_of(&owner->token, sizeof owner->token), owner);
	return owner;
}

static void owner_free(struct owner *owner)
{
	mac_free(owner->words);
	crypto_wipe(owner, sizeof *owner);
	free(owner);
}

// Forgets what the open transaction made, or the half that was not used lately (never the
// hospital's own).
void owners_forget(struct records *r, bool only_staged)
{
	struct owner *go[CACHED_KEYS + 1];
	size_t count = 0, at = 0;
	struct bytes key;
	void *value;
	while (map_next(r->owners, &at, &key, &value) && count <= CACHED_KEYS) {
		struct owner *owner = value;
		bool old = owner->used + CACHED_KEYS / 2 < r->clock && owner->number != HOSPITAL;
		if (only_staged ? owner->staged : old && !owner->staged)
			go[count++] = owner;
	}
	for (size_t i = 0; i < count; i++) {
		map_remove(r->owners, bytes_of(&go[i]->number, sizeof go[i]->number));
		map_remove(r->numbers, bytes_of(&go[i]->token, sizeof go[i]->token));
		owner_free(go[i]);
	}
}

void owners_settle(struct records *r)
{
	size_t at = 0;
	struct bytes key;
	void *value;
	while (map_next(r->owners, &at, &key, &value))
		((struct owner *)value)->staged = false;
}

static enum err unwrap(struct records *r, struct owner *owner, struct bytes wrapped)
{
	struct buf context = {0}, key = {0};
	enum err err = sealer_open(r->sealer, &r->kek,
		wrap_context(owner->token, owner->key_version, &context), wrapped, &key);
	if (!err && key.size != KEY_BYTES)
		err = ERR_CORRUPT;
	if (!err)
		memcpy(owner->key.bytes, key.at, KEY_BYTES);
	buf_done(&context);
	buf_done(&key);
	return err;
}

static enum err wrap(struct records *r, const struct key *kek, const struct owner *owner,
	struct buf *ret_wrapped)
{
	struct buf context = {0};
	enum err err = sealer_seal(r->sealer, kek,
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

static enum err owner_of_token(struct records *r, struct view *view, int64_t token,
	struct owner **ret_owner)
{
	struct owner *cached = touch(r, map_find(r->numbers, bytes_of(&token, sizeof token)));
	if (cached) {
		*ret_owner = cached;
		return OK;
	}
	struct store_query *q = view->queries[Q_PATIENT];
	query_int(q, 1, token);
	enum store_step step = query_step(q);
	enum err err = step == STORE_FAILED ? ERR_IO : step == STORE_DONE ? ERR_NOT_FOUND : OK;
	if (!err) {
		struct owner owner = {.number = row_int(q, 0), .token = token,
			.key_version = (uint32_t)row_int(q, 1)};
		err = row_is_null(q, 2) ? ERR_GONE : unwrap(r, &owner, row_blob(q, 2));
		if (!err)
			*ret_owner = touch(r, owner_keep(r, &owner));
	}
	query_reset(q);
	return err;
}

enum err owner_find(struct records *r, struct view *view, const char *patient, struct owner **ret_owner)
{
	return owner_of_token(r, view, patient_token(r, patient ? patient : hospital_id), ret_owner);
}

enum err owner_by_number(struct records *r, struct view *view, int64_t number, struct owner **ret_owner)
{
	struct owner *cached = touch(r, map_find(r->owners, bytes_of(&number, sizeof number)));
	if (cached) {
		*ret_owner = cached;
		return OK;
	}
	struct store_query *q = view->queries[Q_PATIENT_NUMBER];
	query_int(q, 1, number);
	enum store_step step = query_step(q);
	enum err err = step == STORE_FAILED ? ERR_IO : step == STORE_DONE ? ERR_CORRUPT : OK;
	if (!err) {
		struct owner owner = {.number = number, .token = row_int(q, 0),
			.key_version = (uint32_t)row_int(q, 1)};
		err = row_is_null(q, 2) ? ERR_GONE : unwrap(r, &owner, row_blob(q, 2));
		if (!err)
			*ret_owner = touch(r, owner_keep(r, &owner));
	}
	query_reset(q);
	return err;
}

static enum err owner_insert(struct records *r, struct owner *owner)
{
	struct buf wrapped = {0};
	struct store_query *q = r->writes[W_PATIENT];
	enum err err = wrap(r, &r->kek, owner, &wrapped);
	if (!err) {
		query_int(q, 1, owner->number);
		query_int(q, 2, owner->token);
		query_int(q, 3, owner->key_version);
		query_int(q, 4, kek_mark(&r->kek));
		query_blob(q, 5, buf_bytes(&wrapped));
		err = query_run(q);
	}
	buf_done(&wrapped);
	return err;
}

enum err owner_make(struct records *r, const char *patient, struct owner **ret_owner)
{
	struct owner owner = {.number = r->next_patient, .key_version = 1, .staged = true};
	owner.token = patient_token(r, patient ? patient : hospital_id);
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
	static const int64_t none = 0;
	struct owner owner = {.number = HOSPITAL, .token = none, .key_version = 1};
	struct store_query *q = r->staged.queries[Q_PATIENT_NUMBER];
	query_int(q, 1, HOSPITAL);
	enum store_step step = query_step(q);
	enum err err = step == STORE_FAILED ? ERR_IO : OK;
	if (step == STORE_ROW) {
		owner.key_version = (uint32_t)row_int(q, 1);
		err = unwrap(r, &owner, row_blob(q, 2));
	}
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

enum err records_shred(struct records *r, const char *patient)
{
	struct store_query *q = r->writes[W_REWRAP];
	struct owner *owner;
	enum err err = owner_find(r, &r->staged, patient, &owner);
	if (err)
		return err;
	if (owner->number == HOSPITAL)
		return ERR_INVALID;
	query_int(q, 1, owner->number);
	query_int(q, 2, 0);
	query_null(q, 3);
	err = query_run(q);
	if (err)
		return err;
	map_remove(r->owners, bytes_of(&owner->number, sizeof owner->number));
	map_remove(r->numbers, bytes_of(&owner->token, sizeof owner->token));
	owner_free(owner);
	return OK;
}

enum { REWRAP_MOST = 1000 };

static enum err rewrap_one(struct records *r, int64_t number, const struct key *new_kek)
{
	struct buf wrapped = {0};
	struct owner *owner;
	struct store_query *q = r->writes[W_REWRAP];
	enum err err = owner_by_number(r, &r->staged, number, &owner);
	if (err == ERR_GONE)
		return OK; // shredded: there is nothing to wrap
	if (!err)
		err = wrap(r, new_kek, owner, &wrapped);
	if (!err) {
		query_int(q, 1, number);
		query_int(q, 2, kek_mark(new_kek));
		query_blob(q, 3, buf_bytes(&wrapped));
		err = query_run(q);
	}
	buf_done(&wrapped);
	return err;
}

enum err records_rewrap(struct records *r, const struct key *new_kek, size_t most, size_t *ret_left)
{
	int64_t numbers[REWRAP_MOST];
	size_t count = 0;
	struct store_query *q;
	enum err err = store_prepare(r->staged.store,
		"SELECT number, (SELECT count(*) FROM patient WHERE kek <> ?1 AND wrapped IS NOT NULL)"
		" FROM patient WHERE kek <> ?1 AND wrapped IS NOT NULL LIMIT ?2", &q);
	if (err)
		return err;
	size_t left = 0;
	query_int(q, 1, kek_mark(new_kek));
	query_int(q, 2, most < REWRAP_MOST ? (int64_t)most : REWRAP_MOST);
	while (query_step(q) == STORE_ROW && count < REWRAP_MOST) {
		numbers[count++] = row_int(q, 0);
		left = (size_t)row_int(q, 1);
	}
	store_query_free(q);
	for (size_t i = 0; i < count && !err; i++)
		err = rewrap_one(r, numbers[i], new_kek);
	if (!err)
		*ret_left = left - count;
	return err;
}
