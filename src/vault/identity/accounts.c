#include "vault/identity/identity_in.h"

#include "common/base/text.h"
#include "common/base/time.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
	ACCOUNT_FORMAT = 1,
	ACCOUNTS_MOST = 200000
};

static void encode(const struct held_account *a, struct buf *out)
{
	put_u8(out, ACCOUNT_FORMAT);
	put_text(out, a->login);
	put_text(out, a->name);
	put_text(out, a->role);
	put_text(out, a->person);
	put_u8(out, (uint8_t)a->state);
	put_u8(out, (uint8_t)(a->must_change | a->single_factor << 1 | a->has_totp << 2));
	put_text(out, a->password);
	buf_add(out, a->totp, sizeof a->totp);
	put_u64(out, a->totp_step);
	for (int i = 0; i < RECOVERY_CODES; i++) {
		put_u8(out, a->recovery_left[i]);
		buf_add(out, a->recovery[i].bytes, HASH_BYTES);
	}
	put_u64(out, (uint64_t)a->created_us);
}

static enum err decode(struct bytes plain, struct held_account *a)
{
	struct cursor in = cursor_of(plain);
	if (get_u8(&in) != ACCOUNT_FORMAT)
		return ERR_UNSUPPORTED;
	get_text_into(&in, a->login, sizeof a->login);
	get_text_into(&in, a->name, sizeof a->name);
	get_text_into(&in, a->role, sizeof a->role);
	get_text_into(&in, a->person, sizeof a->person);
	a->state = (enum account_state)get_u8(&in);
	uint8_t flags = get_u8(&in);
	a->must_change = flags & 1;
	a->single_factor = flags & 2;
	a->has_totp = flags & 4;
	get_text_into(&in, a->password, sizeof a->password);
	struct bytes totp = get_raw(&in, sizeof a->totp);
	if (totp.size)
		memcpy(a->totp, totp.at, totp.size);
	a->totp_step = get_u64(&in);
	for (int i = 0; i < RECOVERY_CODES; i++) {
		a->recovery_left[i] = get_u8(&in);
		struct bytes hash = get_raw(&in, HASH_BYTES);
		if (hash.size)
			memcpy(a->recovery[i].bytes, hash.at, HASH_BYTES);
	}
	a->created_us = (int64_t)get_u64(&in);
	return cursor_end(&in);
}

enum err account_store(struct identity *identity, const struct held_account *a)
{
	struct buf plain = {0}, sealed = {0};
	encode(a, &plain);
	enum err err = sealer_seal(
		identity->sealer, &identity->key, bytes_text(a->id), buf_bytes(&plain), &sealed);
	if (!err) {
		query_text(identity->put_account, 1, a->id);
		query_blob(identity->put_account, 2, buf_bytes(&sealed));
		err = query_run(identity->put_account);
	}
	buf_done(&plain);
	buf_done(&sealed);
	return err;
}

static void fold_login(const char *login, char ret_folded[LOGIN_BYTES])
{
	text_fold(bytes_text(login), ret_folded, LOGIN_BYTES);
}

static void hold(struct identity *identity, struct held_account *a)
{
	char folded[LOGIN_BYTES];
	fold_login(a->login, folded);
	map_set(identity->accounts, bytes_text(a->id), a);
	map_set(identity->logins, bytes_text(folded), a);
}

enum err accounts_load(struct identity *identity)
{
	struct store_query *q;
	struct arena *arena = arena_new();
	enum err err = store_prepare(identity->store, "SELECT id, sealed FROM account", &q);
	if (err)
		goto out;
	enum store_step step = STORE_DONE;
	while (!err && (step = query_step(q)) == STORE_ROW) {
		struct buf plain = {0};
		struct held_account *a = calloc(1, sizeof *a);
		if (!a)
			abort();
		const char *id = row_text(q, 0, arena);
		snprintf(a->id, sizeof a->id, "%s", id);
		err = sealer_open(
			identity->sealer, &identity->key, bytes_text(id), row_blob(q, 1), &plain);
		if (!err)
			err = decode(buf_bytes(&plain), a);
		buf_done(&plain);
		if (err)
			free(a);
		else
			hold(identity, a);
	}
	if (!err && step == STORE_FAILED)
		err = ERR_IO; // half of the accounts are not the accounts
	store_query_free(q);
out:
	arena_free(arena);
	return err;
}

struct held_account *account_held(const struct identity *identity, const char *text)
{
	char folded[LOGIN_BYTES];
	struct held_account *a = map_find(identity->accounts, bytes_text(text));
	if (a)
		return a;
	fold_login(text, folded);
	return map_find(identity->logins, bytes_text(folded));
}

void account_show(const struct held_account *held, struct arena *arena, struct account *ret)
{
	*ret = (struct account){.id = arena_text(arena, held->id),
		.login = arena_text(arena, held->login),
		.name = arena_text(arena, held->name),
		.role = arena_text(arena, held->role),
		.person = arena_text(arena, held->person),
		.state = held->state,
		.must_change_password = held->must_change,
		.has_second_factor = held->has_totp,
		.must_enrol = !held->has_totp && !held->single_factor,
		.created_us = held->created_us};
}

// Four groups of five letters and digits that are not mistaken for each other: 98 bits.
void given_password(char ret_password[PASSWORD_GIVEN_BYTES])
{
	static const char letters[] = "abcdefghjkmnpqrstuvwxyz23456789";
	size_t at = 0;
	for (int i = 0; i < 20;) {
		uint8_t random;
		crypto_random(&random, 1);
		if (random >= 8 * (sizeof letters - 1))
			continue; // keeps every letter equally likely
		if (i && i % 5 == 0)
			ret_password[at++] = '-';
		ret_password[at++] = letters[random % (sizeof letters - 1)];
		i++;
	}
	ret_password[at] = 0;
}

struct given {
	char password[PASSWORD_GIVEN_BYTES], encoded[PASSWORD_HASH_TEXT_BYTES];
	struct password_cost cost;
	enum err result;
};

struct given *given_new(const struct identity *identity)
{
	struct given *given = calloc(1, sizeof *given);
	if (!given)
		abort();
	given->cost = identity->cost;
	given->result = ERR_BUSY;
	given_password(given->password);
	return given;
}

void given_run(void *context)
{
	struct given *given = context;
	given->result = password_hash(bytes_text(given->password), &given->cost, given->encoded);
}

void given_free(void *context)
{
	if (!context)
		return;
	crypto_wipe(context, sizeof(struct given));
	free(context);
}

// Puts the password that is given out into the account, and tells it.
static enum err give(const struct identity *identity, const struct given *given,
	struct held_account *a, char ret_password[PASSWORD_GIVEN_BYTES])
{
	struct given *own = given ? NULL : given_new(identity);
	if (own)
		given_run(own);
	const struct given *from = given ? given : own;
	enum err err = from->result;
	if (!err) {
		memcpy(a->password, from->encoded, sizeof a->password);
		memcpy(ret_password, from->password, PASSWORD_GIVEN_BYTES);
		a->must_change = true;
	}
	given_free(own);
	return err;
}

static bool login_is_fine(const char *login)
{
	size_t length = strlen(login);
	if (length < 2 || length > 64)
		return false;
	for (const char *c = login; *c; c++)
		if (!isalnum((unsigned char)*c) && !strchr("._-@", *c))
			return false;
	return true;
}

enum err identity_account_create(struct identity *identity, const struct account_new *wanted,
	int64_t now_us, struct arena *arena, struct account *ret_account,
	char ret_password[PASSWORD_GIVEN_BYTES])
{
	uint8_t random[16];
	if (!login_is_fine(wanted->login) || !*wanted->name || strlen(wanted->name) > 255 ||
		strlen(wanted->role) > 31 || (wanted->person && strlen(wanted->person) > 95))
		return ERR_INVALID;
	if (account_held(identity, wanted->login))
		return ERR_EXISTS;
	if (map_count(identity->accounts) >= ACCOUNTS_MOST)
		return ERR_LIMIT;
	struct held_account *a = calloc(1, sizeof *a);
	if (!a)
		abort();
	crypto_random(random, sizeof random);
	text_uuid(random, a->id);
	snprintf(a->login, sizeof a->login, "%s", wanted->login);
	snprintf(a->name, sizeof a->name, "%s", wanted->name);
	snprintf(a->role, sizeof a->role, "%s", wanted->role);
	snprintf(a->person, sizeof a->person, "%s", wanted->person ? wanted->person : "");
	a->state = ACCOUNT_ACTIVE;
	a->single_factor = wanted->single_factor;
	a->created_us = now_us;
	enum err err = give(identity, wanted->given, a, ret_password);
	if (!err)
		err = account_store(identity, a);
	if (err) {
		free(a);
		return err;
	}
	hold(identity, a);
	account_show(a, arena, ret_account);
	return OK;
}

enum err identity_account_find(struct identity *identity, const char *text, struct arena *arena,
	struct account *ret_account)
{
	struct held_account *a = account_held(identity, text);
	if (!a)
		return ERR_NOT_FOUND;
	account_show(a, arena, ret_account);
	return OK;
}

static int by_login(const void *a, const void *b)
{
	return strcmp(((const struct account *)a)->login, ((const struct account *)b)->login);
}

enum err identity_account_list(struct identity *identity, const char *text, struct arena *arena,
	struct account **ret_accounts, size_t *ret_count)
{
	size_t at = 0, count = 0;
	struct bytes key;
	void *value;
	struct account *list = arena_alloc(arena, map_count(identity->accounts) * sizeof *list);
	while (map_next(identity->accounts, &at, &key, &value)) {
		const struct held_account *a = value;
		if (!text || !*text || strcasestr(a->login, text) || strcasestr(a->name, text))
			account_show(a, arena, &list[count++]);
	}
	qsort(list, count, sizeof *list, by_login);
	*ret_accounts = list;
	*ret_count = count;
	return OK;
}

enum err identity_account_change(
	struct identity *identity, const char *id, const struct account_change *change)
{
	struct held_account *a = account_held(identity, id);
	if (!a)
		return ERR_NOT_FOUND;
	if ((change->name && (!*change->name || strlen(change->name) > 255)) ||
		(change->role && strlen(change->role) > 31))
		return ERR_INVALID;
	struct held_account before = *a;
	if (change->name)
		snprintf(a->name, sizeof a->name, "%s", change->name);
	if (change->role) {
		snprintf(a->role, sizeof a->role, "%s", change->role);
		a->must_change |=
			change->single_factor && !a->single_factor; // alone it must be longer
		a->single_factor = change->single_factor;
	}
	if (change->state)
		a->state = change->state;
	enum err err = account_store(identity, a);
	if (err)
		*a = before;
	else if (a->state == ACCOUNT_LOCKED || change->role)
		sessions_end_of(identity, a, NULL);
	return err;
}

enum err identity_reset_password(struct identity *identity, const char *id,
	const struct given *given, char ret_password[PASSWORD_GIVEN_BYTES])
{
	struct held_account *a = account_held(identity, id);
	if (!a)
		return ERR_NOT_FOUND;
	struct held_account before = *a;
	enum err err = give(identity, given, a, ret_password);
	if (!err)
		err = account_store(identity, a);
	if (err)
		*a = before;
	else
		sessions_end_of(identity, a, NULL);
	return err;
}

enum err identity_reset_second_factor(struct identity *identity, const char *id)
{
	struct held_account *a = account_held(identity, id);
	if (!a)
		return ERR_NOT_FOUND;
	struct held_account before = *a;
	a->has_totp = false;
	crypto_wipe(a->totp, sizeof a->totp);
	memset(a->recovery_left, 0, sizeof a->recovery_left);
	enum err err = account_store(identity, a);
	if (err)
		*a = before;
	else
		sessions_end_of(identity, a, NULL);
	return err;
}
