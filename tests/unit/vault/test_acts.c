// What an approval counts for, and what watch cannot make of one when somebody has taken it over.
#include "../unit.h"

#include "../ledger/scratch.h"
#include "common/base/time.h"
#include "common/config/config.h"
#include "vault/acts_in.h"
#include "vault/identity/identity_in.h"
#include "vault/policy/policy.h"

#include <stdio.h>
#include <string.h>

#define KEY "abc-5.2"

static struct house {
	struct scratch scratch;
	struct config config;
	struct parts parts;
	struct acts *acts;
	struct arena *arena;
	struct account berg, case_, kim;
	struct feed_acted answer;
	char path[128], problem[256];
	unsigned orders; // to guard
} house;

static void take_answer(void *context, const struct feed_acted *acted)
{
	(void)context;
	house.answer = *acted;
}

static bool take_order(void *context, const struct ward_order *order)
{
	(void)context;
	house.orders += order->verb == WARD_BLOCK;
	return true;
}

static uint64_t next_ticket(void *context)
{
	(void)context;
	return 7;
}

static struct account account(const char *login, const char *role)
{
	const struct account_new wanted = {.login = login, .name = login, .role = role};
	struct account made;
	char password[PASSWORD_GIVEN_BYTES];
	assert_ok(identity_account_create(
		house.parts.identity, &wanted, 1800000000000000, house.arena, &made, password));
	return made;
}

static int house_open(void **state)
{
	const struct key key = {.bytes = {3}};
	const struct acts_owner owner = {
		.answer = take_answer, .order = take_order, .ticket = next_ticket};
	struct yaml_fault fault;
	(void)state;
	memset(&house, 0, sizeof house);
	scratch_make(&house.scratch);
	snprintf(house.path, sizeof house.path, "%s/identity.db", house.scratch.dir);
	const struct identity_options options = {
		.path = house.path, .cost = {8, 1, 1}, .issuer = "St Anna", .hospital_key = key};
	house.arena = arena_new();
	house.config.rules = RULES;
	house.parts = (struct parts){.config = &house.config, .opaque = mac_new(&key)};
	house.parts.ledger = scratch_open(&house.scratch);
	assert_ok(identity_open(&options, &house.parts.identity, house.problem));
	assert_ok(policy_load(RULES "/policy/hospital.yaml", &house.parts.policy, &fault));
	house.acts = acts_new(&house.parts, &owner);
	house.berg = account("dr.berg", "clinician");
	house.case_ = account("dr.case", "clinician");
	house.kim = account("so.kim", "security-officer");
	return 0;
}

static int house_close(void **state)
{
	(void)state;
	acts_free(house.acts);
	policy_free(house.parts.policy);
	identity_close(house.parts.identity);
	ledger_close(house.parts.ledger);
	mac_free(house.parts.opaque);
	arena_free(house.arena);
	scratch_remove(&house.scratch);
	return 0;
}

static uint64_t durable(const struct trail_entry *entry)
{
	uint64_t seq = ledger_append(house.parts.ledger, entry);
	ledger_flush(house.parts.ledger);
	ledger_wait(house.parts.ledger, seq + 1);
	return seq;
}

static uint64_t read_by(const struct account *who)
{
	const struct trail_entry entry = {.time_us = 1,
		.kind = TRAIL_ACCESS,
		.action = TRAIL_READ,
		.outcome = TRAIL_ALLOWED,
		.actor = who->id,
		.role = who->role,
		.session = "s1"};
	return durable(&entry);
}

static const char *number_of(const char *id)
{
	return arena_printf(house.arena, "%016llx",
		(unsigned long long)mac_token(house.parts.opaque, bytes_text(id)));
}

// What somebody agreed to, or wanted taken back.
struct agreed {
	enum trail_action action;
	const struct account *by;
	const char *act;
	const struct account *whom;
	uint64_t seq;
	int64_t ago_s;
};

static uint64_t agree(const struct agreed *a)
{
	const struct act_whom whom = {.actor = number_of(a->whom->id), .seq = a->seq};
	char about[ACT_ABOUT_BYTES];
	act_about(act_find(a->act), &whom, about);
	const struct trail_entry entry = {.time_us = time_now_us() - a->ago_s * 1000000,
		.kind = TRAIL_SYSTEM,
		.action = a->action,
		.outcome = TRAIL_ALLOWED,
		.actor = a->by->id,
		.role = a->by->role,
		.detail = KEY,
		.query = arena_printf(house.arena, "run 5, step 2, %s", about)};
	return durable(&entry);
}

// True: it was done.
static bool ask(const char *act, const struct account *whom, uint64_t seq, uint64_t approved)
{
	const char *end = strncmp(act, "-", 1) == 0 ? ", \"undo\": true" : "";
	const char *json = arena_printf(house.arena,
		"{\"key\": \"" KEY "\", \"action\": \"%s\", \"seconds\": 60, \"seq\": %llu, "
		"\"actor\": \"%s\", \"approved\": %llu%s}",
		act + (*end != 0), (unsigned long long)seq, number_of(whom->id),
		(unsigned long long)approved, end);
	memset(&house.answer, 0, sizeof house.answer);
	acts_take(house.acts, 9, bytes_text(json));
	ledger_wait(house.parts.ledger, ledger_size(house.parts.ledger));
	acts_settle(house.acts);
	assert_int_equal(house.answer.ticket, 9);
	return house.answer.fine;
}

static void an_approval_counts_for_what_was_approved_and_nothing_else(void **state)
{
	(void)state;
	uint64_t berg = read_by(&house.berg), other = read_by(&house.case_);
	const struct agreed agreed = {
		TRAIL_APPROVED, &house.kim, "lock-account", &house.berg, berg};
	const struct agreed step_up = {
		TRAIL_APPROVED, &house.kim, "demand-step-up", &house.berg, berg};
	uint64_t approved = agree(&agreed);
	assert_false(ask("lock-account", &house.case_, other, approved));
	assert_false(ask("lock-account", &house.berg, berg, agree(&step_up)));
	assert_true(ask("lock-account", &house.berg, berg, approved));
}

static void whoever_is_concerned_does_not_take_it_back(void **state)
{
	(void)state;
	uint64_t berg = read_by(&house.berg);
	struct account officer = house.berg; // the trail says that they may
	officer.role = "security-officer";
	const struct agreed lock = {TRAIL_APPROVED, &house.kim, "lock-account", &house.berg, berg};
	const struct agreed own = {TRAIL_ACT_ENDED, &officer, "lock-account", &house.case_, berg};
	const struct agreed kims = {TRAIL_ACT_ENDED, &house.kim, "lock-account", &house.berg, berg};
	assert_true(ask("lock-account", &house.berg, berg, agree(&lock)));
	assert_false(ask("-lock-account", &house.case_, berg, agree(&own)));
	assert_true(ask("-lock-account", &house.berg, berg, agree(&kims)));
}

static struct act_trial tried(const char *act, const char *actor, uint64_t seq)
{
	struct act_trial trial = {"?", "?"};
	json_t *json = json_pack("{s:s, s:s, s:I, s:s, s:I}", "key", "dry-run", "action", act,
		"seconds", (json_int_t)(act_find(act)->most ? 60 : 0), "actor", actor, "seq",
		(json_int_t)seq);
	acts_would(house.acts, json, house.arena, &trial);
	json_decref(json);
	return trial;
}

static void a_trial_says_what_would_be_refused_and_does_nothing(void **state)
{
	(void)state;
	uint64_t berg = read_by(&house.berg), kim = read_by(&house.kim);
	uint64_t size = ledger_size(house.parts.ledger);
	struct act_trial trial = tried("end-sessions", number_of(house.berg.id), berg);
	assert_null(trial.refused);
	assert_null(trial.approval);
	trial = tried("lock-account", number_of(house.berg.id), berg);
	assert_null(trial.refused);
	assert_non_null(strstr(trial.approval, "never done without approval"));
	trial = tried("end-sessions", number_of(house.case_.id), berg);
	assert_non_null(strstr(trial.refused, "does not name this account"));
	trial = tried("end-sessions", number_of(house.berg.id), 9999);
	assert_non_null(strstr(trial.refused, "no such entry"));
	trial = tried("lock-account", number_of(house.kim.id), kim);
	assert_non_null(strstr(trial.refused, "last open account"));
	assert_non_null(tried("notify", "", 0).refused);
	assert_int_equal(ledger_size(house.parts.ledger), size);
	assert_null(measure_next(house.parts.identity, NULL));
}

static void an_approval_counts_for_seven_days(void **state)
{
	(void)state;
	uint64_t berg = read_by(&house.berg);
	struct agreed lock = {
		TRAIL_APPROVED, &house.kim, "lock-account", &house.berg, berg, ACTS_APPROVAL_S + 1};
	struct agreed back = {TRAIL_ACT_ENDED, &house.kim, "lock-account", &house.berg, berg,
		ACTS_APPROVAL_S + 1};
	assert_false(ask("lock-account", &house.berg, berg, agree(&lock)));
	assert_non_null(strstr(house.answer.words, "older than seven days"));
	lock.ago_s = ACTS_APPROVAL_S - 60;
	assert_true(ask("lock-account", &house.berg, berg, agree(&lock)));
	assert_false(ask("-lock-account", &house.berg, berg, agree(&back)));
	assert_non_null(strstr(house.answer.words, "older than seven days"));
	back.ago_s = 0;
	assert_true(ask("-lock-account", &house.berg, berg, agree(&back)));
}

// Else a flood of them would make the vault forget how much it did within the hour.
static void what_touches_nobody_has_its_ceiling(void **state)
{
	unsigned done = 0;
	(void)state;
	for (unsigned i = 0; i < ACTS_MOST - 10; i++) {
		acts_take(house.acts, i,
			bytes_text(arena_printf(house.arena,
				"{\"key\": \"k%u\", \"action\": \"snapshot-trail\"}", i)));
		ledger_wait(house.parts.ledger, ledger_size(house.parts.ledger));
		acts_settle(house.acts);
		done += house.answer.fine;
	}
	assert_int_equal(done, ACTS_PLAIN);
}

static void a_flood_of_acts_does_not_fill_the_trail(void **state)
{
	static const char nonsense[] = "{\"key\": \"k\", \"action\": \"lock-account\", "
				       "\"seconds\": 60, \"seq\": 1}";
	(void)state;
	for (unsigned i = 0; i < 3 * ACTS_MOST; i++)
		acts_take(house.acts, i, bytes_text(nonsense));
	assert_non_null(strstr(house.answer.words, "too many"));
	assert_in_range(ledger_size(house.parts.ledger), ACTS_MOST, ACTS_MOST + 30 * ACTS_A_SECOND);
}

static void signed_in_from(const struct account *who, const char *address)
{
	char token[TOKEN_TEXT_BYTES];
	struct ticket from = {
		.account = account_held(house.parts.identity, who->id), .kind = SESSION_COOKIE};
	snprintf(from.address, sizeof from.address, "%s", address);
	assert_ok(session_make(house.parts.identity, &from, true, time_now_us(), token));
}

static bool block(const char *key, const char *address, const struct account *whom)
{
	unsigned before = house.orders;
	acts_take(house.acts, 9,
		bytes_text(arena_printf(house.arena,
			"{\"key\": \"%s\", \"action\": \"block-address\", \"seconds\": 60, "
			"\"address\": \"%s\", \"actor\": \"%s\"}",
			key, address, whom ? number_of(whom->id) : "")));
	ledger_wait(house.parts.ledger, ledger_size(house.parts.ledger));
	acts_settle(house.acts);
	return house.orders > before;
}

// Whoever misbehaves behind an address that many share does not get the others shut out.
static void an_address_that_others_work_from_needs_approval(void **state)
{
	(void)state;
	signed_in_from(&house.berg, "198.51.100.7");
	assert_true(block("k1", "198.51.100.7", &house.berg)); // nobody else is there
	signed_in_from(&house.case_, "198.51.100.7");
	assert_false(block("k2", "198.51.100.7", &house.berg));
	assert_non_null(strstr(house.answer.words, "others are signed in from this address"));
	assert_false(block("k3", "198.51.100.7", NULL));
	assert_true(block("k4", "203.0.113.9", NULL)); // nobody is in from there
	signed_in_from(&house.kim, "2001:db8::7");
	assert_false(block("k5", "2001:db8:0::7", NULL)); // written otherwise
	assert_false(block("k6", "10.1.2.3", NULL));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			an_approval_counts_for_what_was_approved_and_nothing_else, house_open,
			house_close),
		cmocka_unit_test_setup_teardown(
			whoever_is_concerned_does_not_take_it_back, house_open, house_close),
		cmocka_unit_test_setup_teardown(
			an_approval_counts_for_seven_days, house_open, house_close),
		cmocka_unit_test_setup_teardown(a_trial_says_what_would_be_refused_and_does_nothing,
			house_open, house_close),
		cmocka_unit_test_setup_teardown(
			an_address_that_others_work_from_needs_approval, house_open, house_close),
		cmocka_unit_test_setup_teardown(
			what_touches_nobody_has_its_ceiling, house_open, house_close),
		cmocka_unit_test_setup_teardown(
			a_flood_of_acts_does_not_fill_the_trail, house_open, house_close),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
