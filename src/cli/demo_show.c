#include "cli/demo_show.h"

#include "common/base/text.h"
#include "common/base/time.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
	ASK_MS = 400,
	ALIKE_SHOWN = 3,
	WEEK_MS = 2000, // after the story told of a week: until then watch has told, too
	LINE_BYTES = 1000
};

void show_init(struct show *s, const struct invocation *invocation)
{
	*s = (struct show){.invocation = invocation,
		.quiet_ms = 12000,
		.most_ms = 110000,
		.began_us = time_monotonic_us(),
		.told = json_object(),
		.findings = json_array(),
		.incidents = json_array(),
		.steps = json_array(),
		.alike = json_object(),
		.adding = json_object(),
		.worst = json_array(),
		.week = {.worst = json_array(), .adding = json_array()}};
}

void show_done(struct show *s)
{
	json_decref(s->told);
	json_decref(s->findings);
	json_decref(s->incidents);
	json_decref(s->steps);
	json_decref(s->alike);
	json_decref(s->adding);
	json_decref(s->worst);
	json_decref(s->week.worst);
	json_decref(s->week.adding);
}

json_t *show_json(const struct show *s)
{
	json_t *one;
	const char *key;
	if (!s->weeks)
		return json_pack("{s:O, s:O, s:O}", "findings", s->findings, "incidents",
			s->incidents, "steps", s->steps);
	json_t *adding = json_array();
	json_object_foreach(s->adding, key, one) json_array_append(adding, one);
	return json_pack("{s:O, s:O, s:O, s:o, s:O}", "findings", s->findings, "incidents",
		s->incidents, "steps", s->steps, "adding", adding, "worst", s->worst);
}

double show_seconds(const struct show *s)
{
	return (double)(time_monotonic_us() - s->began_us) / 1e6;
}

void show_line(struct show *s, const char *who, const char *words)
{
	if (!s->invocation->json)
		printf("%6.1f s  %-9s %s\n", show_seconds(s), who, words);
	fflush(stdout);
}

json_t *demo_ask(const struct invocation *invocation, const char *path)
{
	const struct client_ask ask = {.method = DOOR_GET, .path = path};
	struct trouble trouble;
	json_t *json = NULL;
	return talk_quietly(invocation, &ask, &json, &trouble) == EXIT_FINE ? json : NULL;
}

void demo_signals(int how)
{
	sigset_t signals;
	sigemptyset(&signals);
	sigaddset(&signals, SIGINT);
	sigaddset(&signals, SIGTERM);
	sigprocmask(how, &signals, NULL);
}

bool demo_interrupted(void)
{
	sigset_t waiting;
	return sigpending(&waiting) == 0 &&
	       (sigismember(&waiting, SIGINT) || sigismember(&waiting, SIGTERM));
}

static void keep(struct show *s, json_t *list, json_t *one)
{
	json_object_set_new(one, "after_seconds", json_real(show_seconds(s)));
	json_array_append(list, one);
	s->news_us = time_monotonic_us();
}

// The newest state of each, once.
static void keep_incident(struct show *s, json_t *one)
{
	for (size_t i = json_array_size(s->incidents); i-- > 0;)
		if (strcmp(json_word(json_array_get(s->incidents, i), "number"),
			    json_word(one, "number")) == 0)
			json_array_remove(s->incidents, i);
	keep(s, s->incidents, one);
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

// In six weeks there is much of it, about everybody; what counts then is whom the queue shows.
static void say(struct show *s, const char *who, const char *words, const char *more)
{
	if (s->weeks)
		return;
	show_line(s, who, words);
	if (more)
		show_line(s, "", more);
}

// Of one kind, the advice is said once, and no more than a few of them.
static void say_finding(struct show *s, const json_t *finding)
{
	const char *rule = json_word(finding, "rule");
	json_int_t before = json_integer_value(json_object_get(s->alike, rule));
	json_object_set_new(s->alike, rule, json_integer(before + 1));
	if (before < ALIKE_SHOWN)
		say(s, "FOUND", json_word(finding, "sentence"),
			before ? NULL : json_word(finding, "advice"));
}

static void say_alike(struct show *s)
{
	char words[LINE_BYTES];
	json_t *one;
	size_t i;
	json_array_foreach(s->findings, i, one)
	{
		const char *rule = json_word(one, "rule");
		json_int_t more = json_integer_value(json_object_get(s->alike, rule)) - ALIKE_SHOWN;
		if (more < 1)
			continue;
		json_object_del(s->alike, rule);
		snprintf(words, sizeof words, "%lld more of this kind: %s.", (long long)more,
			json_word(one, "title"));
		say(s, "FOUND", words, NULL);
	}
}

static bool is_light(const json_t *finding)
{
	const char *level = json_word(finding, "level");
	return strcmp(level, "informational") == 0 || strcmp(level, "low") == 0;
}

static void look_for_findings(struct show *s)
{
	json_t *answer = demo_ask(s->invocation, "/api/findings"),
	       *list = json_object_get(answer, "findings");
	json_int_t newest = s->finding;
	for (size_t i = json_array_size(list); i-- > 0;) {
		json_t *one = json_array_get(list, i);
		json_int_t id = json_integer_value(json_object_get(one, "id"));
		newest = id > newest ? id : newest;
		if (!s->started || id <= s->finding)
			continue;
		*(is_light(one) ? &s->week.light : &s->week.weighty) += 1;
		if (s->weeks && is_light(one))
			continue;
		say_finding(s, one);
		keep(s, s->findings, one);
	}
	s->finding = newest;
	json_decref(answer);
}

// An incident from before has more findings now: it is what the story is reported in.
static void note_growth(struct show *s, const json_t *incident)
{
	char key[64], count[32];
	snprintf(key, sizeof key, "findings of %.32s", json_word(incident, "number"));
	snprintf(count, sizeof count, "%lld",
		(long long)json_integer_value(json_object_get(incident, "findings")));
	if (!said(s, key, count))
		snprintf(s->incident, sizeof s->incident, "%s", json_word(incident, "number"));
}

static void look_for_incidents(struct show *s)
{
	json_t *answer = demo_ask(s->invocation, "/api/incidents"),
	       *list = json_object_get(answer, "incidents");
	for (size_t i = json_array_size(list); i-- > 0;) {
		json_t *one = json_array_get(list, i);
		char words[LINE_BYTES];
		snprintf(words, sizeof words, "%s, %s: %s", json_word(one, "number"),
			json_word(one, "severity"), json_word(one, "title"));
		note_growth(s, one);
		if (said(s, json_word(one, "number"), words))
			continue;
		snprintf(s->incident, sizeof s->incident, "%s", json_word(one, "number"));
		s->week.incidents++;
		say(s, "INCIDENT", words, json_word(one, "why"));
		keep_incident(s, one);
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
		say(s, "RESPONSE", words, NULL);
		keep(s, s->steps, step);
	}
}

// Somebody whom the queue shows since a day ended.
static void take_item(struct show *s, json_t *item, bool slow)
{
	const json_t *who = json_object_get(item, "who");
	char words[LINE_BYTES];
	json_array_append(slow ? s->week.adding : s->week.worst, json_object_get(who, "name"));
	s->news_us = time_monotonic_us();
	if (!slow) {
		json_array_append(s->worst, item);
		return;
	}
	snprintf(words, sizeof words, "%s (%s): %s", json_word(who, "name"), json_word(who, "role"),
		json_string_value(json_array_get(json_object_get(item, "why"), 0)));
	show_line(s, "ADDS UP", words);
	json_object_set(s->adding, json_word(who, "account"), item);
}

static void look_at_queue(struct show *s)
{
	json_t *answer = demo_ask(s->invocation, "/api/queue"), *one;
	size_t i;
	json_array_foreach(json_object_get(answer, "items"), i, one)
	{
		bool slow = strcmp(json_word(one, "queue"), "slow") == 0;
		char key[160];
		snprintf(key, sizeof key, "queue %s %s %.80s", json_word(one, "queue"),
			json_word(one, "day"), json_word(json_object_get(one, "who"), "account"));
		if (json_is_true(json_object_get(one, "closed")) && !said(s, key, ""))
			take_item(s, one, slow);
	}
	json_decref(answer);
}

static const char *names(const json_t *list, char ret[LINE_BYTES])
{
	size_t used = 0, i;
	json_t *one;
	snprintf(ret, LINE_BYTES, "nobody");
	json_array_foreach(list, i, one) if (used < LINE_BYTES) used += (size_t)snprintf(
		ret + used, LINE_BYTES - used, "%s%s", i ? ", " : "", json_string_value(one));
	return ret;
}

static void end_week(struct show *s)
{
	char worst[LINE_BYTES], adding[LINE_BYTES], words[3 * LINE_BYTES];
	struct show_week *w = &s->week;
	if (!w->since_us)
		return;
	snprintf(words, sizeof words,
		"The reviewer is shown %s for one day, %s for what adds up. (Of everybody: %zu findings of little weight, %zu of more, %zu %s.)",
		names(w->worst, worst), names(w->adding, adding), w->light, w->weighty,
		w->incidents, text_plural(w->incidents, "incident", "incidents"));
	show_line(s, "HOUSE", words);
	json_array_clear(w->worst);
	json_array_clear(w->adding);
	w->since_us = 0;
	w->light = w->weighty = w->incidents = 0;
}

static void look(struct show *s)
{
	look_for_findings(s);
	look_for_incidents(s);
	json_t *answer = demo_ask(s->invocation, "/api/playbooks/runs"), *run;
	size_t i;
	json_array_foreach(json_object_get(answer, "runs"), i, run) look_at_run(s, run);
	json_decref(answer);
	if (s->weeks)
		look_at_queue(s);
	s->started = true;
}

// ---- The story, told by another program.

bool demo_find_program(char ret_path[DEMO_PATH_BYTES])
{
	static const char *const places[] = {"hospital-sim", "../sim/hospital-sim"};
	char self[4096];
	ssize_t length = readlink("/proc/self/exe", self, sizeof self - 1);
	self[length > 0 ? length : 0] = 0;
	char *slash = strrchr(self, '/');
	if (slash)
		slash[1] = 0;
	for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
		snprintf(ret_path, DEMO_PATH_BYTES, "%s%s", self, places[i]);
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
		demo_signals(SIG_UNBLOCK);
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
		if (s->weeks)
			end_week(s);
		show_line(s, "STORY", (const char *)pending->at);
		if (strncmp((const char *)pending->at, "Week ", 5) == 0)
			s->week.since_us = time_monotonic_us();
		buf_drop_front(pending, (size_t)(end - pending->at) + 1);
		s->news_us = time_monotonic_us();
	}
	return got > 0;
}

static int watch_story(struct show *s, int fd, pid_t pid)
{
	struct buf pending = {0};
	bool telling = true, enough = false;
	int status = 0;
	s->news_us = time_monotonic_us();
	for (;;) {
		struct pollfd wait = {.fd = telling ? fd : -1, .events = POLLIN};
		if (poll(&wait, 1, ASK_MS) > 0)
			telling = tell(s, fd, &pending);
		look(s);
		int64_t now_us = time_monotonic_us();
		if (s->weeks && now_us - s->week.since_us > WEEK_MS * 1000ll)
			end_week(s);
		if (!telling && now_us - s->news_us > s->quiet_ms * 1000ll)
			break;
		enough = s->enough && s->enough(s, s->context);
		if (enough || now_us - s->began_us > s->most_ms * 1000ll || demo_interrupted())
			break;
	}
	close(fd);
	buf_done(&pending);
	if (telling)
		kill(pid, SIGTERM);
	waitpid(pid, &status, 0);
	return enough ? 0 : status;
}

int show_story(struct show *s, const char *const *arguments)
{
	int fd = -1;
	look(s);
	pid_t pid = start_story(arguments, &fd);
	int status = pid < 0 ? -1 : watch_story(s, fd, pid);
	say_alike(s);
	return status;
}
