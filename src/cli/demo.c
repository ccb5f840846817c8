// A story against a running demonstration: somebody of the simulated staff misbehaves, and what the
// house notices and does is shown as it comes. The misdeed is `hospital-sim story`, a program of
// its own that knows nothing of how it is found; what is shown is asked of the server.
#include "cli/talk.h"

#include "common/base/text.h"
#include "common/base/time.h"

#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
	ASK_MS = 400,
	QUIET_MS = 12000, // after the story: so long without news, and it is over
	MOST_MS = 110000,
	LINE_BYTES = 1000,
	PATH_BYTES = 4200
};

struct show {
	const struct invocation *invocation;
	int64_t began_us, news_us;
	json_int_t finding, run; // the newest that was told before
	char incident[32];
	json_t *told; // runs' steps and incidents by what was said of them
	json_t *findings, *incidents, *steps;
	bool started; // what was there before the story has been passed over
};

static double seconds(const struct show *s)
{
	return (double)(time_monotonic_us() - s->began_us) / 1e6;
}

static void line(struct show *s, const char *who, const char *words)
{
	if (!s->invocation->json)
		printf("%6.1f s  %-9s %s\n", seconds(s), who, words);
	fflush(stdout);
}

static json_t *ask(struct show *s, const char *path)
{
	const struct client_ask ask = {.method = DOOR_GET, .path = path};
	struct trouble trouble;
	json_t *json = NULL;
	return talk_quietly(s->invocation, &ask, &json, &trouble) == EXIT_FINE ? json : NULL;
}

static void keep(struct show *s, json_t *list, json_t *one)
{
	json_object_set_new(one, "after_seconds", json_real(seconds(s)));
	json_array_append(list, one);
	s->news_us = time_monotonic_us();
}

// Was exactly this said of it before? Remembers it.
static bool said(struct show *s, const char *key, const char *words)
{
	const char *before = json_string_value(json_object_get(s->told, key));
	if (before && strcmp(before, words) == 0)
		return true;
	json_object_set_new(s->told, key, json_string(words));
	return !s->started;
}

static void look_for_findings(struct show *s)
{
	json_t *answer = ask(s, "/api/findings"), *list = json_object_get(answer, "findings");
	json_int_t newest = s->finding;
	for (size_t i = json_array_size(list); i-- > 0;) {
		json_t *one = json_array_get(list, i);
		json_int_t id = json_integer_value(json_object_get(one, "id"));
		newest = id > newest ? id : newest;
		if (!s->started || id <= s->finding)
			continue;
		line(s, "FOUND", json_word(one, "sentence"));
		line(s, "", json_word(one, "advice"));
		keep(s, s->findings, one);
	}
	s->finding = newest;
	json_decref(answer);
}

static void look_for_incidents(struct show *s)
{
	json_t *answer = ask(s, "/api/incidents"), *list = json_object_get(answer, "incidents");
	for (size_t i = json_array_size(list); i-- > 0;) {
		json_t *one = json_array_get(list, i);
		char words[LINE_BYTES];
		snprintf(words, sizeof words, "%s, %s: %s", json_word(one, "number"),
			json_word(one, "severity"), json_word(one, "title"));
		if (said(s, json_word(one, "number"), words))
			continue;
		snprintf(s->incident, sizeof s->incident, "%s", json_word(one, "number"));
		line(s, "INCIDENT", words);
		line(s, "", json_word(one, "why"));
		keep(s, s->incidents, one);
	}
	json_decref(answer);
}

static void look_at_run(struct show *s, json_t *run)
{
	json_t *step;
	size_t i;
	json_array_foreach(json_object_get(run, "steps"), i, step)
	{
		char key[64], words[LINE_BYTES];
		snprintf(key, sizeof key, "run %lld step %zu",
			(long long)json_integer_value(json_object_get(run, "id")), i);
		snprintf(words, sizeof words, "%s: %s (%s)%s%s", json_word(run, "playbook"),
			json_word(step, "action"), json_word(step, "state"),
			*json_word(step, "words") ? ": " : "", json_word(step, "words"));
		if (said(s, key, words))
			continue;
		line(s, "RESPONSE", words);
		keep(s, s->steps, step);
	}
}

static void look(struct show *s)
{
	look_for_findings(s);
	look_for_incidents(s);
	json_t *answer = ask(s, "/api/playbooks/runs"), *run;
	size_t i;
	json_array_foreach(json_object_get(answer, "runs"), i, run) look_at_run(s, run);
	json_decref(answer);
	s->started = true;
}

// ---- The story, told by another program.

// Beside this program, or where the build leaves it.
static bool find_program(char ret_path[PATH_BYTES])
{
	static const char *const places[] = {"hospital-sim", "../sim/hospital-sim"};
	char self[4096];
	ssize_t length = readlink("/proc/self/exe", self, sizeof self - 1);
	self[length > 0 ? length : 0] = 0;
	char *slash = strrchr(self, '/');
	if (slash)
		slash[1] = 0;
	for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
		snprintf(ret_path, PATH_BYTES, "%s%s", self, places[i]);
		if (access(ret_path, X_OK) == 0)
			return true;
	}
	return false;
}

static pid_t start_story(const char *const *arguments, int *ret_fd)
{
	int pipe_fds[2];
	if (pipe2(pipe_fds, O_CLOEXEC))
		return -1;
	pid_t pid = fork();
	if (pid == 0) {
		dup2(pipe_fds[1], STDOUT_FILENO);
		dup2(pipe_fds[1], STDERR_FILENO);
		execv(arguments[0], (char *const *)(uintptr_t)arguments);
		_exit(127);
	}
	close(pipe_fds[1]);
	*ret_fd = pipe_fds[0];
	return pid;
}

// Says the whole lines that are there; false at the end.
static bool tell(struct show *s, int fd, struct buf *pending)
{
	char room[2000];
	ssize_t got = read(fd, room, sizeof room);
	if (got > 0)
		buf_add(pending, room, (size_t)got);
	for (uint8_t *end; pending->size && (end = memchr(pending->at, '\n', pending->size));) {
		*end = 0;
		line(s, "STORY", (const char *)pending->at);
		buf_drop_front(pending, (size_t)(end - pending->at) + 1);
		s->news_us = time_monotonic_us();
	}
	return got > 0;
}

static int watch_story(struct show *s, int fd, pid_t pid)
{
	struct buf pending = {0};
	bool telling = true;
	int status = 0;
	s->news_us = time_monotonic_us();
	for (;;) {
		struct pollfd wait = {.fd = telling ? fd : -1, .events = POLLIN};
		if (poll(&wait, 1, ASK_MS) > 0)
			telling = tell(s, fd, &pending);
		look(s);
		int64_t now_us = time_monotonic_us();
		if (!telling && now_us - s->news_us > QUIET_MS * 1000ll)
			break;
		if (now_us - s->began_us > MOST_MS * 1000ll)
			break;
	}
	close(fd);
	buf_done(&pending);
	waitpid(pid, &status, 0);
	return status;
}

static void report(const struct show *s)
{
	size_t findings = json_array_size(s->findings), incidents = json_array_size(s->incidents),
	       steps = json_array_size(s->steps);
	printf("\n%zu %s, %zu %s, %zu %s of playbooks in %.0f s.\n", findings,
		text_plural(findings, "finding", "findings"), incidents,
		text_plural(incidents, "incident", "incidents"), steps,
		text_plural(steps, "step", "steps"), seconds(s));
	if (*s->incident)
		printf("The report: hospitaller incidents show %s\n"
		       "Its evidence, to be checked without this server: hospitaller incidents evidence %s --out DIR\n",
			s->incident, s->incident);
	puts("What waits for somebody's approval, and what can be undone: hospitaller playbooks runs\n"
	     "Everything that was done, by whoever did it: hospitaller trail search --since today");
}

static int play(const struct invocation *invocation, const char *const *arguments)
{
	int fd = -1, result = EXIT_NOT_WHOLE;
	struct show s = {.invocation = invocation,
		.began_us = time_monotonic_us(),
		.told = json_object(),
		.findings = json_array(),
		.incidents = json_array(),
		.steps = json_array()};
	look(&s);
	pid_t pid = start_story(arguments, &fd);
	int status = pid < 0 ? 1 : watch_story(&s, fd, pid);
	if (status)
		result = fail(invocation, EXIT_REFUSED, "the story could not be played");
	else if (json_array_size(s.findings))
		result = EXIT_FINE;
	json_t *all = json_pack("{s:o, s:o, s:o}", "findings", s.findings, "incidents", s.incidents,
		"steps", s.steps);
	if (invocation->json)
		print_json(all);
	else
		report(&s);
	json_decref(all);
	json_decref(s.told);
	return result;
}

static int run_demo(const struct invocation *invocation)
{
	char program[PATH_BYTES], dir[1024], url[128];
	const struct config *config = invocation->config;
	const char *colon = strrchr(config->listen, ':');
	const char *given_dir = option_of(invocation, "dir"), *given = option_of(invocation, "url");
	const struct client_ask hello = {.method = DOOR_GET, .path = "/api/status"};
	json_t *answer = NULL;
	int status = talk(invocation, &hello, &answer);
	json_decref(answer);
	if (status)
		return status;
	if (!find_program(program))
		return fail(invocation, EXIT_NOT_WHOLE,
			"hospital-sim is not beside this program: it plays the story");
	snprintf(dir, sizeof dir, "%s/demo", config->state);
	snprintf(url, sizeof url, "https://127.0.0.1%s", colon ? colon : ":8443");
	const char *arguments[] = {program, "story", argument_of(invocation, 0), "--dir",
		given_dir ? given_dir : dir, "--url", given ? given : url, NULL};
	return play(invocation, arguments);
}

static const char *wrong_story(const char *value)
{
	static const char *const stories[] = {"snoop", "exfiltrate", "takeover"};
	for (size_t i = 0; i < sizeof stories / sizeof *stories; i++)
		if (strcmp(stories[i], value) == 0)
			return NULL;
	return "snoop, exfiltrate or takeover is expected";
}

const struct command command_demo = {
	.usage = {.words = "demo",
		.summary =
			"Plays a misuse in the simulated hospital, and shows what is noticed and done.",
		.help = "snoop: somebody curious opens the records of a celebrity, a colleague, a relative. exfiltrate: a program copies records with a stolen sign-in. takeover: an account is taken over from outside. Everything really happens, in the running demonstration: sign-ins, records, findings, an incident, acts of playbooks with their undo. Each takes less than two minutes.",
		.arguments = {{.name = "STORY",
			.help = "snoop, exfiltrate or takeover.",
			.wrong = wrong_story}},
		.options = {{.name = "dir",
				    .value = "DIR",
				    .help = "Where the simulated hospital is; without, STATE/demo."},
			{.name = "url",
				.value = "URL",
				.help = "Where the door is; without, at its port of this machine."}}},
	.run = run_demo,
};
