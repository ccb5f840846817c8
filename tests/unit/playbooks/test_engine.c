// Runs against a vault that remembers what it did, with the process killed between any two calls.
#include "../unit.h"

#include "watch/playbooks/playbooks.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
	MOST = 100,
	SECOND = 1000000
};

struct sent {
	uint64_t ticket;
	char key[64];
	json_t *act;
};

// The world around: what was sent and not delivered, and what the vault did, by key.
static struct world {
	char folder[64], path[96];
	struct playbooks *pb;
	struct sent sent[MOST];
	size_t sent_count;
	struct {
		char key[64], action[32];
		unsigned times;
		bool undo;
	} done[MOST];
	size_t done_count;
	uint64_t notices[MOST];
	size_t notice_count;
	bool courier_away, courier_refuses;
	int64_t now_us;
	const char *refusal; // what the vault says instead of doing
} w;

static void on_act(void *context, uint64_t ticket, const json_t *act)
{
	(void)context;
	assert_true(w.sent_count < MOST);
	struct sent *s = &w.sent[w.sent_count++];
	s->ticket = ticket;
	s->act = json_deep_copy(act);
	snprintf(s->key, sizeof s->key, "%s%s", json_string_value(json_object_get(act, "key")),
		json_is_true(json_object_get(act, "undo")) ? "!" : "");
}

static enum err on_notify(void *context, struct playbooks_notice *notice)
{
	(void)context;
	assert_string_equal(notice->to, "officer");
	if (w.courier_refuses)
		snprintf(notice->problem, sizeof notice->problem, "it is a trial");
	if (w.courier_refuses || w.courier_away)
		return w.courier_refuses ? ERR_DENIED : ERR_BUSY;
	for (size_t i = 0; i < w.notice_count; i++)
		if (w.notices[i] == notice->id)
			return OK; // the courier knows it already
	w.notices[w.notice_count++] = notice->id;
	return OK;
}

static void on_changed(void *context)
{
	(void)context;
}

static void open_again(void)
{
	char problem[256];
	const struct playbooks_owner owner = {on_act, on_notify, on_changed, NULL};
	if (playbooks_open(w.path, &owner, &w.pb, problem))
		fail_msg("%s", problem);
	assert_true(playbooks_read(w.pb, w.folder));
}

// Killed: what was sent and not delivered is lost, and everything in memory.
static void kill_it(void)
{
	for (size_t i = 0; i < w.sent_count; i++)
		json_decref(w.sent[i].act);
	w.sent_count = 0;
	playbooks_close(w.pb);
	open_again();
	playbooks_again(w.pb);
}

static void write_book(const char *name, const char *text)
{
	char path[200];
	snprintf(path, sizeof path, "%s/%s.yaml", w.folder, name);
	FILE *file = fopen(path, "w");
	assert_non_null(file);
	fputs(text, file);
	fclose(file);
}

// The vault: does what it did not do before, and says what came of it (or dies before saying it).
static void deliver(bool answered)
{
	assert_true(w.sent_count > 0);
	struct sent s = w.sent[0];
	memmove(w.sent, w.sent + 1, --w.sent_count * sizeof s);
	size_t i = 0;
	while (i < w.done_count && strcmp(w.done[i].key, s.key) != 0)
		i++;
	if (i == w.done_count && !w.refusal) {
		snprintf(w.done[i].key, sizeof w.done[i].key, "%s", s.key);
		snprintf(w.done[i].action, sizeof w.done[i].action, "%s",
			json_string_value(json_object_get(s.act, "action")));
		w.done[i].times = 1;
		w.done_count++;
	}
	json_decref(s.act);
	if (answered)
		assert_ok(playbooks_acted(w.pb, s.ticket, !w.refusal,
			w.refusal ? w.refusal : "It was done.", w.now_us));
}

static json_t *finding(unsigned id)
{
	return json_pack("{s:i, s:s, s:s, s:s, s:s, s:s, s:i, s:i, s:s, s:s, s:[s]}", "id", (int)id,
		"source", "rule", "rule", "r1", "title", "t", "level", "high", "time",
		"1970-01-12T13:46:40.000Z", "seq", (int)id, "count", 7, "sentence", "s", "actor",
		"00000000000000aa", "tags", "hospitaller.trial");
}

static void find(unsigned id)
{
	json_t *f = finding(id);
	assert_ok(playbooks_found(w.pb, f, w.now_us));
	json_decref(f);
}

static json_t *newest(void)
{
	json_t *all = playbooks_runs(w.pb, 0);
	json_t *run = json_incref(json_array_get(json_object_get(all, "runs"), 0));
	json_decref(all);
	return run;
}

static size_t run_total(void)
{
	json_t *all = playbooks_runs(w.pb, 0);
	size_t count = json_array_size(json_object_get(all, "runs"));
	json_decref(all);
	return count;
}

// "end-sessions done, notify done": of the newest run.
static void assert_steps(const char *want)
{
	char got[1000] = "";
	json_t *run = newest(), *step;
	size_t i;
	json_array_foreach(json_object_get(run, "steps"), i, step)
		snprintf(got + strlen(got), sizeof got - strlen(got), "%s%s %s", i ? ", " : "",
			json_string_value(json_object_get(step, "action")),
			json_string_value(json_object_get(step, "state")));
	json_decref(run);
	assert_string_equal(got, want);
}

static size_t steps_done(void)
{
	json_t *run = newest(), *step;
	size_t i, count = 0;
	json_array_foreach(json_object_get(run, "steps"), i, step) count +=
		strcmp(json_string_value(json_object_get(step, "state")), "done") == 0;
	json_decref(run);
	return count;
}

static int before(void **state)
{
	(void)state;
	w = (struct world){.now_us = 1000000ll * SECOND};
	snprintf(w.folder, sizeof w.folder, "/tmp/playbooks-XXXXXX");
	assert_non_null(mkdtemp(w.folder));
	snprintf(w.path, sizeof w.path, "%s/runs.db", w.folder);
	return 0;
}

static int after(void **state)
{
	char command[128];
	(void)state;
	for (size_t i = 0; i < w.sent_count; i++)
		json_decref(w.sent[i].act);
	playbooks_close(w.pb);
	snprintf(command, sizeof command, "rm -rf %s", w.folder);
	return system(command);
}

#define HEAD "name: trial\nwhen: {tags: [hospitaller.trial], per: actor, quiet: 10m}\nsteps:\n"

static void steps_follow_each_other(void **state)
{
	(void)state;
	write_book("trial", HEAD "  - do: snapshot-trail\n  - do: end-sessions\n"
				 "  - do: notify\n    to: officer\n    text: Look.\n");
	open_again();
	find(1);
	assert_steps("snapshot-trail acting");
	deliver(true);
	assert_steps("snapshot-trail done, end-sessions acting");
	deliver(true);
	assert_steps("snapshot-trail done, end-sessions done, notify done");
	assert_int_equal(w.notice_count, 1);
	assert_int_equal(w.sent_count, 0);
}

// Until it is on the courier's disk a message is to be sent, whoever is killed meanwhile.
static void a_message_is_sent_until_somebody_has_it(void **state)
{
	(void)state;
	write_book("trial", HEAD "  - do: notify\n    to: officer\n    text: Look.\n");
	open_again();
	w.courier_away = true;
	find(1);
	kill_it();
	assert_int_equal(w.notice_count, 0);
	w.courier_away = false;
	w.now_us += 2 * SECOND;
	assert_ok(playbooks_tick(w.pb, w.now_us));
	assert_int_equal(w.notice_count, 1);
	assert_steps("notify done");
	kill_it();
	assert_ok(playbooks_tick(w.pb, w.now_us));
	assert_int_equal(w.notice_count, 1);
}

static void assert_words(const char *want)
{
	json_t *run = newest();
	const json_t *step = json_array_get(json_object_get(run, "steps"), 0);
	assert_string_equal(json_string_value(json_object_get(step, "words")), want);
	json_decref(run);
}

// Also long after the run is over, and after a restart; what is not this message's changes nothing.
static void what_came_of_a_message_stands_at_its_step(void **state)
{
	(void)state;
	write_book("trial", HEAD "  - do: notify\n    to: officer\n    text: Look.\n");
	open_again();
	find(1);
	struct playbooks_news news = {w.notices[0], "not delivered yet", false};
	assert_ok(playbooks_told(w.pb, &news));
	assert_words("officer (not delivered yet): Look.");
	w.now_us += 2 * SECOND;
	assert_ok(playbooks_tick(w.pb, w.now_us));
	kill_it();
	news = (struct playbooks_news){w.notices[0] ^ 1ull << 45, "of another database", false};
	assert_ok(playbooks_told(w.pb, &news));
	news.id = w.notices[0] + 2; // a step that there is not
	assert_ok(playbooks_told(w.pb, &news));
	news.id = 7; // somebody's test errand
	assert_ok(playbooks_told(w.pb, &news));
	assert_words("officer (not delivered yet): Look.");
	news = (struct playbooks_news){w.notices[0], "given up: it answered 550", true};
	assert_ok(playbooks_told(w.pb, &news));
	assert_words("officer (given up: it answered 550): Look.");
	assert_steps("notify failed");
	kill_it();
	assert_steps("notify failed");
}

static void a_message_that_is_refused_says_so(void **state)
{
	(void)state;
	write_book("trial", HEAD "  - do: notify\n    to: officer\n    text: Look.\n");
	open_again();
	w.courier_refuses = true;
	find(1);
	assert_steps("notify refused");
}

static void a_finding_starts_a_run_once(void **state)
{
	(void)state;
	write_book("trial", HEAD "  - do: snapshot-trail\n");
	open_again();
	find(1);
	find(1);
	kill_it();
	find(1);
	assert_int_equal(run_total(), 1);
	w.now_us += 60 * SECOND;
	find(2); // the same actor, and it is quiet
	assert_int_equal(run_total(), 1);
	w.now_us += 600 * SECOND;
	find(3);
	assert_int_equal(run_total(), 2);
	w.now_us += (PLAYBOOKS_OLD_S + 1) * (int64_t)SECOND;
	find(4); // too old to do anything to anybody
	assert_int_equal(run_total(), 2);
}

static void approvals_and_their_time(void **state)
{
	(void)state;
	unsigned status;
	write_book("trial",
		HEAD "  - do: lock-account\n    approve: {by: security-officer, within: "
		     "10m, otherwise: escalate, to: administrator}\n"
		     "  - do: end-sessions\n"
		     "    approve: {by: security-officer, within: 10m, otherwise: do}\n");
	open_again();
	find(1);
	assert_steps("lock-account asked");
	struct playbooks_wish wish = {.run = 1,
		.step = 1,
		.entry = 77,
		.role = "administrator",
		.by = "00000000000000bb",
		.now_us = w.now_us};
	playbooks_wish(w.pb, &wish, &status);
	assert_int_equal(status, 403); // another role
	wish.role = "security-officer";
	wish.by = "00000000000000aa";
	playbooks_wish(w.pb, &wish, &status);
	assert_int_equal(status, 403); // about themself
	w.now_us += 601 * SECOND;
	assert_ok(playbooks_tick(w.pb, w.now_us));
	kill_it();
	wish.by = "00000000000000bb";
	playbooks_wish(w.pb, &wish, &status);
	assert_int_equal(status, 403); // it was escalated
	wish.role = "administrator";
	wish.now_us = w.now_us;
	playbooks_wish(w.pb, &wish, &status);
	assert_int_equal(status, 200);
	assert_int_equal(json_integer_value(json_object_get(w.sent[0].act, "approved")), 77);
	deliver(true);
	assert_steps("lock-account done, end-sessions asked");
	w.now_us += 601 * SECOND;
	assert_ok(playbooks_tick(w.pb, w.now_us));
	assert_steps("lock-account done, end-sessions acting");
	deliver(true);
	wish.verb = PLAYBOOKS_UNDO;
	wish.entry = 78;
	wish.now_us = w.now_us;
	playbooks_wish(w.pb, &wish, &status);
	assert_int_equal(status, 200);
	assert_true(json_is_true(json_object_get(w.sent[0].act, "undo")));
	deliver(true);
	assert_steps("lock-account undone, end-sessions done");
}

static void nobody_answers_and_it_is_skipped(void **state)
{
	(void)state;
	write_book("trial",
		HEAD "  - do: lock-account\n    approve: {by: security-officer, within: 1m}\n"
		     "  - do: snapshot-trail\n");
	open_again();
	find(1);
	w.now_us += 61 * SECOND;
	assert_ok(playbooks_tick(w.pb, w.now_us));
	assert_steps("lock-account skipped, snapshot-trail acting");
}

static void what_the_vault_wants_approved_is_asked(void **state)
{
	(void)state;
	write_book("trial", HEAD "  - do: end-sessions\n  - do: snapshot-trail\n");
	open_again();
	find(1);
	w.refusal = "it is not shown that they did it: this needs approval";
	deliver(true);
	assert_steps("end-sessions asked");
	w.refusal = NULL;
	w.now_us += (PLAYBOOKS_ASK_S + 1) * (int64_t)SECOND;
	assert_ok(playbooks_tick(w.pb, w.now_us));
	assert_steps("end-sessions skipped, snapshot-trail acting");
	w.refusal = "the account is on the never-touch list";
	deliver(true);
	assert_steps("end-sessions skipped, snapshot-trail refused");
}

static void branches_go_on_by_themselves(void **state)
{
	(void)state;
	write_book("trial", HEAD
		"  - together:\n      - - do: end-sessions\n      - - do: demand-step-up\n"
		"  - while: __count__:value > 3\n    most: 2\n    repeat:\n"
		"      - do: snapshot-trail\n"
		"  - switch: __level__\n    cases:\n      high:\n        - do: end-sessions\n"
		"      default:\n        - do: snapshot-trail\n"
		"  - if: __level__:value = 'low'\n    then:\n      - do: snapshot-trail\n"
		"    else:\n      - do: open-task\n        role: security-officer\n        text: t\n");
	open_again();
	find(1);
	assert_steps("end-sessions acting, demand-step-up acting");
	deliver(true);
	kill_it();
	assert_steps("end-sessions done, demand-step-up acting");
	while (w.sent_count)
		deliver(true);
	assert_steps("end-sessions done, demand-step-up done, snapshot-trail done, "
		     "snapshot-trail done, end-sessions done, open-task done");
}

static void killed_anywhere_nothing_is_done_twice(void **state)
{
	(void)state;
	write_book("trial",
		HEAD "  - together:\n      - - do: end-sessions\n        - do: snapshot-trail\n"
		     "      - - do: demand-step-up\n        - do: notify\n          to: officer\n"
		     "          text: Look.\n"
		     "  - do: snapshot-trail\n    wait: 5s\n  - do: end-sessions\n");
	for (unsigned seed = 1; seed <= 60; seed++) {
		srand(seed);
		unlink(w.path);
		w.done_count = w.notice_count = 0;
		open_again();
		find(1);
		for (unsigned turn = 0; turn < 60; turn++) {
			switch (rand() % 4) {
			case 0:
				kill_it();
				find(1);
				break;
			case 1:
				w.now_us += SECOND / 2;
				assert_ok(playbooks_tick(w.pb, w.now_us));
				break;
			default:
				if (w.sent_count)
					deliver(rand() % 3 != 0);
			}
		}
		kill_it();
		for (unsigned turn = 0; turn < 20; turn++) { // and now in peace
			w.now_us += SECOND;
			assert_ok(playbooks_tick(w.pb, w.now_us));
			while (w.sent_count)
				deliver(true);
		}
		assert_int_equal(steps_done(), 6);
		assert_int_equal(w.done_count, 5);
		assert_int_equal(w.notice_count, 1);
		playbooks_close(w.pb);
		w.pb = NULL;
	}
	open_again();
}

static void a_dry_run_sends_nothing(void **state)
{
	(void)state;
	write_book("trial", HEAD "  - do: end-sessions\n"
				 "  - do: lock-account\n    wait: 1h\n"
				 "    approve: {by: security-officer, within: 1m}\n");
	open_again();
	json_t *f = finding(1);
	json_t *run = playbooks_dry_run(w.pb, "trial", f, w.now_us);
	assert_int_equal(json_array_size(json_object_get(run, "steps")), 2);
	assert_string_equal(json_string_value(json_object_get(run, "state")), "dry");
	json_decref(run);
	assert_null(playbooks_dry_run(w.pb, "nothing", f, w.now_us));
	json_decref(f);
	assert_int_equal(w.sent_count, 0);
	assert_int_equal(run_total(), 0);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, before, after)
	const struct CMUnitTest tests[] = {
		TEST(a_message_is_sent_until_somebody_has_it),
		TEST(what_came_of_a_message_stands_at_its_step),
		TEST(a_message_that_is_refused_says_so),
		TEST(steps_follow_each_other),
		TEST(a_finding_starts_a_run_once),
		TEST(approvals_and_their_time),
		TEST(nobody_answers_and_it_is_skipped),
		TEST(what_the_vault_wants_approved_is_asked),
		TEST(branches_go_on_by_themselves),
		TEST(killed_anywhere_nothing_is_done_twice),
		TEST(a_dry_run_sends_nothing),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
