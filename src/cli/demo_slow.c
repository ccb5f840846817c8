// The story of somebody who takes a record or two a week. It needs weeks: so it is played in a
// private house whose clock is turned, while all of its staff works as always. Then the demo does
// what a reviewer would, and shows what that gives.
#include "cli/demo_house.h"

#include "common/base/text.h"
#include "common/base/time.h"

#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
	QUIET_MS = 4000,
	MOST_MS = 240000,
	BAR_MOST = 40,
	LOOKS_MOST = 16,
	WORD_BYTES = 64
};
static const char *const size[3] = {"300", "100", "42"}; // patients, staff, days

struct look {
	int64_t at_us;
	const json_t *json;
};

// What the play knows, and whom the queue showed.
struct outcome {
	const struct demo_house *house;
	const struct show *show;
	char login[WORD_BYTES], account[WORD_BYTES], name[2 * WORD_BYTES];
	json_t *takes;      // all that the play has in it: patient, day
	size_t records;     // of them until it ended
	bool among_worst;   // the queue showed them for one day
	const json_t *item; // of the queue of what adds up; NULL: not found
	struct look looks[LOOKS_MOST];
	size_t look_count;
	json_t *queue;
	char incident[WORD_BYTES];
};

// ---- What was, and what was seen of it.

static void copy(char to[WORD_BYTES], const json_t *json, const char *key)
{
	snprintf(to, WORD_BYTES, "%s", json_word(json, key));
}

static json_t *read_file(const struct outcome *o, const char *name)
{
	char path[200];
	snprintf(path, sizeof path, "%s/%s", o->house->town, name);
	return json_load_file(path, 0, NULL);
}

// Who it is, as soon as the play has written it down.
static bool read_play(struct outcome *o)
{
	json_t *one;
	size_t i;
	if (*o->account)
		return true;
	json_t *play = read_file(o, "truth/slow.json");
	json_t *list = play ? read_file(o, "accounts-with-secrets.json") : NULL;
	copy(o->login, play, "login");
	json_array_foreach(list, i, one) if (strcmp(json_word(one, "login"), o->login) == 0)
	{
		copy(o->account, one, "id");
		snprintf(o->name, sizeof o->name, "%s", json_word(one, "name"));
		o->takes = json_incref(json_object_get(play, "takes"));
	}
	json_decref(list);
	json_decref(play);
	return *o->account;
}

// The reviewer knows nothing of the play, but asks, and is told the truth: this is the one.
static bool is_shown(struct show *show, void *context)
{
	struct outcome *o = context;
	return json_object_size(show->adding) && read_play(o) &&
	       json_object_get(show->adding, o->account);
}

static int by_time(const void *one, const void *other)
{
	const struct look *a = one, *b = other;
	return (a->at_us > b->at_us) - (a->at_us < b->at_us);
}

static void read_looks(struct outcome *o)
{
	json_t *one;
	size_t i;
	json_array_foreach(json_object_get(o->item, "looks"), i, one)
	{
		struct look *look = &o->looks[o->look_count];
		if (o->look_count < LOOKS_MOST &&
			time_parse(json_word(one, "time"), &look->at_us) == OK) {
			look->json = one;
			o->look_count++;
		}
	}
	qsort(o->looks, o->look_count, sizeof *o->looks, by_time);
}

static void read_outcome(struct outcome *o)
{
	json_t *one;
	size_t i;
	(void)read_play(o);
	o->queue = demo_ask(&o->house->invocation, "/api/queue");
	o->item = *o->account ? json_object_get(o->show->adding, o->account) : NULL;
	json_array_foreach(o->show->worst, i, one) o->among_worst |=
		strcmp(json_word(json_object_get(one, "who"), "account"), o->account) == 0;
	read_looks(o);
	const char *last =
		o->look_count ? json_word(o->looks[o->look_count - 1].json, "time") : "9999";
	json_array_foreach(o->takes, i, one) o->records +=
		strncmp(json_word(one, "day"), last, 10) <= 0;
}

// ---- Telling it.

static double number(const json_t *json, const char *key)
{
	return json_number_value(json_object_get(json, key));
}

static void tell_outcome(const struct outcome *o)
{
	size_t worst = json_array_size(o->show->worst), adding = json_object_size(o->show->adding);
	printf("\n%s: %s had opened %zu records without any reason, never two on a day.\n"
	       "Until then a reviewer was shown %zu %s for one day%s, and %zu for what adds up%s.\n",
		o->item ? "Found" : "Not found", o->name, o->records, worst,
		text_plural(worst, "case", "cases"),
		o->among_worst ? ", this one among them" : " (none of them this one)", adding,
		!o->item     ? ""
		: adding > 1 ? ", this one among them"
			     : ": this one");
}

static void draw(double sum, double least)
{
	char bar[BAR_MOST + 1];
	int full = (int)lround(sum * (BAR_MOST / 2.0) / least);
	for (int i = 0; i < BAR_MOST; i++)
		bar[i] = i < full ? '#' : i + 1 == BAR_MOST / 2 ? '|' : ' ';
	bar[BAR_MOST] = 0;
	printf("%s %5.1f\n", bar, sum);
}

static void draw_looks(const struct outcome *o)
{
	double least = number(o->queue, "least"), half_life = number(o->queue, "half_life_days");
	double sum = 0;
	printf("\nHow it added up. One such access weighs little; what is %.0f days old counts half; at %.0f (the line |) somebody is asked to look:\n\n",
		half_life, least);
	for (size_t i = 0; i < o->look_count; i++) {
		double days = i ? (double)(o->looks[i].at_us - o->looks[i - 1].at_us) / 86400e6 : 0;
		const json_t *look = o->looks[i].json;
		sum = sum * exp2(-days / half_life) + number(look, "score");
		printf("  %.10s  +%.0f  ", json_word(look, "time"), number(look, "score"));
		draw(sum, least);
	}
}

static json_t *ask_explanation(const struct outcome *o, const json_t *look)
{
	char path[100];
	struct trouble trouble;
	json_t *answer = NULL;
	const struct door_param params[] = {
		{"patient", json_word(json_object_get(look, "patient"), "id")}};
	const struct client_ask ask = {
		.method = DOOR_GET, .path = path, .params = params, .param_count = 1};
	snprintf(path, sizeof path, "/api/trail/%lld/explanation",
		(long long)json_integer_value(json_object_get(look, "seq")));
	int status = talk_quietly(&o->house->invocation, &ask, &answer, &trouble);
	return status == EXIT_FINE ? answer : NULL;
}

static void explain_last(const struct outcome *o)
{
	json_t *step;
	size_t i;
	if (!o->look_count)
		return;
	const json_t *look = o->looks[o->look_count - 1].json;
	json_t *answer = ask_explanation(o, look), *path = json_object_get(answer, "path");
	printf("\nThe last of them, entry %lld of the trail: %s\n",
		(long long)json_integer_value(json_object_get(look, "seq")),
		json_word(look, "sentence"));
	printf("Looked for: encounter, care team, appointment, referral, order, ward, call. Found: %s; that counts %.0f of 100, and 50 would explain it.\n",
		json_word(look, "text"), number(look, "strength"));
	json_array_foreach(path, i, step)
	{
		const char *resource = json_word(step, "resource");
		printf("%s%.*s: %s", i ? " -> " : "  The path: ", (int)strcspn(resource, "/"),
			resource, json_word(step, "words"));
	}
	if (json_array_size(path))
		puts("");
	json_decref(answer);
}

// ---- Doing what a reviewer does.

static json_t *post(const struct outcome *o, const char *path, json_t *body)
{
	char *text = json_dumps(body, JSON_COMPACT);
	const struct client_ask ask = {
		.method = DOOR_POST, .path = path, .body = bytes_text(text ? text : "{}")};
	json_t *answer = NULL;
	if (talk(&o->house->invocation, &ask, &answer) != EXIT_FINE)
		answer = NULL;
	json_decref(body);
	free(text);
	return answer;
}

static bool make_incident(struct outcome *o)
{
	json_t *answer = post(o, "/api/queue",
		json_pack("{s:s, s:s, s:O, s:s, s:s}", "account", o->account, "queue", "slow",
			"day", json_object_get(o->item, "day"), "verdict", "incident", "reason",
			"The wards of these patients know of no call."));
	copy(o->incident, answer, "number");
	json_decref(answer);
	return *o->incident;
}

static bool review(struct outcome *o)
{
	const char *patient =
		json_word(json_object_get(o->looks[o->look_count - 1].json, "patient"), "id");
	puts("\nContained: nothing, by itself. A record a week is no emergency, and there may be a reason that stands nowhere. A person asks the wards; here they know of none. So the reviewer makes it an incident (in the console: Queue, \"Make it an incident\"), and an administrator locks the account:");
	if (!make_incident(o))
		return false;
	return demo_house_command(
		       o->house, (const char *const[]){"account", "lock", o->login, NULL}) &&
	       demo_house_command(
		       o->house, (const char *const[]){"incidents", "contain", o->incident,
					 "--text", "Account locked; to be heard.", NULL}) &&
	       demo_house_command(o->house, (const char *const[]){"trail", "search", "--patient",
						    patient, "--who", o->login, NULL});
}

static void introduce(void)
{
	puts("Somebody who takes a record or two a week is found by what adds up, and weeks have to pass. So this story has a private house: a second Hospitaller, in a folder that is removed at the end. A running demonstration is not touched.\n"
	     "  Real     the programs, the rules, every sign-in, request, decision and entry of the trail\n"
	     "  Turned   its clock, by six weeks in a minute at most; no house can be turned that was not started for tests\n"
	     "  Cheaper  its passwords are hashed quickly, it lives in memory where there is room, it may not touch this machine's firewall\n");
}

static int tell(struct outcome *o)
{
	bool json = o->show->invocation->json, done = true;
	if (!json)
		tell_outcome(o);
	if (!json && o->item) {
		draw_looks(o);
		explain_last(o);
		done = o->look_count && review(o);
		printf("\nAll of that in %.0f s. To see it in your own house: the console's Queue; docs/explained-access.md says how it weighs.\n",
			show_seconds(o->show));
	}
	return o->item && done ? EXIT_FINE : EXIT_NOT_WHOLE;
}

static int play(struct show *show, struct demo_house *house)
{
	struct outcome o = {.house = house, .show = show};
	show->enough = is_shown;
	show->context = &o;
	const char *arguments[] = {house->program, "story", "slow", "--dir", house->town, "--url",
		house->url, "--clock", house->clock,
		option_of(show->invocation, "quick") ? "--quick" : NULL, NULL};
	show->invocation = &house->invocation;
	if (show_story(show, arguments) || demo_interrupted())
		return fail(show->invocation, EXIT_REFUSED, "the story could not be played");
	read_outcome(&o);
	int result = tell(&o);
	if (show->invocation->json) {
		json_t *all = show_json(show);
		json_object_set_new(all, "played",
			json_pack("{s:s, s:s, s:I}", "login", o.login, "account", o.account,
				"records", (json_int_t)o.records));
		json_object_set_new(all, "found", json_boolean(o.item != NULL));
		print_json(all);
		json_decref(all);
	}
	json_decref(o.queue);
	json_decref(o.takes);
	return result;
}

int demo_slow(const struct invocation *invocation)
{
	struct show show;
	struct demo_house house = {.show = &show};
	int result = EXIT_REFUSED;
	if (geteuid() != 0)
		return fail(invocation, EXIT_REFUSED,
			"the story slow starts a house of its own, which needs root");
	show_init(&show, invocation);
	show.weeks = true;
	show.quiet_ms = QUIET_MS;
	show.most_ms = MOST_MS;
	demo_signals(SIG_BLOCK);
	if (!invocation->json)
		introduce();
	if (demo_house_open(&house, invocation, size))
		result = play(&show, &house);
	demo_house_close(&house);
	show_done(&show);
	return result;
}
