// Accounts on the command line.
#include "cli/talk.h"

#include "vault/policy/policy.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *wrong_role(const char *value)
{
	enum policy_role role = policy_role_find(value);
	return role == ROLE_NONE || role == ROLE_LOCAL ? "this is not a role" : NULL;
}

static void show_done(const json_t *answer)
{
	(void)answer;
	puts("done");
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

// One request whose body is `json` (stolen, may be NULL); prints what `show` makes of the answer.
static int act(const struct invocation *invocation, struct client_ask ask, json_t *json,
	void (*show)(const json_t *answer))
{
	char *body = json ? json_dumps(json, JSON_COMPACT) : NULL;
	json_decref(json);
	ask.body = bytes_text(body);
	int result = talk_and_show(invocation, &ask, show);
	free(body);
	return result;
}

static int run_add(const struct invocation *invocation)
{
	const char *person = option_of(invocation, "person");
	json_t *json = json_pack("{s:s, s:s, s:s, s:s}", "login", option_of(invocation, "login"),
		"name", option_of(invocation, "name"), "role", option_of(invocation, "role"),
		"person", person ? person : "");
	if (!json)
		return fail(invocation, EXIT_WRONG_USE, "this is not UTF-8");
	return act(invocation, (struct client_ask){.method = DOOR_POST, .path = "/api/accounts"},
		json, show_password);
}

const struct command command_account_add = {
	.usage = {.words = "account add",
		.summary = "Makes an account and prints its one-time password.",
		.help = "The first sign-in asks for a password of one's own and, but for patients, for a second factor. An application gets no password: account token makes what it signs in with.",
		.options = {{.name = "login",
				    .value = "LOGIN",
				    .required = true,
				    .help = "2 to 64 letters, digits or . _ - @."},
			{.name = "name",
				.value = "NAME",
				.required = true,
				.help = "The name that people see, also on the trail."},
			{.name = "role",
				.value = "ROLE",
				.required = true,
				.wrong = wrong_role,
				.help = "clinician, nurse, front-desk, privacy-officer, security-officer, administrator, application or patient."},
			{.name = "person",
				.value = "REFERENCE",
				.help = "Who this is in the records, Practitioner/ID or Patient/ID: a clinician's care relationships and a patient's own record follow from it."}}},
	.run = run_add,
};

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

static int run_list(const struct invocation *invocation)
{
	const char *text = argument_of(invocation, 0);
	const struct door_param params[] = {{"text", text ? text : ""}};
	const struct client_ask ask = {
		.method = DOOR_GET, .path = "/api/accounts", .params = params, .param_count = 1};
	return talk_and_show(invocation, &ask, show_accounts);
}

const struct command command_account_list = {
	.usage = {.words = "account list",
		.summary = "Lists accounts.",
		.arguments = {{.name = "TEXT",
			.optional = true,
			.help = "Only those whose login or name holds this."}}},
	.run = run_list,
};

// Logins are not ids: the server's list knows both.
static int find_account(const struct invocation *invocation, const char *end, char ret_path[256])
{
	const char *login = argument_of(invocation, 0);
	json_t *answer = NULL, *a;
	size_t i;
	const struct client_ask ask = {.method = DOOR_GET, .path = "/api/accounts"};
	int result = talk(invocation, &ask, &answer);
	bool found = false;
	json_array_foreach(json_object_get(answer, "accounts"), i, a)
	{
		const char *id = json_word(a, "id");
		if (strcmp(json_word(a, "login"), login) != 0 && strcmp(id, login) != 0)
			continue;
		snprintf(ret_path, 256, "/api/accounts/%s%s", id, end);
		found = true;
	}
	json_decref(answer);
	if (!result && !found)
		result = fail(invocation, EXIT_NOT_WHOLE, "there is no account '%.100s'", login);
	return result;
}

static int set_state(const struct invocation *invocation, const char *state)
{
	char path[256];
	int result = find_account(invocation, "", path);
	return result ? result
		      : act(invocation, (struct client_ask){.method = DOOR_PATCH, .path = path},
				json_pack("{s:s}", "state", state), show_done);
}

static int run_lock(const struct invocation *invocation)
{
	return set_state(invocation, "locked");
}

static int run_unlock(const struct invocation *invocation)
{
	return set_state(invocation, "active");
}

#define ARGUMENT_LOGIN .name = "LOGIN", .help = "The account's login or id."

const struct command command_account_lock = {
	.usage = {.words = "account lock",
		.summary = "Locks an account and ends its sessions.",
		.arguments = {{ARGUMENT_LOGIN}}},
	.run = run_lock,
};

const struct command command_account_unlock = {
	.usage = {.words = "account unlock",
		.summary = "Lets an account sign in again.",
		.arguments = {{ARGUMENT_LOGIN}}},
	.run = run_unlock,
};

static int post(const struct invocation *invocation, const char *end, json_t *json,
	void (*show)(const json_t *answer))
{
	char path[256];
	int result = find_account(invocation, end, path);
	if (!result)
		return act(invocation, (struct client_ask){.method = DOOR_POST, .path = path}, json,
			show);
	json_decref(json);
	return result;
}

static int run_reset_password(const struct invocation *invocation)
{
	return post(invocation, "/reset-password", NULL, show_password);
}

const struct command command_account_reset_password = {
	.usage = {.words = "account reset-password",
		.summary = "Prints a new one-time password.",
		.help = "The account's sessions end.",
		.arguments = {{ARGUMENT_LOGIN}}},
	.run = run_reset_password,
};

static int run_reset_second_factor(const struct invocation *invocation)
{
	return post(invocation, "/reset-second-factor", NULL, show_done);
}

const struct command command_account_reset_second_factor = {
	.usage = {.words = "account reset-second-factor",
		.summary = "Lets a lost second factor be enrolled again.",
		.help = "The account's sessions end; the next sign-in shows a new QR code.",
		.arguments = {{ARGUMENT_LOGIN}}},
	.run = run_reset_second_factor,
};

static int run_token(const struct invocation *invocation)
{
	json_t *json = json_pack("{s:s}", "label", option_of(invocation, "label"));
	return json ? post(invocation, "/tokens", json, show_token)
		    : fail(invocation, EXIT_WRONG_USE, "this is not UTF-8");
}

const struct command command_account_token = {
	.usage = {.words = "account token",
		.summary = "Makes a bearer token for an application.",
		.help = "Only for accounts of the role application. It is printed once, and kept nowhere in clear.",
		.arguments = {{ARGUMENT_LOGIN}},
		.options = {{.name = "label",
			.value = "TEXT",
			.required = true,
			.help = "What it is for: session list shows it."}}},
	.run = run_token,
};
