// Sessions on the command line.
#include "cli/talk.h"

#include <stdio.h>

static void show_sessions(const json_t *answer)
{
	size_t i;
	json_t *s;
	json_array_foreach(json_object_get(answer, "sessions"), i, s)
		printf("%-18s %-24s %-8s %-24s %-16s %s\n", json_word(s, "handle"),
			json_word(s, "name"), json_word(s, "kind"), json_word(s, "last_used"),
			json_word(s, "address"), json_word(s, "agent"));
}

static int run_list(const struct invocation *invocation)
{
	const char *account = option_of(invocation, "account");
	const struct door_param params[] = {{"account", account ? account : ""}};
	const struct client_ask ask = {
		.method = DOOR_GET, .path = "/api/sessions", .params = params, .param_count = 1};
	return talk_and_show(invocation, &ask, show_sessions);
}

const struct command command_session_list = {
	.usage = {.words = "session list",
		.summary = "Lists sessions and tokens.",
		.options = {{.name = "account",
			.value = "LOGIN",
			.help = "Only those of this account."}}},
	.run = run_list,
};

static void show_done(const json_t *answer)
{
	(void)answer;
	puts("done");
}

static int run_revoke(const struct invocation *invocation)
{
	char path[256];
	snprintf(path, sizeof path, "/api/sessions/%s", argument_of(invocation, 0));
	const struct client_ask ask = {.method = DOOR_DELETE, .path = path};
	return talk_and_show(invocation, &ask, show_done);
}

const struct command command_session_revoke = {
	.usage = {.words = "session revoke",
		.summary = "Ends a session, or takes back a token.",
		.arguments = {{.name = "HANDLE", .help = "As session list shows it."}}},
	.run = run_revoke,
};
