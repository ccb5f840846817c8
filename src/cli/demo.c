// A story against a running demonstration: somebody of the simulated staff misbehaves, and what the
// house notices and does is shown as it comes.
#include "cli/demo_show.h"

#include "common/base/text.h"

#include <stdio.h>
#include <string.h>

static void report(const struct show *s)
{
	size_t findings = json_array_size(s->findings), incidents = json_array_size(s->incidents),
	       steps = json_array_size(s->steps);
	printf("\n%zu %s, %zu %s, %zu %s of playbooks in %.0f s.\n", findings,
		text_plural(findings, "finding", "findings"), incidents,
		text_plural(incidents, "incident", "incidents"), steps,
		text_plural(steps, "step", "steps"), show_seconds(s));
	if (*s->incident)
		printf("The report: hospitaller incidents show %s\n"
		       "Its evidence, to be checked without this server: hospitaller incidents evidence %s --out DIR\n",
			s->incident, s->incident);
	puts("What waits for somebody's approval, and what can be undone: hospitaller playbooks runs\n"
	     "Everything that was done, by whoever did it: hospitaller trail search --since today");
}

static int play(const struct invocation *invocation, const char *const *arguments)
{
	int result = EXIT_NOT_WHOLE;
	struct show s;
	show_init(&s, invocation);
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
