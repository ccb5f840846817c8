// A story against a running demonstration: somebody of the simulated staff misbehaves, and what the
// house notices and does is shown as it comes.
#include "cli/demo_show.h"

#include "common/base/text.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum {
	SELF_BYTES = 4096
};

// How this command is written, so that what is shown can be typed: with its folder where it is in
// no path, and with the state where it is not the usual one.
static void add_self(const struct invocation *invocation, char ret[SELF_BYTES])
{
	struct config usual;
	char self[2048];
	const char *state = invocation->config->state;
	ssize_t length = readlink("/proc/self/exe", self, sizeof self - 1);
	self[length > 0 ? length : 0] = 0;
	config_defaults(&usual);
	if (strcmp(state, usual.state) == 0)
		snprintf(ret, SELF_BYTES, "hospitaller");
	else
		snprintf(ret, SELF_BYTES, "%s --state %s", self, state);
}

static void report_steps(const struct show *s, const char *state, const char *what)
{
	json_t *one, *said = json_object();
	size_t i;
	json_array_foreach(s->steps, i, one)
	{
		const char *action = json_word(one, "action");
		if (strcmp(json_word(one, "state"), state) != 0 || json_object_get(said, action))
			continue;
		printf("%s%s", json_object_size(said) ? ", " : what, action);
		json_object_set_new(said, action, json_true());
	}
	if (json_object_size(said))
		puts(".");
	json_decref(said);
}

static json_int_t worst_finding(const struct show *s)
{
	static const char *const levels[] = {"low", "medium", "high", "critical"};
	json_int_t id = 0;
	json_t *one;
	size_t i;
	for (size_t level = 0; level < sizeof levels / sizeof *levels; level++)
		json_array_foreach(s->findings, i,
			one) if (strcmp(json_word(one, "level"), levels[level]) == 0) id =
			json_integer_value(json_object_get(one, "id"));
	return id;
}

static void report(const struct show *s)
{
	size_t findings = json_array_size(s->findings), incidents = json_array_size(s->incidents);
	char self[SELF_BYTES];
	add_self(s->invocation, self);
	printf("\n%zu %s, %zu %s in %.0f s.\n", findings,
		text_plural(findings, "finding", "findings"), incidents,
		text_plural(incidents, "incident", "incidents"), show_seconds(s));
	report_steps(s, "done", "Done by itself: ");
	report_steps(s, "asked", "Waits for a person's approval: ");
	report_steps(s, "refused", "Refused, for the reason above: ");
	if (*s->incident)
		printf("The report:\n  %s incidents show %s\nIts evidence, to be checked without this server:\n  %s incidents evidence %s --out DIR\n",
			self, s->incident, self, s->incident);
	else if (worst_finding(s))
		printf("That was not enough for an incident by itself (docs/incidents.md says what is). A person opens one, and has the report:\n  %s incidents open %lld\n",
			self, (long long)worst_finding(s));
	else
		printf("Nothing of weight was new: what was played before on this day is not noticed twice. What was found then:\n  %s incidents list\n",
			self);
	printf("What waits for approval, and what can be undone:\n  %s playbooks runs\nEverything that was done, by whoever did it:\n  %s trail search --since today\n",
		self, self);
}

static int play(const struct invocation *invocation, const char *const *arguments)
{
	int result = EXIT_NOT_WHOLE;
	struct show s;
	show_init(&s, invocation);
	if (!invocation->json)
		puts("STORY is what is played; FOUND, INCIDENT and RESPONSE are what the house notices and does, after so many seconds.\n");
	if (show_story(&s, arguments))
		result = fail(invocation, EXIT_REFUSED, "the story could not be played");
	else if (json_array_size(s.findings))
		result = EXIT_FINE;
	json_t *all = show_json(&s);
	if (invocation->json)
		print_json(all);
	else
		report(&s);
	json_decref(all);
	show_done(&s);
	return result;
}

static int run_demo(const struct invocation *invocation)
{
	char program[DEMO_PATH_BYTES], dir[1024], url[128];
	const struct config *config = invocation->config;
	const char *colon = strrchr(config->listen, ':');
	const char *given_dir = option_of(invocation, "dir"), *given = option_of(invocation, "url");
	const struct client_ask hello = {.method = DOOR_GET, .path = "/api/status"};
	json_t *answer = NULL;
	if (strcmp(argument_of(invocation, 0), "slow") == 0)
		return demo_slow(invocation);
	int status = talk(invocation, &hello, &answer);
	json_decref(answer);
	if (status)
		return status;
	if (!demo_find_program(program))
		return fail(invocation, EXIT_NOT_WHOLE,
			"hospital-sim is not beside this program: it plays the story");
	snprintf(dir, sizeof dir, "%s/demo", config->state);
	snprintf(url, sizeof url, "https://127.0.0.1%s", colon ? colon : ":8443");
	const char *arguments[] = {program, "story", argument_of(invocation, 0), "--dir",
		given_dir ? given_dir : dir, "--url", given ? given : url,
		option_of(invocation, "quick") ? "--quick" : NULL, NULL};
	return play(invocation, arguments);
}

static const char *wrong_story(const char *value)
{
	static const char *const stories[] = {"snoop", "exfiltrate", "takeover", "slow"};
	for (size_t i = 0; i < sizeof stories / sizeof *stories; i++)
		if (strcmp(stories[i], value) == 0)
			return NULL;
	return "snoop, exfiltrate, takeover or slow is expected";
}

const struct command command_demo = {
	.usage = {.words = "demo",
		.summary =
			"Plays a misuse in the simulated hospital, and shows what is noticed and done.",
		.help = "snoop: somebody curious opens the records of a celebrity, a colleague, a relative. exfiltrate: a program copies records with a stolen sign-in. takeover: an account is taken over from outside. Everything really happens, in the running demonstration: sign-ins, records, findings, an incident, acts of playbooks with their undo. slow: somebody takes one or two records a week, and weeks have to pass: so it is played in a private house beside the demonstration, made for it and removed afterwards, whose clock is turned; no server need be running, but it needs root. Each takes less than two minutes.",
		.arguments = {{.name = "STORY",
			.help = "snoop, exfiltrate, takeover or slow.",
			.wrong = wrong_story}},
		.options = {{.name = "dir",
				    .value = "DIR",
				    .help = "Where the simulated hospital is; without, STATE/demo."},
			{.name = "url",
				.value = "URL",
				.help = "Where the door is; without, at its port of this machine."},
			{.name = "quick", .help = "Without pauses for reading."}}},
	.run = run_demo,
};
