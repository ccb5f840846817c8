#include "accounts.h"

#include "common/base/time.h"
#include "common/crypto/crypto.h"
#include "common/io/turned.h"

#include <curl/curl.h>
#include <fcntl.h>
#include <jansson.h>
#include <liboath/oath.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

struct session {
	const struct accounts_wish *wish;
	CURL *curl;
	json_t *made; // what is written at the end
	FILE *sheet;
};

static size_t collect(char *at, size_t one, size_t count, void *context)
{
	buf_add(context, at, one * count);
	return one * count;
}

// The server's certificate is its own: on this machine, in a simulation, that is enough.
static json_t *post(struct session *s, const char *path, json_t *body)
{
	char url[512];
	struct buf answer = {0};
	char *text = json_dumps(body, JSON_COMPACT);
	struct curl_slist *headers = curl_slist_append(NULL, "Content-Type: application/json");
	snprintf(url, sizeof url, "%s%s", s->wish->url, path);
	curl_easy_setopt(s->curl, CURLOPT_URL, url);
	curl_easy_setopt(s->curl, CURLOPT_POSTFIELDS, text);
	curl_easy_setopt(s->curl, CURLOPT_HTTPHEADER, headers);
	curl_easy_setopt(s->curl, CURLOPT_SSL_VERIFYPEER, 0L);
	curl_easy_setopt(s->curl, CURLOPT_SSL_VERIFYHOST, 0L);
	curl_easy_setopt(s->curl, CURLOPT_WRITEFUNCTION, collect);
	curl_easy_setopt(s->curl, CURLOPT_WRITEDATA, &answer);
	curl_easy_setopt(s->curl, CURLOPT_NOPROXY, "*");
	CURLcode code = curl_easy_perform(s->curl);
	json_t *json = code ? NULL : json_loadb((const char *)answer.at, answer.size, 0, NULL);
	if (code)
		fprintf(stderr, "hospital-sim: %s: %s\n", url, curl_easy_strerror(code));
	curl_slist_free_all(headers);
	buf_done(&answer);
	free(text);
	json_decref(body);
	return json;
}

static const char *word(const json_t *json, const char *key)
{
	const char *text = json_string_value(json_object_get(json, key));
	return text ? text : "";
}

int accounts_code(const char *base32, unsigned long long step, char ret_code[8])
{
	char *secret = NULL;
	size_t size;
	if (oath_base32_decode(base32, strlen(base32), &secret, &size) != OATH_OK)
		return 1;
	int result = oath_totp_generate(secret, size, (time_t)(step * 30), 30, 0, 6, ret_code);
	free(secret);
	return result != OATH_OK;
}

// Four words and a number: what the console's advice would like.
static void invent_password(char ret[96])
{
	static const char *const words[] = {"amber", "barley", "candle", "dolphin", "ember",
		"fjord", "ginger", "harbor", "indigo", "juniper", "kettle", "lantern", "meadow",
		"nutmeg", "orchid", "pebble"};
	uint8_t r[5];
	crypto_random(r, sizeof r);
	snprintf(ret, 96, "%s %s %s %s %u", words[r[0] % 16], words[r[1] % 16], words[r[2] % 16],
		words[r[3] % 16], r[4]);
}

// The one-time password, from the server's own command.
static int add_account(struct session *s, json_t *a, char ret_password[64])
{
	int out[2];
	char text[4096] = "";
	size_t at = 0;
	if (pipe(out) != 0)
		return 1;
	pid_t pid = fork();
	if (pid == 0) {
		dup2(out[1], STDOUT_FILENO);
		close(out[0]);
		const char *person = word(a, "person");
		execl(s->wish->hospitaller, "hospitaller", "--state", s->wish->state, "account",
			"add", "--login", word(a, "login"), "--name", word(a, "name"), "--role",
			word(a, "role"), "--json", *person ? "--person" : NULL, person, NULL);
		_exit(127);
	}
	close(out[1]);
	for (ssize_t got; (got = read(out[0], text + at, sizeof text - 1 - at)) > 0;)
		at += (size_t)got;
	close(out[0]);
	json_t *json = json_loads(text, 0, NULL);
	snprintf(ret_password, 64, "%s", word(json, "password"));
	json_object_set(a, "id", json_object_get(json, "id"));
	json_decref(json);
	return !*ret_password;
}

static json_t *step_with(struct session *s, const char *path, json_t *body, char ret_ticket[128])
{
	json_t *step = post(s, path, body);
	snprintf(ret_ticket, 128, "%s", word(step, "ticket"));
	return step;
}

// The second factor, where the role needs one.
static int enrol_factor(struct session *s, json_t *account, const char *ticket)
{
	char code[8];
	json_t *enrolment = post(s, "/api/sign-in/enrol", json_pack("{s:s}", "ticket", ticket));
	unsigned long long now = (unsigned long long)(time_now_us() / 30000000);
	int failed = accounts_code(word(enrolment, "secret"), now, code);
	json_t *step = failed ? NULL
			      : post(s, "/api/sign-in/enrol/confirm",
					json_pack("{s:s, s:s}", "ticket", ticket, "code", code));
	failed = failed || strcmp(word(step, "state"), "signed-in") != 0;
	if (!failed) {
		json_object_set_new(account, "totp", json_string(word(enrolment, "secret")));
		json_object_set_new(account, "totp_step",
			json_integer((json_int_t)now)); // no code is taken twice
		json_object_set(account, "recovery_codes", json_object_get(step, "recovery_codes"));
	}
	json_decref(enrolment);
	json_decref(step);
	return failed;
}

static int enrol(struct session *s, json_t *account, const char *given)
{
	char password[96], ticket[128];
	invent_password(password);
	json_decref(step_with(s, "/api/sign-in",
		json_pack("{s:s, s:s}", "login", word(account, "login"), "password", given),
		ticket));
	json_t *step = step_with(s, "/api/sign-in/password",
		json_pack("{s:s, s:s}", "ticket", ticket, "password", password), ticket);
	int failed =
		strcmp(word(step, "state"), "signed-in") != 0 && enrol_factor(s, account, ticket);
	json_decref(step);
	if (failed)
		return 1;
	const char *totp = word(account, "totp");
	json_object_set_new(account, "password", json_string(password));
	fprintf(s->sheet, "  %-18s %-18s password: %-40s %s%s\n", word(account, "role"),
		word(account, "login"), password, *totp ? "authenticator secret: " : "", totp);
	return 0;
}

static int make_one(struct session *s, const json_t *wanted)
{
	char given[64];
	json_t *account = json_deep_copy(wanted);
	int failed = add_account(s, account, given) || enrol(s, account, given);
	if (failed)
		fprintf(stderr, "hospital-sim: %s could not be given an account\n",
			word(wanted, "login"));
	else
		json_array_append(s->made, account);
	json_decref(account);
	return failed;
}

static int gives_care(const char *role)
{
	return strcmp(role, "clinician") == 0 || strcmp(role, "nurse") == 0 ||
	       strcmp(role, "front-desk") == 0;
}

static int make_all(struct session *s, const json_t *list)
{
	json_t *seen = json_object(), *one;
	size_t i;
	int failed = 0;
	json_array_foreach(list, i, one)
	{
		if (s->wish->demo && json_object_get(seen, word(one, "role")))
			continue;
		if (s->wish->care && !gives_care(word(one, "role")))
			continue;
		json_object_set_new(seen, word(one, "role"), json_true());
		if (isatty(STDERR_FILENO))
			fprintf(stderr, "\r   %zu of %zu accounts", i + 1, json_array_size(list));
		failed |= make_one(s, one);
	}
	if (isatty(STDERR_FILENO))
		fputc('\n', stderr);
	json_decref(seen);
	return failed;
}

static FILE *private_file(const char *dir, const char *name)
{
	char path[1024];
	snprintf(path, sizeof path, "%s/%s", dir, name);
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	return fd < 0 ? NULL : fdopen(fd, "w");
}

int accounts_make(const struct accounts_wish *wish)
{
	char path[1024], problem[TURNED_PROBLEM_BYTES];
	if (wish->clock && turned_follow(wish->clock, problem)) {
		fprintf(stderr, "hospital-sim: %s\n", problem);
		return 1;
	}
	struct session s = {.wish = wish, .curl = curl_easy_init(), .made = json_array()};
	snprintf(path, sizeof path, "%s/accounts.json", wish->dir);
	json_t *list = json_load_file(path, 0, NULL);
	FILE *secrets = private_file(wish->dir, "accounts-with-secrets.json");
	s.sheet = private_file(wish->dir, "sign-in.txt");
	int failed = 1;
	if (list && secrets && s.sheet && s.curl) {
		fputs("\nAccounts of the simulated hospital (put the secret into an authenticator app, or use\n"
		      "`oathtool --totp --base32 SECRET`):\n",
			s.sheet);
		failed = make_all(&s, list) || json_dumpf(s.made, secrets, JSON_INDENT(2)) != 0;
	} else {
		fprintf(stderr, "hospital-sim: %s cannot be used\n", wish->dir);
	}
	if (secrets)
		fclose(secrets);
	if (s.sheet)
		fclose(s.sheet);
	curl_easy_cleanup(s.curl);
	json_decref(list);
	json_decref(s.made);
	return failed;
}
