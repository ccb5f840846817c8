#include "../unit.h"
#include "common/base/time.h"
#include "common/format/trail.h"
#include "watch/access/access.h"
#include "watch/access/score.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define DAY_US  86400000000ll
#define HOUR_US 3600000000ll
#define FIRST   20000 // the first day of these tests

static char path[64];
static struct access *access_;
static char made[65536]; // the items, as text

static void on_made(void *context, const struct access_item *item)
{
	static const char *const names[] = {"", "worst", "slow", "record"};
	(void)context;
	snprintf(made + strlen(made), sizeof made - strlen(made), "%lld %s %llu %.2f;",
		(long long)(item->made - FIRST), names[item->list],
		(unsigned long long)(item->patient ? item->patient : item->actor), item->score);
}

static char told[400]; // of the last finding
static unsigned told_count;

static void on_found(void *context, const struct finding *finding)
{
	(void)context;
	snprintf(told, sizeof told, "%s %.*s: %s", finding->id, (int)finding->actor.size,
		(const char *)finding->actor.at, finding->sentence);
	told_count++;
}

static void open_again(double per_thousand, unsigned least)
{
	char problem[256];
	const struct access_options options = {path, per_thousand, least, on_found, NULL};
	access_close(access_);
	assert_ok(access_open(&options, &access_, problem));
	access_listen(access_, on_made, NULL);
}

static int begin(void **state)
{
	(void)state;
	strcpy(path, "/tmp/access-XXXXXX");
	close(mkstemp(path));
	made[0] = told[0] = 0;
	told_count = 0;
	access_ = NULL;
	open_again(5, 1);
	return 0;
}

static void remove_all(void)
{
	char name[80];
	access_close(access_);
	access_ = NULL;
	for (size_t i = 0; i < 3; i++) {
		snprintf(name, sizeof name, "%s%s", path, (const char *[]){"", "-wal", "-shm"}[i]);
		(void)unlink(name);
	}
}

static int finish(void **state)
{
	(void)state;
	remove_all();
	return 0;
}

static struct feed_event event(uint64_t seq, double days, uint64_t actor, uint64_t patient)
{
	struct feed_event e = {.seq = seq,
		.time_us = FIRST * DAY_US + (int64_t)(days * (double)DAY_US),
		.kind = TRAIL_ACCESS,
		.action = TRAIL_READ,
		.outcome = TRAIL_ALLOWED,
		.patient_count = 1,
		.patients_here = 1,
		.actor = actor,
		.patient = patient,
		.patients = {patient},
		.role = "nurse",
		.resource_type = "Patient"};
	return e;
}

static uint64_t seq_next;
static void open_record(double days, uint64_t actor, uint64_t patient)
{
	struct feed_event e = event(seq_next++, days, actor, patient);
	access_event(access_, &e);
}

// The hospital of these tests: what is asked about a patient is answered from the sequence number.
typedef struct explained hospital(const struct feed_wish *wish);

// Nothing explains it, and it is somebody of the same street: 40, and 24 while documentation may
// come.
static struct explained nothing(const struct feed_wish *wish)
{
	(void)wish;
	return (struct explained){.kind = EXPLAINED_NOTHING, .flags = EXPLAINED_NEIGHBOUR};
}

static struct explained nothing_noticeable(const struct feed_wish *wish)
{
	(void)wish;
	return (struct explained){.kind = EXPLAINED_NOTHING};
}

static struct explained everything(const struct feed_wish *wish)
{
	(void)wish;
	return (struct explained){.kind = EXPLAINED_ENCOUNTER, .strength = 90, .steps = 3};
}

static size_t asked;
static int64_t last_known_us;
static bool settle_some(hospital *answer)
{
	static struct feed_wish wishes[FEED_WISHES];
	static struct feed_explained list[FEED_WISHES];
	size_t count = access_wishes(access_, wishes);
	for (size_t i = 0; i < count; i++) {
		list[i] = (struct feed_explained){
			.wish = wishes[i], .fine = true, .told = answer(&wishes[i])};
		last_known_us = wishes[i].known_us;
	}
	asked += count;
	if (count)
		assert_ok(access_explained(access_, list, count));
	return count > 0;
}

static void settle(hospital *answer)
{
	while (settle_some(answer))
		continue;
}

static void until(double days, hospital *answer)
{
	access_time(access_, FIRST * DAY_US + (int64_t)(days * (double)DAY_US));
	settle(answer);
}

static json_t *items(void)
{
	struct buf out = {0};
	access_json(access_, &out);
	json_t *json = json_loadb((const char *)out.at, out.size, 0, NULL);
	buf_done(&out);
	assert_non_null(json);
	json_t *list = json_incref(json_object_get(json, "items"));
	json_decref(json);
	return list;
}

static size_t item_count(void)
{
	json_t *list = items();
	size_t count = json_array_size(list);
	json_decref(list);
	return count;
}

static void what_is_explained_is_nobodys_business(void **state)
{
	(void)state;
	open_record(0.5, 1, 100);
	settle(everything);
	assert_int_equal(item_count(), 0);
	until(3.5, everything);
	assert_string_equal(made, "");
}

static void what_nothing_explains_is_in_todays_queue_at_once(void **state)
{
	(void)state;
	open_record(0.5, 1, 100);
	settle(nothing);
	json_t *list = items();
	assert_int_equal(json_array_size(list), 1);
	json_t *item = json_array_get(list, 0), *look;
	assert_string_equal(json_string_value(json_object_get(item, "queue")), "worst");
	assert_true(json_is_false(json_object_get(item, "closed")));
	assert_int_equal(json_integer_value(json_object_get(item, "score")), 40);
	look = json_array_get(json_object_get(item, "looks"), 0);
	assert_int_equal(json_integer_value(json_object_get(look, "kind")), EXPLAINED_NOTHING);
	json_decref(list);
	until(1.1, nothing);
	assert_string_equal(made, "0 worst 1 24.00;");
}

static void it_is_looked_at_again_and_leaves_when_documentation_came(void **state)
{
	(void)state;
	open_record(0.5, 1, 100);
	until(1.5, nothing);
	assert_int_equal(asked, 1);
	assert_int_equal(item_count(), 1);
	until(2.4, nothing);
	assert_int_equal(asked, 1); // not before two days have gone
	until(2.6, everything);
	assert_int_equal(asked, 2);
	assert_int_equal(last_known_us, FIRST * DAY_US + DAY_US / 2 + 48 * HOUR_US);
	assert_int_equal(item_count(), 0);
	until(9, everything);
	assert_int_equal(asked, 2);
}

static void the_same_person_and_patient_are_asked_about_once_a_day(void **state)
{
	(void)state;
	for (int i = 0; i < 50; i++)
		open_record(0.5 + i * 0.001, 1, 100);
	settle(nothing);
	assert_int_equal(asked, 1);
	open_record(0.9, 1, 101);
	settle(nothing);
	assert_int_equal(asked, 2);
	open_record(1.1, 1, 100);
	settle(nothing);
	assert_int_equal(asked, 3);
}

static void doing_more_weighs_more_also_afterwards(void **state)
{
	(void)state;
	struct feed_event e = event(seq_next++, 0.5, 1, 100);
	e.action = TRAIL_SEARCH;
	access_event(access_, &e);
	settle(nothing);
	assert_int_equal(item_count(), 0); // to have found somebody is not worth a reviewer's time
	open_record(0.6, 1, 100);
	json_t *list = items();
	assert_int_equal(json_integer_value(json_object_get(json_array_get(list, 0), "score")), 40);
	json_decref(list);
}

// Three others beside the one who is meant do not make a list of it.
static void persons_who_are_asked_for_by_id_are_no_list(void **state)
{
	(void)state;
	struct feed_event e = event(seq_next++, 0.5, 1, 100);
	e.action = TRAIL_SEARCH;
	e.by_id = true;
	e.patient_count = e.patients_here = 4;
	for (uint64_t i = 0; i < 4; i++)
		e.patients[i] = 100 + i;
	access_event(access_, &e);
	settle(nothing);
	assert_int_equal(asked, 4);
}

static void a_search_through_a_list_is_no_access_to_each(void **state)
{
	(void)state;
	struct feed_event e = event(seq_next++, 0.5, 1, 100);
	e.action = TRAIL_SEARCH;
	e.patient_count = 20;
	access_event(access_, &e);
	strcpy(e.role, "patient"); // who reads their own
	e.seq = seq_next++;
	e.action = TRAIL_READ;
	access_event(access_, &e);
	strcpy(e.role, "nurse");
	e.seq = seq_next++;
	e.kind = TRAIL_REVIEW;
	access_event(access_, &e);
	settle(nothing);
	assert_int_equal(asked, 0);
}

static void who_takes_one_a_week_comes_up_in_the_slow_queue(void **state)
{
	(void)state;
	for (int day = 0; day < 40; day++) { // on each day somebody else is worse
		for (uint64_t i = 0; i < 3; i++)
			open_record(day + 0.3, 50 + (uint64_t)day, 200 + 3 * (uint64_t)day + i);
		if (day % 7 == 3)
			open_record(day + 0.5, 1, 900 + (uint64_t)day);
		until(day + 0.9, nothing);
	}
	assert_non_null(strstr(made, "slow 1 "));
	assert_null(strstr(made, "worst 1 "));
}

static size_t made_of(const char *list)
{
	size_t count = 0;
	for (const char *at = made; (at = strchr(at, ' ')); at++)
		count += strncmp(at + 1, list, strlen(list)) == 0;
	return count;
}

static void the_budget_is_kept(void **state)
{
	(void)state;
	for (int day = 0; day < 20; day++) { // 200 who work, all unexplained
		for (uint64_t actor = 1; actor <= 200; actor++)
			open_record(day + 0.001 * (double)actor, actor,
				1000 + (actor + 37 * (uint64_t)day) % 250);
		until(day + 0.9, nothing);
	}
	until(20.5, nothing);
	assert_int_equal(made_of("worst") + made_of("slow") + made_of("record"), 20);
	assert_true(made_of("worst") >= 6 && made_of("slow") >= 6 && made_of("record") >= 3);
}

static void an_incident_takes_its_part_of_the_budget(void **state)
{
	(void)state;
	open_again(500, 0);
	for (uint64_t actor = 1; actor <= 4; actor++)
		open_record(0.1, actor, 10 + actor);
	settle(nothing);
	struct access_incident incident = {
		.number = 7, .opened_us = FIRST * DAY_US + HOUR_US, .actor = 1};
	assert_ok(access_incident(access_, &incident));
	assert_ok(access_incident(access_, &incident)); // told twice, it counts once
	assert_int_equal(access_last_incident(access_), 7);
	until(1.1, nothing);
	assert_int_equal(made_of("worst"), 1); // two a day, and the incident was one of them
	assert_ok(access_save(access_));
	open_again(500, 0);
	assert_int_equal(access_last_incident(access_), 7);
	until(4.1, nothing);
	assert_int_equal(made_of("worst"), 3); // of whom the incident is not about
	assert_null(strstr(made, "worst 1 "));
}

static void incidents_hold_back_a_week_at_most(void **state)
{
	(void)state;
	open_again(1000, 0);
	open_record(0.1, 1, 11);
	for (uint64_t number = 1; number <= 50; number++)
		assert_ok(access_incident(
			access_, &(struct access_incident){number, FIRST * DAY_US + HOUR_US, 0}));
	until(6.5, nothing);
	open_record(6.6, 2, 12);
	until(7.1, nothing);
	assert_string_equal(made, "");
	until(8.1, nothing);
	assert_non_null(strstr(made, "worst 2 "));
}

static void who_was_reviewed_is_left_alone_unless_it_is_much_worse(void **state)
{
	(void)state;
	open_record(0.5, 1, 100);
	open_record(1.5, 1, 101);
	until(2.1, nothing);
	assert_string_equal(made, "0 worst 1 24.00;");
	for (uint64_t i = 0; i < 3; i++)
		open_record(2.5, 1, 200 + i);
	until(3.1, nothing);
	assert_string_equal(made, "0 worst 1 24.00;2 worst 1 72.00;");
	open_record(20.5, 1, 300);
	until(21.1, nothing);
	assert_non_null(strstr(made, "20 worst 1 24.00;")); // two weeks later
}

static struct explained of_a_celebrity(const struct feed_wish *wish)
{
	(void)wish;
	return (struct explained){.kind = EXPLAINED_NOTHING, .flags = EXPLAINED_VIP};
}

static void a_record_that_several_opened_is_one_item(void **state)
{
	(void)state;
	open_again(1000, 0);
	for (uint64_t actor = 1; actor <= 6; actor++)
		open_record(0.1 * (double)actor, actor, 500);
	settle(of_a_celebrity);
	until(1.1, of_a_celebrity);
	assert_int_equal(made_of("record 500 390.00"), 1);
	json_t *list = items(), *item = NULL;
	size_t i;
	json_array_foreach(list, i, item)
	{
		const char *queue = json_string_value(json_object_get(item, "queue"));
		if (strcmp(queue, "record") == 0)
			break;
	}
	assert_int_equal(json_integer_value(json_object_get(item, "persons")), 6);
	assert_int_equal(json_array_size(json_object_get(item, "looks")), 6);
	json_decref(list);
}

static void late_documentation_is_no_crowd(void **state)
{
	(void)state;
	open_again(1000, 0);
	for (uint64_t actor = 1; actor <= 6; actor++)
		open_record(0.1 * (double)actor, actor, 500);
	settle(nothing_noticeable);
	assert_true(item_count() > 0); // today so far, as there is room
	until(1.1, nothing_noticeable);
	assert_string_equal(made, "");
	until(4.1, nothing_noticeable); // nothing came
	assert_int_equal(made_of("record"), 1);
}

static void a_flood_hides_nobody_else(void **state)
{
	(void)state;
	open_record(0.1, 1, 5);
	for (uint64_t i = 0; i < 3 * ACCESS_LINES; i++)
		open_record(0.2, 2, 1000 + i);
	assert_int_equal(told_count, 1); // that there are more than are looked at is not kept quiet
	assert_non_null(
		strstr(told, "access.many 0000000000000002: 0000000000000002 came upon 2000"));
	settle(nothing);
	assert_int_equal(asked, ACCESS_LINES + 1);
	until(1.5, nothing);
	assert_non_null(strstr(made, "0 worst 2 "));
	until(2.5, nothing); // the one who flooded was reviewed: the other is next
	assert_non_null(strstr(made, "1 worst 1 "));
}

static void answers_that_do_not_fit_are_refused(void **state)
{
	(void)state;
	struct feed_wish wishes[FEED_WISHES];
	open_record(0.5, 1, 100);
	assert_int_equal(access_wishes(access_, wishes), 1);
	assert_int_equal(access_wishes(access_, wishes), 0); // one batch at a time
	struct feed_explained other = {.wish = {.seq = wishes[0].seq + 1}, .fine = true};
	assert_err(access_explained(access_, &other, 1), ERR_INVALID);
	access_unanswered(access_);
	assert_int_equal(access_wishes(access_, wishes), 1);
}

static void what_cannot_be_read_is_not_held_against_anybody(void **state)
{
	(void)state;
	struct feed_wish wishes[FEED_WISHES];
	open_record(0.5, 1, 100);
	assert_int_equal(access_wishes(access_, wishes), 1);
	struct feed_explained unread = {.wish = wishes[0]};
	assert_ok(access_explained(access_, &unread, 1));
	assert_int_equal(access_wishes(access_, wishes), 0);
	assert_int_equal(item_count(), 0);
}

// ---- The same trail and the same hospital give the same queues.

static struct explained dice(const struct feed_wish *wish)
{
	uint64_t hash = (wish->seq + 1) * 0x9e3779b97f4a7c15ull;
	bool late = wish->known_us % DAY_US != 0 && (hash >> 40 & 3) == 0;
	unsigned strength = hash >> 33 & 7;
	return (struct explained){.kind = EXPLAINED_WARD,
		.strength = strength > 1 || (late && wish->known_us > 0) ? 75 : 20,
		.flags = (uint32_t)(hash >> 50) & EXPLAINED_FLAG_MASK & ~(uint32_t)EXPLAINED_OWN};
}

static char *play(unsigned at_once, unsigned again)
{
	unsigned seed = 7;
	seq_next = 0;
	made[0] = 0;
	for (unsigned i = 0; i < 6000; i++) {
		seed = seed * 1664525u + 1013904223u;
		open_record((double)i / 200, 1 + (seed >> 8) % 80, 1000 + (seed >> 16) % 900);
		if (i % at_once == at_once - 1) {
			if (at_once == 1)
				settle_some(dice);
			else
				settle(dice);
		}
		if (again && i % again == again - 1) {
			assert_ok(access_save(access_));
			open_again(40, 1);
		}
	}
	until(40, dice);
	struct buf out = {0};
	access_json(access_, &out);
	char *text = malloc(strlen(made) + out.size + 1);
	sprintf(text, "%s%.*s", made, (int)out.size, (const char *)out.at);
	buf_done(&out);
	return text;
}

static void a_replay_gives_the_same_queues(void **state)
{
	(void)state;
	open_again(40, 1);
	char *once = play(1, 0);
	assert_true(strlen(once) > 2000 && strstr(once, "slow") && strstr(once, "worst"));
	const unsigned ways[][2] = {{1500, 0}, {6000, 0}, {37, 700}};
	for (size_t i = 0; i < 3; i++) {
		remove_all();
		open_again(40, 1);
		char *other = play(ways[i][0], ways[i][1]);
		assert_string_equal(once, other);
		free(other);
	}
	free(once);
}

static void events_that_were_counted_are_passed_over(void **state)
{
	(void)state;
	struct feed_event e = event(5, 0.5, 1, 100);
	access_event(access_, &e);
	assert_int_equal(access_place(access_), 6);
	open_again(5, 1);
	assert_int_equal(access_place(access_), 6);
	e = event(4, 0.5, 2, 100);
	access_event(access_, &e);
	settle(nothing);
	assert_int_equal(asked, 1);
}

static void a_weight_is_made_of_flags(void **state)
{
	(void)state;
	struct explained e = {.kind = EXPLAINED_NOTHING};
	int64_t plain = score_of(&e, ACT_OPENED);
	assert_int_equal(plain, 2000);
	e.flags = EXPLAINED_FAMILY;
	assert_true(score_of(&e, ACT_OPENED) > plain);
	assert_true(score_of(&e, ACT_REFUSED) < score_of(&e, ACT_OPENED));
	assert_true(score_of(&e, ACT_FOUND) < score_of(&e, ACT_REFUSED));
	e.strength = EXPLAINED_ENOUGH; // with a relative, weak reasons are none
	assert_true(score_of(&e, ACT_OPENED) > 0);
	e.strength = score_enough(e.flags);
	assert_int_equal(score_of(&e, ACT_OPENED), 0);
	e.flags = EXPLAINED_OWN; // one's own record is noticed even then
	assert_true(score_of(&e, ACT_OPENED) > 0);
	e.kind = EXPLAINED_UNKNOWN;
	assert_int_equal(score_of(&e, ACT_OPENED), 0);
}

static struct explained at_home(const struct feed_wish *wish)
{
	(void)wish;
	return (struct explained){.kind = EXPLAINED_NOTHING, .flags = EXPLAINED_FAMILY};
}

static void refuse_record(double days, uint64_t actor, uint64_t patient)
{
	struct feed_event e = event(seq_next++, days, actor, patient);
	e.outcome = TRAIL_DENIED;
	access_event(access_, &e);
}

// The rules want to hear of the access that mattered, and not only of the first of the day.
static void what_is_opened_after_it_was_refused_is_asked_about_again(void **state)
{
	(void)state;
	refuse_record(0.5, 1, 100);
	settle(at_home);
	assert_int_equal(asked, 1);
	open_record(0.5, 1, 100);
	settle(at_home);
	assert_int_equal(asked, 2);
	open_record(0.5, 1, 100); // nothing more than before
	settle(at_home);
	assert_int_equal(asked, 2);
}

static void it_is_still_asked_after_a_restart(void **state)
{
	(void)state;
	refuse_record(0.5, 1, 100);
	open_record(0.5, 1, 100);
	assert_true(settle_some(at_home));
	open_again(5, 1);
	settle(at_home);
	assert_int_equal(asked, 2);
}

static void what_is_explained_is_not_asked_about_again(void **state)
{
	(void)state;
	refuse_record(0.5, 1, 100);
	settle(everything);
	open_record(0.5, 1, 100);
	settle(everything);
	assert_int_equal(asked, 1);
}

// ---- What a reviewer decides.

static const struct access_of first_day_of_1 = {.actor = 1, .day = FIRST};

static void what_was_decided_about_is_out_and_does_not_come_back(void **state)
{
	(void)state;
	struct access_case shown;
	open_record(0.4, 1, 100);
	open_record(0.5, 1, 101);
	settle(nothing);
	assert_ok(access_find(access_, &first_day_of_1, &shown));
	assert_int_equal(shown.records, 2);
	assert_int_equal(shown.days, 1);
	assert_int_equal(shown.seq, 1);
	assert_int_equal(shown.patient, 0);
	assert_int_equal(shown.evidence_count, 2);
	assert_false(access_news(access_));
	assert_ok(access_judge(access_, &first_day_of_1));
	assert_true(access_news(access_));
	assert_false(access_news(access_));
	assert_int_equal(item_count(), 0);
	assert_int_equal(access_find(access_, &first_day_of_1, &shown), ERR_NOT_FOUND);
	open_record(0.6, 1, 100); // the same again
	until(1.5, nothing);
	assert_int_equal(item_count(), 0);
	until(4.5, nothing); // looked at a second time
	assert_int_equal(item_count(), 0);
	open_again(5, 1);
	assert_int_equal(item_count(), 0);
	assert_string_equal(made, "");
}

static json_int_t first_score(void)
{
	json_t *list = items();
	assert_int_equal(json_array_size(list), 1);
	json_int_t score = json_integer_value(json_object_get(json_array_get(list, 0), "score"));
	json_decref(list);
	return score;
}

static void a_decision_is_taken_back(void **state)
{
	(void)state;
	uint64_t records;
	refuse_record(0.4, 1, 100);
	open_record(0.5, 1, 101);
	settle(nothing);
	struct access_case before, after;
	assert_ok(access_find(access_, &first_day_of_1, &before));
	assert_int_equal(access_unjudge(access_, &first_day_of_1, &records), ERR_NOT_FOUND);
	json_int_t score = first_score();
	assert_true(score > 20);
	assert_ok(access_judge(access_, &first_day_of_1));
	assert_int_equal(item_count(), 0);
	assert_ok(access_unjudge(access_, &first_day_of_1, &records));
	assert_int_equal(records, 2);
	assert_ok(access_find(access_, &first_day_of_1, &after));
	assert_int_equal(after.records, before.records);
	assert_int_equal(after.opened, before.opened);
	assert_int_equal(after.seq, before.seq);
	assert_int_equal(first_score(), score);
}

static void what_is_done_beyond_it_counts(void **state)
{
	(void)state;
	struct access_case shown;
	refuse_record(0.4, 1, 100);
	settle(nothing);
	assert_ok(access_judge(access_, &first_day_of_1));
	open_record(0.5, 1, 100); // opened after it was refused
	settle(nothing);
	assert_ok(access_find(access_, &first_day_of_1, &shown));
	assert_int_equal(shown.records, 1);
	assert_ok(access_judge(access_, &first_day_of_1));
	open_record(0.6, 1, 101); // another record
	settle(nothing);
	assert_ok(access_find(access_, &first_day_of_1, &shown));
	assert_int_equal(shown.records, 1);
	assert_int_equal(shown.patient, 101);
}

static void deciding_brings_up_no_more_than_there_are_places(void **state)
{
	(void)state;
	for (uint64_t actor = 1; actor <= 5; actor++)
		open_record(0.1 * (double)actor, actor, 100 + actor);
	settle(nothing);
	assert_int_equal(item_count(), 1); // one a day in a house so small
	assert_ok(access_judge(access_, &first_day_of_1));
	assert_int_equal(item_count(), 0);
	until(1.1, nothing); // the day ends: its place was taken
	assert_string_equal(made, "");
	assert_int_equal(item_count(), 1); // of the next day
}

static void what_adds_up_is_decided_about_as_a_whole(void **state)
{
	(void)state;
	const struct access_of slow = {.actor = 1, .day = FIRST + 21, .slow = true};
	struct access_case shown;
	for (int week = 0; week < 4; week++)
		open_record(7 * week + 0.5, 1, 100 + (uint64_t)week);
	until(21.6, nothing);
	assert_ok(access_find(access_, &slow, &shown));
	assert_int_equal(shown.days, 4);
	assert_ok(access_judge(access_, &slow));
	assert_int_equal(access_find(access_, &slow, &shown), ERR_NOT_FOUND);
	assert_int_equal(item_count(), 0);
}

static int fresh(void **state)
{
	seq_next = 0;
	asked = 0;
	return begin(state);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, fresh, finish)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(what_is_explained_is_nobodys_business),
		CASE(what_nothing_explains_is_in_todays_queue_at_once),
		CASE(it_is_looked_at_again_and_leaves_when_documentation_came),
		CASE(the_same_person_and_patient_are_asked_about_once_a_day),
		CASE(doing_more_weighs_more_also_afterwards),
		CASE(a_search_through_a_list_is_no_access_to_each),
		CASE(persons_who_are_asked_for_by_id_are_no_list),
		CASE(who_takes_one_a_week_comes_up_in_the_slow_queue),
		CASE(the_budget_is_kept),
		CASE(an_incident_takes_its_part_of_the_budget),
		CASE(incidents_hold_back_a_week_at_most),
		CASE(who_was_reviewed_is_left_alone_unless_it_is_much_worse),
		CASE(a_record_that_several_opened_is_one_item),
		CASE(late_documentation_is_no_crowd),
		CASE(a_flood_hides_nobody_else),
		CASE(answers_that_do_not_fit_are_refused),
		CASE(what_cannot_be_read_is_not_held_against_anybody),
		CASE(a_replay_gives_the_same_queues),
		CASE(events_that_were_counted_are_passed_over),
		CASE(a_weight_is_made_of_flags),
		CASE(what_is_opened_after_it_was_refused_is_asked_about_again),
		CASE(it_is_still_asked_after_a_restart),
		CASE(what_is_explained_is_not_asked_about_again),
		CASE(what_was_decided_about_is_out_and_does_not_come_back),
		CASE(a_decision_is_taken_back),
		CASE(what_is_done_beyond_it_counts),
		CASE(deciding_brings_up_no_more_than_there_are_places),
		CASE(what_adds_up_is_decided_about_as_a_whole),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
