#include "sessions.h"

#include "accounts.h"
#include "common/base/map.h"
#include "common/crypto/crypto.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *word(const json_t *json, const char *key)
{
	const char *text = json_string_value(json_object_get(json, key));
	return text ? text : "";
}

static struct map *people_by_login(const struct town *town)
{
	struct map *map = map_new();
	for (size_t i = 0; i < town->count; i++)
		if (town->people[i].job)
			map_set(map, bytes_text(town->people[i].login), &town->people[i]);
	return map;
}

static void add_account(const struct town *town, struct sessions *s, const struct map *logins,
	const json_t *account)
{
	const struct person *person = map_find(logins, bytes_text(word(account, "login")));
	if (!person || !*word(account, "password") || s->able[person - town->people])
		return;
	struct session *one = calloc(1, sizeof *one);
	if (!one)
		abort();
	snprintf(one->login, sizeof one->login, "%s", word(account, "login"));
	snprintf(one->password, sizeof one->password, "%s", word(account, "password"));
	snprintf(one->totp, sizeof one->totp, "%s", word(account, "totp"));
	one->step = (unsigned long long)json_integer_value(json_object_get(account, "totp_step"));
	s->of[person - town->people] = one;
	s->able[person - town->people] = 1;
	s->count++;
}

int sessions_open(const struct town *town, const char *dir, struct sessions *ret)
{
	char path[1024];
	json_t *one;
	size_t i;
	*ret = (struct sessions){
		.of = calloc(town->count, sizeof *ret->of), .able = calloc(town->count, 1)};
	if (!ret->of || !ret->able)
		abort();
	snprintf(path, sizeof path, "%s/accounts-with-secrets.json", dir);
	json_t *list = json_load_file(path, 0, NULL);
	struct map *logins = people_by_login(town);
	json_array_foreach(list, i, one) add_account(town, ret, logins, one);
	map_free(logins);
	json_decref(list);
	if (!ret->count)
		fprintf(stderr,
			"hospital-sim: %s has no accounts: make some with `hospital-sim accounts`\n",
			path);
	return ret->count == 0;
}

void sessions_close(const struct town *town, struct sessions *s)
{
	for (size_t i = 0; s->of && i < town->count; i++) {
		if (s->of[i])
			crypto_wipe(s->of[i], sizeof *s->of[i]);
		free(s->of[i]);
	}
	free(s->of);
	free(s->able);
	*s = (struct sessions){0};
}

static void add_json(struct buf *out, json_t *json)
{
	char *text = json_dumps(json, JSON_COMPACT);
	buf_add_text(out, text ? text : "{}");
	free(text);
	json_decref(json);
}

void sessions_password(const struct session *s, struct buf *out)
{
	add_json(out, json_pack("{s:s, s:s, s:s}", "login", s->login, "password", s->password,
			      "kind", "bearer"));
}

// The server takes the step before, the present one and the next, each once.
int64_t sessions_code(struct session *s, int64_t now_us, struct buf *out)
{
	char code[8] = "";
	unsigned long long now = (unsigned long long)(now_us / 1000000 / 30);
	unsigned long long step = s->step < now ? now : s->step + 1;
	if (step > now + 1)
		return (int64_t)(step - 1) * 30000000 - now_us + 100000;
	s->step = step;
	accounts_code(s->totp, step, code);
	add_json(out, json_pack("{s:s, s:s}", "ticket", s->ticket, "code", code));
	return 0;
}

static void keep(char to[SESSION_TEXT_BYTES], const char *text)
{
	snprintf(to, SESSION_TEXT_BYTES, "%s", text);
}

enum signing sessions_answer(struct session *s, long status, struct bytes body, int64_t now_us)
{
	int had_ticket = *s->ticket != 0;
	if (status == 401 && had_ticket && ++s->tries < SESSION_TRIES)
		return SIGNING_RETRY;
	json_t *json = status == 200 ? json_loadb((const char *)body.at, body.size, 0, NULL) : NULL;
	enum signing signing = SIGNING_FAILED;
	keep(s->ticket, word(json, "ticket"));
	if (strcmp(word(json, "state"), "signed-in") == 0 && *word(json, "token")) {
		keep(s->token, word(json, "token"));
		s->since_us = now_us;
		signing = SIGNING_DONE;
	} else if (strcmp(word(json, "state"), "second-factor") == 0 && *s->ticket) {
		signing = SIGNING_CODE;
	}
	s->tries = 0;
	json_decref(json);
	return signing;
}
