// Accounts and sessions on the command line.
#include "cli/talk.h"

#include <stdio.h>
#include <string.h>

static int wrong_use(const char *words)
{
	fprintf(stderr, "hospitaller: %s; see --help\n", words);
	return EXIT_WRONG_USE;
}

static const char *first_argument(const struct invocation *invocation)
{
	int at = 0;
	return argument_next(invocation, &at);
}

// One request whose body is `json` (stolen, may be NULL); prints what `show` makes of the answer.
static int act(const struct invocation *invocation, enum door_method method, const char *path,
	json_t *json, void (*show)(const json_t *answer))
{
	char *body = json ? json_dumps(json, JSON_COMPACT) : NULL;
	json_t *answer = NULL;
	const struct client_ask ask = {.method = method, .path = path, .body = bytes_text(body)};
	int result = talk(invocation, &ask, &answer);
	if (!result && invocation->json && answer)
		print_json(answer);
	else if (!result && show)
		show(answer);
	json_decref(answer);
	json_decref(json);
	free(body);
	return result;
}

static void show_password(const json_t *answer)
{
	const char *password = json_word(answer, "password");
	if (*json_word(answer, "login"))
		printf("%s (%s) %s\n", json_word(answer, "login"), json_word(answer, "role"),
			json_word(answer, "id"));
	if (*password)
		printf("one-time password: %s\n", password);
}

static void show_token(const json_t *answer)
{
	puts(json_word(answer, "token"));
}

static void show_done(const json_t *answer)
{
	(void)answer;
	puts("done");
}

int command_account_add(const struct invocation *invocation)
{
	const char *login = option_of(invocation, "login"), *name = option_of(invocation, "name");
	const char *role = option_of(invocation, "role"), *person = option_of(invocation, "person");
	if (!login || !name || !role)
		return wrong_use("--login, --name and --role are needed");
	return act(invocation, DOOR_POST, "/api/accounts",
		json_pack("{s:s, s:s, s:s, s:s}", "login", login, "name", name, "role", role,
			"person", person ? person : ""),
		show_password);
}

static void show_accounts(const json_t *answer)
{
	size_t i;
	json_t *a;
	json_array_foreach(json_object_get(answer, "accounts"), i, a)
		printf("%-24s %-18s %-8s %-14s %s\n", json_word(a, "login"), json_word(a, "role"),
			json_word(a, "state"),
			json_is_true(json_object_get(a, "second_factor")) ? "second factor" : "-",
			json_word(a, "name"));
}

int command_account_list(const struct invocation *invocation)
{
	const char *text = first_argument(invocation);
	const struct door_param params[] = {{"text", text ? text : ""}};
	json_t *answer = NULL;
	const struct client_ask ask = {
		.method = DOOR_GET, .path = "/api/accounts", .params = params, .param_count = 1};
	int result = talk(invocation, &ask, &answer);
	if (!result && invocation->json)
		print_json(answer);
	else if (!result)
		show_accounts(answer);
	json_decref(answer);
	return result;
}

// Logins are not ids: the server's list knows both.
static int with_account(const struct invocation *invocation, const char *end,
	enum door_method method, json_t *json, void (*show)(const json_t *answer))
{
	const char *login = first_argument(invocation);
	char path[256] = "";
	json_t *answer = NULL, *a;
	size_t i;
	if (!login) {
		json_decref(json);
		return wrong_use("a LOGIN is needed");
	}
	const struct client_ask ask = {.method = DOOR_GET, .path = "/api/accounts"};
	int result = talk(invocation, &ask, &answer);
	json_array_foreach(json_object_get(answer, "accounts"), i,
		a) if (strcmp(json_word(a, "login"), login) == 0 ||
		       strcmp(json_word(a, "id"), login) == 0)
		snprintf(path, sizeof path, "/api/accounts/%s%s", json_word(a, "id"), end);
	json_decref(answer);
	if (!result && !*path) {
		fprintf(stderr, "hospitaller: there is no account '%s'\n", login);
		result = EXIT_NOT_WHOLE;
	}
	if (result) {
		json_decref(json);
		return result;
	}
	return act(invocation, method, path, json, show);
}

int command_account_lock(const struct invocation *invocation)
{
	return with_account(
		invocation, "", DOOR_PATCH, json_pack("{s:s}", "state", "locked"), show_done);
}

int command_account_unlock(const struct invocation *invocation)
{
	return with_account(
		invocation, "", DOOR_PATCH, json_pack("{s:s}", "state", "active"), show_done);
}

int command_account_reset_password(const struct invocation *invocation)
{
	return with_account(invocation, "/reset-password", DOOR_POST, NULL, show_password);
}

int command_account_reset_second_factor(const struct invocation *invocation)
{
	return with_account(invocation, "/reset-second-factor", DOOR_POST, NULL, show_done);
}

int command_account_token(const struct invocation *invocation)
{
	const char *label = option_of(invocation, "label");
	if (!label)
		return wrong_use("--label is needed");
	return with_account(
		invocation, "/tokens", DOOR_POST, json_pack("{s:s}", "label", label), show_token);
}

static void show_sessions(const json_t *answer)
{
	size_t i;
	json_t *s;
	json_array_foreach(json_object_get(answer, "sessions"), i, s)
		printf("%-18s %-24s %-8s %-24s %-16s %s\n", json_word(s, "handle"),
			json_word(s, "name"), json_word(s, "kind"), json_word(s, "last_used"),
			json_word(s, "address"), json_word(s, "agent"));
}

int command_session_list(const struct invocation *invocation)
{
	const char *account = option_of(invocation, "account");
	const struct door_param params[] = {{"account", account ? account : ""}};
	json_t *answer = NULL;
	const struct client_ask ask = {
		.method = DOOR_GET, .path = "/api/sessions", .params = params, .param_count = 1};
	int result = talk(invocation, &ask, &answer);
	if (!result && invocation->json)
		print_json(answer);
	else if (!result)
		show_sessions(answer);
	json_decref(answer);
	return result;
}

int command_session_revoke(const struct invocation *invocation)
{
	char path[256];
	const char *handle = first_argument(invocation);
	if (!handle)
		return wrong_use("a HANDLE is needed");
	snprintf(path, sizeof path, "/api/sessions/%s", handle);
	return act(invocation, DOOR_DELETE, path, NULL, show_done);
}
