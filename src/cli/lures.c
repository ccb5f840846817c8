// Honey records on the command line: invented patients, accounts and tokens.
#include "cli/lure_people.h"
#include "cli/talk.h"

#include "common/base/text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
	LURES_AT_ONCE = 100,
	LOGIN_TRIES = 20
};

struct making {
	const struct invocation *invocation;
	json_t *data, *accounts; // of the file; there already
	struct lure_shape shape;
	json_t *made;
};

// Asks with a body (stolen); the answer is the caller's.
static int send(const struct invocation *invocation, const char *path, json_t *json, json_t **ret)
{
	char *body = json ? json_dumps(json, JSON_COMPACT) : NULL;
	json_decref(json);
	if (!body)
		return fail(invocation, EXIT_WRONG_USE, "this is not UTF-8");
	const struct client_ask ask = {.method = DOOR_POST, .path = path, .body = bytes_text(body)};
	int result = talk(invocation, &ask, ret);
	free(body);
	return result;
}

static int store(const struct invocation *invocation, json_t *bundle)
{
	json_t *answer = NULL;
	int result = send(invocation, "/api/import", bundle, &answer);
	json_decref(answer);
	return result;
}

// `more` (stolen) is told beside what the server answered.
static int mark(struct making *m, json_t *lure, json_t *more)
{
	json_t *answer = NULL;
	int result = send(m->invocation, "/api/lures", lure, &answer);
	if (!result) {
		json_object_update_missing(answer, more);
		json_array_append(m->made, answer);
	}
	json_decref(answer);
	json_decref(more);
	return result;
}

static int make_patient(struct making *m)
{
	char id[LURE_PEOPLE_BYTES];
	json_t *bundle = lure_patient(m->data, &m->shape, id);
	int result = store(m->invocation, bundle);
	return result ? result
		      : mark(m, json_pack("{s:s, s:s}", "kind", "patient", "id", id),
				json_object());
}

// As the logins here are: what stands before the last dot, and a family name.
static void login_of(const struct making *m, const char *given, const char *family,
	char ret_login[64], const char **ret_role)
{
	char folded[2][32], start[32] = "";
	json_t *one;
	size_t i, seen = 0;
	*ret_role = "nurse";
	text_fold(bytes_text(given), folded[0], sizeof folded[0]);
	text_fold(bytes_text(family), folded[1], sizeof folded[1]);
	json_array_foreach(m->accounts, i, one)
	{
		const char *login = json_word(one, "login"), *dot = strrchr(login, '.');
		const char *role = json_word(one, "role");
		bool fits = strcmp(role, "nurse") == 0 || strcmp(role, "clinician") == 0;
		if (!fits || !dot || (size_t)(dot - login) >= sizeof start || lure_any(++seen))
			continue;
		snprintf(start, sizeof start, "%.*s", (int)(dot - login), login);
		*ret_role = role;
	}
	snprintf(ret_login, 64, "%s.%s", *start ? start : folded[0], folded[1]);
}

static bool is_taken(const struct making *m, const char *login)
{
	json_t *one;
	size_t i;
	json_array_foreach(
		m->accounts, i, one) if (strcmp(json_word(one, "login"), login) == 0) return true;
	return false;
}

static int make_account(struct making *m)
{
	char login[64], id[LURE_PEOPLE_BYTES], name[128], person[96];
	const char *given, *family, *role;
	json_t *answer = NULL;
	int tries = 0;
	do {
		lure_name(m->data, &given, &family);
		login_of(m, given, family, login, &role);
	} while (is_taken(m, login) && ++tries < LOGIN_TRIES);
	int result = store(m->invocation, lure_practitioner(given, family, id));
	if (result)
		return result;
	snprintf(name, sizeof name, "%.60s %.60s", given, family);
	snprintf(person, sizeof person, "Practitioner/%s", id);
	result = send(m->invocation, "/api/accounts",
		json_pack("{s:s, s:s, s:s, s:s}", "login", login, "name", name, "role", role,
			"person", person),
		&answer);
	if (!result) {
		json_array_append(m->accounts, answer);
		result = mark(m,
			json_pack("{s:s, s:O}", "kind", "account", "id",
				json_object_get(answer, "id")),
			json_pack("{s:O}", "password", json_object_get(answer, "password")));
	}
	json_decref(answer);
	return result;
}

static int make_token(struct making *m)
{
	const char *label = option_of(m->invocation, "label");
	return mark(m, json_pack("{s:s, s:s}", "kind", "token", "label", label ? label : ""),
		json_object());
}

static void show_made(const json_t *made)
{
	json_t *one;
	size_t i;
	json_array_foreach(made, i, one)
	{
		const char *kind = json_word(one, "kind"), *token = json_word(one, "token");
		if (*token)
			printf("token %s: %s\n", json_word(one, "id"), token);
		else if (*json_word(one, "password"))
			printf("account %s, one-time password %s\n", json_word(one, "label"),
				json_word(one, "password"));
		else
			printf("%s %s\n", kind, json_word(one, "id"));
	}
}

static int ask_accounts(struct making *m)
{
	json_t *answer = NULL;
	const struct client_ask ask = {.method = DOOR_GET, .path = "/api/accounts"};
	int result = talk(m->invocation, &ask, &answer);
	m->accounts = result ? NULL : json_incref(json_object_get(answer, "accounts"));
	json_decref(answer);
	return result;
}

static int number_of(const struct invocation *invocation, const char *name)
{
	const char *text = option_of(invocation, name);
	return text ? atoi(text) : 0;
}

static int run_make(const struct invocation *invocation)
{
	char problem[400];
	struct making m = {.invocation = invocation,
		.shape = {option_of(invocation, "like"), option_of(invocation, "number")},
		.made = json_array(),
		.data = lure_people_read(invocation->config->rules, problem)};
	const struct {
		const char *name;
		int (*make)(struct making *m);
	} kinds[] = {
		{"patients", make_patient}, {"accounts", make_account}, {"tokens", make_token}};
	int result = m.data ? ask_accounts(&m) : fail(invocation, EXIT_WRONG_USE, "%s", problem);
	for (size_t k = 0; k < sizeof kinds / sizeof *kinds; k++)
		for (int i = number_of(invocation, kinds[k].name); i > 0 && !result; i--)
			result = kinds[k].make(&m);
	if (!result && !json_array_size(m.made))
		result = fail(invocation, EXIT_WRONG_USE,
			"say what to make: --patients, --accounts or --tokens");
	else if (invocation->json && !result)
		print_json(m.made);
	else // also what was made before something went wrong
		show_made(m.made);
	json_decref(m.made);
	json_decref(m.data);
	json_decref(m.accounts);
	return result;
}

static const char *wrong_number(const char *value)
{
	size_t digits = strspn(value, "0123456789");
	bool fine = !value[digits] && digits && digits < 4 && atoi(value) >= 1 &&
		    atoi(value) <= LURES_AT_ONCE;
	return fine ? NULL : "this is not a number from 1 to 100";
}

static const char *wrong_id(const char *value)
{
	return text_is_id(value) ? NULL : "this is not an id";
}

static const char *wrong_example(const char *value)
{
	const char *bar = strchr(value, '|');
	return bar && bar[1] && strlen(bar + 1) < LURE_PEOPLE_BYTES
		       ? NULL
		       : "write the system, a bar, and a number of a real patient";
}

const struct command command_lure_make = {
	.usage = {.words = "lure make",
		.summary = "Invents patients, accounts and tokens that no honest work touches.",
		.help = "Whatever touches one is a certain finding. Names come from RULES/lures/people.json. A lure account never lets anybody in; its password, and a token, are printed to be left where only somebody who searches finds them.",
		.options = {{.name = "patients",
				    .value = "N",
				    .wrong = wrong_number,
				    .help = "How many, 1 to 100."},
			{.name = "accounts",
				.value = "N",
				.wrong = wrong_number,
				.help = "How many, 1 to 100."},
			{.name = "tokens",
				.value = "N",
				.wrong = wrong_number,
				.help = "How many, 1 to 100."},
			{.name = "label",
				.value = "TEXT",
				.help = "Where the tokens are left: the finding's entry says it."},
			{.name = "like",
				.value = "ID",
				.wrong = wrong_id,
				.help = "The id of a real patient: those of the lures get its shape."},
			{.name = "number",
				.value = "SYSTEM|NUMBER",
				.wrong = wrong_example,
				.help = "The record number of a real patient, for its shape."}}},
	.run = run_make,
};

static void show_lures(const json_t *answer)
{
	json_t *one;
	size_t i;
	json_array_foreach(json_object_get(answer, "lures"), i, one)
		printf("%-8s %-38s %s  %s\n", json_word(one, "kind"), json_word(one, "id"),
			json_word(one, "made"), json_word(one, "label"));
}

static int run_list(const struct invocation *invocation)
{
	const struct client_ask ask = {.method = DOOR_GET, .path = "/api/lures"};
	return talk_and_show(invocation, &ask, show_lures);
}

const struct command command_lure_list = {
	.usage = {.words = "lure list",
		.summary = "Lists the lures.",
		.help = "No account, whatever its role, can see this list."},
	.run = run_list,
};

// An invented record is destroyed and an invented account locked: both stay on the trail.
static int undo(const struct invocation *invocation, const char *kind, const char *id)
{
	char path[200];
	json_t *answer = NULL;
	int result = EXIT_FINE;
	if (strcmp(kind, "patient") == 0) {
		snprintf(path, sizeof path, "/api/patients/%s/forget", id);
		result = send(invocation, path,
			json_pack("{s:s}", "reason", "a record that was invented here"), &answer);
	} else if (strcmp(kind, "account") == 0) {
		static const char locked[] = "{\"state\":\"locked\"}";
		snprintf(path, sizeof path, "/api/accounts/%s", id);
		const struct client_ask ask = {
			.method = DOOR_PATCH, .path = path, .body = bytes_text(locked)};
		result = talk(invocation, &ask, &answer);
	}
	json_decref(answer);
	return result;
}

static int remove_one(const struct invocation *invocation, const char *kind, const char *id)
{
	char path[200];
	json_t *answer = NULL;
	int result = undo(invocation, kind, id);
	snprintf(path, sizeof path, "/api/lures/%s/%s", kind, id);
	const struct client_ask ask = {.method = DOOR_DELETE, .path = path};
	if (!result)
		result = talk(invocation, &ask, &answer);
	json_decref(answer);
	return result;
}

static int run_remove(const struct invocation *invocation)
{
	const char *wanted = argument_of(invocation, 0);
	const struct client_ask ask = {.method = DOOR_GET, .path = "/api/lures"};
	json_t *answer = NULL, *one;
	size_t i, removed = 0;
	int result = talk(invocation, &ask, &answer);
	json_array_foreach(json_object_get(answer, "lures"), i, one)
	{
		const char *id = json_word(one, "id");
		bool all = strcmp(wanted, "all") == 0;
		if (result || (!all && strcmp(wanted, id) != 0))
			continue;
		result = remove_one(invocation, json_word(one, "kind"), id);
		removed += !result;
	}
	json_decref(answer);
	if (!result && !removed && strcmp(wanted, "all") != 0)
		return fail(invocation, EXIT_NOT_WHOLE, "there is no lure '%.100s'", wanted);
	if (!result)
		printf(invocation->json ? "{\"removed\": %zu}\n" : "%zu removed\n", removed);
	return result;
}

const struct command command_lure_remove = {
	.usage = {.words = "lure remove",
		.summary = "Removes a lure, or all of them.",
		.help = "An invented record is destroyed, an invented account locked. What they found stays.",
		.arguments = {{.name = "ID", .help = "As lure list shows it, or the word all."}}},
	.run = run_remove,
};
