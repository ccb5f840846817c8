// What a person ordinarily does, against today.
#include "cli/talk.h"

#include <stdio.h>
#include <string.h>

static void number(const json_t *row, const char *key)
{
	const json_t *value = json_object_get(row, key);
	if (json_is_integer(value))
		printf(" %9lld", (long long)json_integer_value(value));
	else
		printf(" %9s", "-");
}

static void show_hours(const json_t *answer)
{
	json_t *share;
	size_t h;
	printf("hours in which active on one of ten days or more:");
	json_array_foreach(json_object_get(answer, "usual_hours"), h, share)
	{
		if (json_integer_value(share) >= 10)
			printf(" %zu", h);
	}
	puts("");
}

static void show(const json_t *answer)
{
	static const char *const keys[] = {
		"today", "median", "p90", "most", "peers_median", "peers_p90", "peers_p99"};
	const json_t *account = json_object_get(answer, "account");
	json_t *row;
	size_t i;
	printf("%s (%s), %s: %lld working days known; compared with %lld days of %s\n\n",
		json_word(account, "name"), json_word(account, "login"), json_word(account, "role"),
		(long long)json_integer_value(json_object_get(answer, "days")),
		(long long)json_integer_value(json_object_get(answer, "peer_days")),
		json_word(answer, "compared_with"));
	printf("%-36s %9s %9s %9s %9s %9s %9s %9s\n", "", "today", "half", "90 %", "most",
		"peers 50%", "peers 90%", "peers 99%");
	json_array_foreach(json_object_get(answer, "features"), i, row)
	{
		printf("%-36s", json_word(row, "label"));
		for (size_t k = 0; k < sizeof keys / sizeof *keys; k++)
			number(row, keys[k]);
		puts(json_is_true(json_object_get(row, "unusual")) ? "  unusual" : "");
	}
	puts("");
	show_hours(answer);
	if (json_is_true(json_object_get(answer, "found_today")))
		puts("Today is a finding: see hospitaller findings.");
}

static int run_who(const struct invocation *invocation)
{
	char path[256];
	const char *login = argument_of(invocation, 0);
	if (strlen(login) > 100 || strpbrk(login, "/?#% "))
		return fail(invocation, EXIT_NOT_WHOLE, "there is no account '%.100s'", login);
	snprintf(path, sizeof path, "/api/behaviour/%s", login);
	const struct client_ask ask = {.method = DOOR_GET, .path = path};
	return talk_and_show(invocation, &ask, show);
}

const struct command command_behaviour_who = {
	.usage = {.words = "behaviour who",
		.summary = "Shows what a person does on an ordinary day, and today.",
		.help = "For each thing that is counted: today, what half and what nine in ten of their own days have at most, the most there was, and the same of their role. docs/behaviour.md says how it is learnt. The look is itself on the trail.",
		.arguments = {{.name = "LOGIN", .help = "The account's login or id."}}},
	.run = run_who,
};

static void show_health(const json_t *answer)
{
	const char *name;
	json_t *value;
	printf("%lld people on %lld days since %s; %lld findings; %lld addresses and applications\n",
		(long long)json_integer_value(json_object_get(answer, "people")),
		(long long)json_integer_value(json_object_get(answer, "person_days")),
		json_word(answer, "since"),
		(long long)json_integer_value(json_object_get(answer, "findings")),
		(long long)json_integer_value(json_object_get(answer, "sources")));
	json_int_t forgotten = json_integer_value(json_object_get(answer, "forgotten"));
	if (forgotten)
		printf("no room for %lld people, away the longest\n", (long long)forgotten);
	json_int_t crowded = json_integer_value(json_object_get(answer, "crowded"));
	if (crowded)
		printf("no room, %lld times, for an address or application\n", (long long)crowded);
	json_object_foreach(json_object_get(answer, "thresholds"), name, value)
	{
		if (json_is_null(value))
			printf("%-10s still learns\n", name);
		else
			printf("%-10s finds from %.2f on\n", name, json_real_value(value));
	}
}

static int run_health(const struct invocation *invocation)
{
	const struct client_ask ask = {.method = DOOR_GET, .path = "/api/behaviour"};
	return talk_and_show(invocation, &ask, show_health);
}

const struct command command_behaviour_status = {
	.usage = {.words = "behaviour status",
		.summary = "Shows how far behaviour has learnt what people ordinarily do.",
		.help = "Each view finds from a score on that so many of its own past scores reached; docs/behaviour.md has the rates."},
	.run = run_health,
};
