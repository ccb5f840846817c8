#include "story.h"

#include "line.h"
#include "make.h"
#include "request.h"
#include "sessions.h"
#include "slow.h"

#include "common/base/time.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum {
	PAUSE_US = 700 * 1000,
	QUICK_US = 20 * 1000,
	VICTIMS = 3,
	SEARCHES = 80,
	OPENED = 12,
	WRONG_PASSWORDS = 6,
	ELSEWHERE = 900, // a place in the network where nobody of the house sits
	RETRY_S = 31
};

// Everything on the stage: one member of staff, one connection.
struct stage {
	const struct town *town;
	struct session *session;
	uint32_t person;
	struct line line;
	CURLM *multi;
	const char *url;
	unsigned pause_us;
	unsigned refused, answered;
};

[[gnu::format(printf, 1, 2)]] static void say(const char *format, ...)
{
	va_list list;
	va_start(list, format);
	vprintf(format, list);
	va_end(list);
	putchar('\n');
	fflush(stdout);
}

static const char *name_of(const struct stage *s, uint32_t person)
{
	static char name[128];
	const struct person *p = &s->town->people[person];
	snprintf(name, sizeof name, "%s %s", p->given, p->family);
	return name;
}

// The status, or 0 without an answer.
static long send_and_wait(struct stage *s, const char *method, const char *path, const char *token)
{
	long status = 0;
	int running = 1;
	snprintf(s->line.url, sizeof s->line.url, "%s%s", s->url, path);
	line_send(&s->line, s->multi, method, token);
	while (running && !curl_multi_perform(s->multi, &running) && running)
		curl_multi_poll(s->multi, NULL, 0, 1000, NULL);
	curl_easy_getinfo(s->line.curl, CURLINFO_RESPONSE_CODE, &status);
	curl_multi_remove_handle(s->multi, s->line.curl);
	s->answered += status != 0;
	s->refused += status == 401 || status == 403;
	return status;
}

static long do_act(struct stage *s, enum what what, uint32_t patient)
{
	struct request request;
	const struct act act = {.at_s = time_now_us() / 1000000,
		.person = s->person,
		.by = s->person,
		.patient = patient,
		.visit = NO_VISIT,
		.what = (uint8_t)what,
		.why = WHY_SNOOP};
	request_init(s->town, &act, &request);
	buf_clear(&s->line.body);
	buf_add_bytes(&s->line.body, buf_bytes(&request.body));
	buf_add(&request.path, "", 1);
	long status =
		send_and_wait(s, request.method, (const char *)request.path.at, s->session->token);
	request_done(&request);
	usleep(s->pause_us);
	return status;
}

static enum signing give_code(struct stage *s)
{
	buf_clear(&s->line.body);
	int64_t wait_us = sessions_code(s->session, time_now_us(), &s->line.body);
	if (wait_us) {
		say("(A code is good once: waiting %lld s for the next.)",
			(long long)(wait_us / 1000000 + 1));
		usleep((useconds_t)wait_us);
		sessions_code(s->session, time_now_us(), &s->line.body);
	}
	long status = send_and_wait(s, "POST", "/api/sign-in/second-factor", "");
	return sessions_answer(s->session, status, buf_bytes(&s->line.answer), time_now_us());
}

static int sign_in(struct stage *s)
{
	enum signing how = SIGNING_RETRY;
	for (int tries = 0; how != SIGNING_DONE && tries < SESSION_TRIES; tries++) {
		buf_clear(&s->line.body);
		sessions_password(s->session, &s->line.body);
		long status = send_and_wait(s, "POST", "/api/sign-in", "");
		if (status == 429) {
			say("(The door makes guessers wait: so does the story.)");
			sleep(RETRY_S);
			continue;
		}
		how = sessions_answer(
			s->session, status, buf_bytes(&s->line.answer), time_now_us());
		while (how == SIGNING_CODE || how == SIGNING_RETRY)
			how = give_code(s);
		if (how == SIGNING_FAILED)
			break;
	}
	if (how != SIGNING_DONE)
		say("%s cannot sign in: %.*s", s->session->login,
			(int)(s->line.answer.size < 300 ? s->line.answer.size : 300),
			s->line.answer.size ? (const char *)s->line.answer.at : "");
	return how == SIGNING_DONE;
}

static int knows(const struct stage *s, uint32_t patient)
{
	struct plan plan;
	plan_make(s->town, patient, &plan);
	int known = plan_knows(&plan, s->person);
	plan_done(&plan);
	return known;
}

enum victim {
	SOMEBODY,
	KNOWN_TO_ALL,
	COLLEAGUE,
	RELATIVE
};

static int is_victim(const struct stage *s, uint32_t patient, enum victim kind)
{
	const struct person *p = &s->town->people[patient], *me = &s->town->people[s->person];
	if (patient == s->person || knows(s, patient))
		return 0;
	return kind == SOMEBODY || (kind == KNOWN_TO_ALL && p->vip) ||
	       (kind == COLLEAGUE && p->job) || (kind == RELATIVE && p->household == me->household);
}

// The nth of them, or NOBODY.
static uint32_t victim(const struct stage *s, enum victim kind, unsigned nth)
{
	for (size_t i = 0; i < s->town->patients; i++)
		if (is_victim(s, s->town->patient_list[i], kind) && nth-- == 0)
			return s->town->patient_list[i];
	return NOBODY;
}

static void look_into(struct stage *s, uint32_t patient, const char *who)
{
	say("Looks up %s, %s.", name_of(s, patient), who);
	do_act(s, ASK_FIND, patient);
	if (do_act(s, ASK_PATIENT, patient) == 403) {
		say("The record is closed to strangers. Breaks the glass with a thin reason.");
		do_act(s, ASK_BREAK_GLASS, patient);
		do_act(s, ASK_PATIENT, patient);
	}
	say("Reads what %s suffers from, and the latest reports.", name_of(s, patient));
	do_act(s, ASK_CONDITIONS, patient);
	do_act(s, ASK_REPORTS, patient);
}

static int snoop(struct stage *s)
{
	static const struct {
		enum victim kind;
		const char *who;
	} wanted[VICTIMS] = {{KNOWN_TO_ALL, "whom everybody knows"}, {COLLEAGUE, "who works here"},
		{RELATIVE, "of the same household"}};
	say("%s signs in, bored, at the end of a shift.", name_of(s, s->person));
	if (!sign_in(s))
		return 1;
	for (int i = 0; i < VICTIMS; i++) {
		uint32_t patient = victim(s, wanted[i].kind, 0);
		if (patient == NOBODY)
			patient = victim(s, SOMEBODY, (unsigned)i);
		if (patient != NOBODY)
			look_into(s, patient,
				is_victim(s, patient, wanted[i].kind) ? wanted[i].who
								      : "no patient of theirs");
	}
	say("Signs out, and thinks that nobody saw.");
	do_act(s, ASK_SIGN_OUT, NOBODY);
	return 0;
}

static void take_much(struct stage *s, unsigned searches)
{
	unsigned pause_us = s->pause_us;
	s->pause_us = QUICK_US;
	for (unsigned i = 0; i < searches && *s->session->token; i++) {
		uint32_t patient = s->town->patient_list[i % s->town->patients];
		do_act(s, i % 2 ? ASK_BROWSE : ASK_CONDITIONS, patient);
	}
	s->pause_us = pause_us;
}

static int exfiltrate(struct stage *s)
{
	say("A program with the sign-in of %s begins to copy.", name_of(s, s->person));
	if (!sign_in(s))
		return 1;
	say("It lists patients, a few letters at a time, and asks for everybody's diagnoses: %d requests.",
		SEARCHES);
	take_much(s, SEARCHES);
	say("It breaks the glass for the records that are closed.");
	for (unsigned i = 0; i < OPENED; i++) {
		uint32_t patient = victim(s, SOMEBODY, i);
		if (patient == NOBODY)
			break;
		do_act(s, ASK_BREAK_GLASS, patient);
		if (do_act(s, ASK_CONDITIONS, patient) == 401) {
			say("The door no longer knows the session: the copying has ended.");
			return 0;
		}
	}
	say("It has what it could get.");
	return 0;
}

static int takeover(struct stage *s)
{
	char right[sizeof s->session->password];
	line_place(&s->line, ELSEWHERE);
	memcpy(right, s->session->password, sizeof right);
	say("Somebody far from the house tries passwords for %s.", name_of(s, s->person));
	for (int i = 0; i < WRONG_PASSWORDS; i++) {
		snprintf(s->session->password, sizeof right, "Summer202%d!", i);
		buf_clear(&s->line.body);
		sessions_password(s->session, &s->line.body);
		send_and_wait(s, "POST", "/api/sign-in", "");
		usleep(s->pause_us / 4);
	}
	memcpy(s->session->password, right, sizeof right);
	say("The right one, from a leaked list; and a code, given away on the telephone.");
	if (!sign_in(s))
		return 1;
	say("The session moves to another address, and looks around.");
	line_place(&s->line, ELSEWHERE + 1);
	take_much(s, SEARCHES / 4);
	return 0;
}

const struct story_kind story_kinds[] = {
	{"snoop", "somebody curious opens the records of a celebrity, a colleague, a relative"},
	{"exfiltrate", "a program copies records with a stolen sign-in"},
	{"takeover", "an account is taken over from outside"},
};
const size_t story_kind_count = sizeof story_kinds / sizeof *story_kinds;

static const struct {
	int (*play)(struct stage *stage);
	enum job job;
} plays[] = {{snoop, JOB_CLINICIAN}, {exfiltrate, JOB_NURSE}, {takeover, JOB_CLINICIAN}};

static uint32_t find_person(
	const struct town *town, const struct sessions *sessions, enum job job, const char *login)
{
	for (size_t i = 0; i < town->staff; i++) {
		uint32_t one = town->staff_list[i];
		const struct person *p = &town->people[one];
		if (sessions->able[one] && (login ? strcmp(login, p->login) == 0 : p->job == job))
			return one;
	}
	fprintf(stderr, "hospital-sim: nobody suitable has an account\n");
	return NOBODY;
}

static int on_stage(const struct town *town, const struct story_wish *wish, size_t number)
{
	struct sessions sessions;
	struct stage stage = {.town = town,
		.url = wish->url,
		.pause_us = wish->quick ? QUICK_US : PAUSE_US,
		.multi = curl_multi_init()};
	int failed = sessions_open(town, wish->dir, &sessions);
	stage.person =
		failed ? NOBODY : find_person(town, &sessions, plays[number].job, wish->login);
	if (!failed && stage.person != NOBODY) {
		stage.session = sessions.of[stage.person];
		line_open(&stage.line);
		failed = plays[number].play(&stage);
		line_close(&stage.line);
		printf("(%u requests, %u of them refused.)\n", stage.answered, stage.refused);
		failed |= !stage.answered;
	} else {
		failed = 1;
	}
	curl_multi_cleanup(stage.multi);
	sessions_close(town, &sessions);
	return failed;
}

int story_play(const struct story_wish *wish)
{
	size_t number = 0;
	if (strcmp(wish->name, "slow") == 0)
		return slow_play(wish);
	while (number < story_kind_count && strcmp(story_kinds[number].name, wish->name) != 0)
		number++;
	if (number == story_kind_count) {
		fprintf(stderr, "hospital-sim: there is no story called '%s'; see --help\n",
			wish->name);
		return 2;
	}
	struct town *town = make_again(wish->dir);
	int failed = town ? on_stage(town, wish, number) : 1;
	town_free(town);
	return failed;
}
