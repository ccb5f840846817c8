// The usual places: from which address an account signed in, kept over restarts, so that guessing
// elsewhere slows nobody there. The newest PLACES_MOST are kept.
#include "vault/identity/identity_in.h"

enum {
	PLACE_FORMAT = 1,
	PLACES_MOST = 20000
};

static struct hash place_name(
	const struct identity *identity, const char *account, const char *address)
{
	struct buf text = {0};
	buf_printf(&text, "%s|%s", account, address);
	struct key key = crypto_derive(&identity->key, "place", buf_bytes(&text));
	struct hash name =
		crypto_sha256(bytes_of(key.bytes, KEY_BYTES)); // tells neither without the key
	crypto_wipe(&key, sizeof key);
	buf_done(&text);
	return name;
}

static enum err place_store(
	struct identity *identity, const char *account, const char *address, int64_t now_us)
{
	struct hash name = place_name(identity, account, address);
	struct buf plain = {0}, sealed = {0};
	put_u8(&plain, PLACE_FORMAT);
	put_text(&plain, account);
	put_text(&plain, address);
	put_u64(&plain, (uint64_t)now_us);
	struct bytes at = bytes_of(name.bytes, HASH_BYTES);
	enum err err =
		sealer_seal(identity->sealer, &identity->key, at, buf_bytes(&plain), &sealed);
	if (!err) {
		query_blob(identity->put_place, 1, at);
		query_blob(identity->put_place, 2, buf_bytes(&sealed));
		err = query_run(identity->put_place);
	}
	if (!err) {
		query_int(identity->end_places, 1, PLACES_MOST);
		err = query_run(identity->end_places);
	}
	buf_done(&plain);
	buf_done(&sealed);
	return err;
}

enum err signed_in_at(
	struct identity *identity, const char *account, const char *address, int64_t now_us)
{
	bool fresh = throttle_succeeded(identity->throttle, account, address, now_us);
	return fresh ? place_store(identity, account, address, now_us) : OK;
}

static void place_read(struct identity *identity, struct bytes name, struct bytes sealed)
{
	char account[40], address[64];
	struct buf plain = {0};
	// One that does not open is no usual place: its account is throttled there like a
	// stranger's.
	if (sealer_open(identity->sealer, &identity->key, name, sealed, &plain) == OK) {
		struct cursor in = cursor_of(buf_bytes(&plain));
		bool known = get_u8(&in) == PLACE_FORMAT;
		get_text_into(&in, account, sizeof account);
		get_text_into(&in, address, sizeof address);
		int64_t last_us = (int64_t)get_u64(&in);
		if (known && !cursor_end(&in))
			(void)throttle_succeeded(identity->throttle, account, address, last_us);
	}
	buf_done(&plain);
}

enum err places_load(struct identity *identity)
{
	struct store_query *q;
	enum err err = store_prepare(
		identity->store, "SELECT name, sealed FROM place ORDER BY number", &q);
	if (err)
		return err;
	enum store_step step;
	while ((step = query_step(q)) == STORE_ROW)
		place_read(identity, row_blob(q, 0), row_blob(q, 1));
	store_query_free(q);
	return step == STORE_FAILED ? ERR_IO : OK;
}
