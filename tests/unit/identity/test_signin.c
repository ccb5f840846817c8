#include "desk.h"

static void the_first_sign_in_changes_the_password_and_enrols_before_there_is_a_session(
	void **state)
{
	(void)state;
	struct sign_in_step step;
	const char *id = hire("anna", "clinician", false, &step);
	assert_int_equal(step.state, SIGN_IN_ENROL);
	assert_string_equal(step.token, "");
	assert_int_equal(map_count(desk.identity->sessions), 0);
	assert_string_equal(step.account, id);
}

static void a_right_code_lets_in(void **state)
{
	(void)state;
	struct sign_in_step step;
	char ticket[TOKEN_TEXT_BYTES];
	const struct session *session;
	hire_enrolled("anna", &step);
	desk.now_us += MINUTE;
	knock("Anna", HOME, ticket); // logins know no case
	assert_ok(enter(ticket, code_of(secret_of("anna"), desk.now_us), &step));
	assert_ok(session_find(desk.identity, step.token, SESSION_COOKIE, desk.now_us, &session));
	assert_true(session->second_factor);
	assert_string_equal(session->address, HOME);
	assert_string_equal(session->agent, "a browser");
	assert_err(enter(ticket, code_of(secret_of("anna"), desk.now_us + 30 * SECOND), &step),
		ERR_UNAUTHENTICATED); // the ticket is spent
}

static void a_code_is_accepted_once(void **state)
{
	(void)state;
	struct sign_in_step step;
	char ticket[TOKEN_TEXT_BYTES];
	hire_enrolled("anna", &step);
	knock("anna", HOME, ticket);
	assert_err(enter(ticket, code_of(secret_of("anna"), desk.now_us), &step),
		ERR_UNAUTHENTICATED); // it enrolled
	desk.now_us += MINUTE;
	assert_ok(enter(ticket, code_of(secret_of("anna"), desk.now_us), &step));
	knock("anna", HOME, ticket);
	assert_err(
		enter(ticket, code_of(secret_of("anna"), desk.now_us), &step), ERR_UNAUTHENTICATED);
	assert_err(enter(ticket, code_of(secret_of("anna"), desk.now_us - 30 * SECOND), &step),
		ERR_UNAUTHENTICATED); // nor one before it
	assert_ok(enter(ticket, code_of(secret_of("anna"), desk.now_us + 30 * SECOND), &step));
}

static void a_used_code_stays_used_after_a_restart(void **state)
{
	(void)state;
	struct sign_in_step step;
	char ticket[TOKEN_TEXT_BYTES], code[8];
	hire_enrolled("anna", &step);
	desk.now_us += MINUTE;
	strcpy(code, code_of(secret_of("anna"), desk.now_us));
	knock("anna", HOME, ticket);
	assert_ok(enter(ticket, code, &step));
	desk_again();
	knock("anna", HOME, ticket);
	assert_err(enter(ticket, code, &step), ERR_UNAUTHENTICATED);
	desk.now_us += 30 * SECOND;
	assert_err(enter(ticket, code, &step), ERR_UNAUTHENTICATED);
	assert_ok(enter(ticket, code_of(secret_of("anna"), desk.now_us), &step));
}

static void a_code_whose_use_cannot_be_stored_lets_nobody_in(void **state)
{
	(void)state;
	struct sign_in_step step;
	char ticket[TOKEN_TEXT_BYTES], problem[256];
	struct store_sqlite options = {.path = desk.path};
	struct store *other;
	hire_enrolled("anna", &step);
	desk.now_us += MINUTE;
	knock("anna", HOME, ticket);
	size_t sessions = map_count(desk.identity->sessions);
	assert_ok(store_open_sqlite(&options, &other, problem));
	assert_ok(store_exec(other, "BEGIN IMMEDIATE"));
	const char *code = code_of(secret_of("anna"), desk.now_us);
	assert_err(enter(ticket, code, &step), ERR_IO);
	assert_string_equal(step.token, "");
	assert_int_equal(map_count(desk.identity->sessions), sessions);
	assert_ok(store_exec(other, "ROLLBACK"));
	store_close(other);
	assert_ok(enter(ticket, code, &step)); // it was not used
}

static void each_recovery_code_opens_once(void **state)
{
	(void)state;
	struct sign_in_step first, step;
	char ticket[TOKEN_TEXT_BYTES];
	hire_enrolled("anna", &first);
	assert_true(first.has_recovery_codes);
	for (int i = 0; i < RECOVERY_CODES; i++) {
		knock("anna", HOME, ticket);
		assert_ok(enter(ticket, first.recovery_codes[i], &step));
		assert_true(step.recovery_used);
		if (i == 4)
			desk_again();
		knock("anna", HOME, ticket);
		assert_err(enter(ticket, first.recovery_codes[i], &step), ERR_UNAUTHENTICATED);
		assert_string_equal(step.token, "");
		for (int j = i + 1; j < RECOVERY_CODES; j++)
			assert_string_not_equal(first.recovery_codes[i], first.recovery_codes[j]);
	}
	knock("anna", HOME, ticket);
	assert_err(enter(ticket, "", &step), ERR_UNAUTHENTICATED);
}

static void recovery_codes_may_be_typed_in_capitals(void **state)
{
	(void)state;
	struct sign_in_step first, step;
	char ticket[TOKEN_TEXT_BYTES];
	hire_enrolled("anna", &first);
	for (char *c = first.recovery_codes[3]; *c; c++)
		*c = (char)(*c >= 'a' && *c <= 'z' ? *c - 32 : *c);
	knock("anna", HOME, ticket);
	assert_ok(enter(ticket, first.recovery_codes[3], &step));
}

static void new_recovery_codes_end_the_old(void **state)
{
	(void)state;
	struct sign_in_step first, step;
	char ticket[TOKEN_TEXT_BYTES], fresh[RECOVERY_CODES][RECOVERY_CODE_BYTES];
	const char *id = hire_enrolled("anna", &first);
	hire_alone("bert", "clinician");
	assert_ok(identity_new_recovery_codes(desk.identity, id, fresh));
	assert_err(identity_new_recovery_codes(desk.identity, "bert", fresh), ERR_NOT_FOUND);
	knock("anna", HOME, ticket);
	assert_err(enter(ticket, first.recovery_codes[0], &step), ERR_UNAUTHENTICATED);
	assert_ok(enter(ticket, fresh[0], &step));
}

static void one_persons_codes_are_nothing_to_another(void **state)
{
	(void)state;
	struct sign_in_step anna, bert, step;
	char ticket[TOKEN_TEXT_BYTES];
	hire_enrolled("anna", &anna);
	hire_enrolled("bert", &bert);
	desk.now_us += MINUTE;
	knock("anna", HOME, ticket);
	assert_err(enter(ticket, bert.recovery_codes[0], &step), ERR_UNAUTHENTICATED);
	assert_err(
		enter(ticket, code_of(secret_of("bert"), desk.now_us), &step), ERR_UNAUTHENTICATED);
}

static void five_wrong_codes_spend_the_ticket(void **state)
{
	(void)state;
	struct sign_in_step step;
	char ticket[TOKEN_TEXT_BYTES];
	hire_enrolled("anna", &step);
	desk.now_us += MINUTE;
	knock("anna", HOME, ticket);
	for (int i = 0; i < 5; i++) {
		assert_err(enter(ticket, "no", &step), ERR_UNAUTHENTICATED);
		assert_string_not_equal(step.account, ""); // for the trail
	}
	desk.now_us += MINUTE;
	assert_err(
		enter(ticket, code_of(secret_of("anna"), desk.now_us), &step), ERR_UNAUTHENTICATED);
}

// Whoever has the password gets a ticket each time; the codes tried with all of them are counted.
static void many_tickets_are_not_many_guesses(void **state)
{
	(void)state;
	enum {
		TICKETS = 12
	};
	struct sign_in_step step;
	char tickets[TICKETS][TOKEN_TEXT_BYTES];
	hire_enrolled("anna", &step);
	desk.now_us += MINUTE;
	for (int i = 0; i < TICKETS; i++)
		knock("anna", "203.0.113.9", tickets[i]);
	for (int i = 0; i < 5; i++)
		assert_err(enter(tickets[i], "000000", &step), ERR_UNAUTHENTICATED);
	for (int i = 5; i < TICKETS; i++) {
		assert_err(enter(tickets[i], code_of(secret_of("anna"), desk.now_us), &step),
			ERR_BUSY);
		assert_int_equal(step.wait_s, 1);
	}
	knock("anna", HOME, tickets[0]);
	assert_ok(enter(tickets[0], code_of(secret_of("anna"), desk.now_us),
		&step)); // elsewhere, all is well
}

static void one_account_cannot_use_up_the_tickets(void **state)
{
	(void)state;
	struct sign_in_step step;
	char first[TOKEN_TEXT_BYTES], last[TOKEN_TEXT_BYTES];
	hire_enrolled("anna", &step);
	knock("anna", HOME, first);
	for (int i = 0; i < 100; i++) {
		desk.now_us += SECOND;
		knock("anna", HOME, last);
	}
	assert_in_range(map_count(desk.identity->tickets), 1, 20);
	assert_err(
		enter(first, code_of(secret_of("anna"), desk.now_us), &step), ERR_UNAUTHENTICATED);
	assert_ok(enter(last, code_of(secret_of("anna"), desk.now_us), &step));
}

static void a_ticket_lasts_five_minutes(void **state)
{
	(void)state;
	struct sign_in_step step;
	char ticket[TOKEN_TEXT_BYTES];
	hire_enrolled("anna", &step);
	knock("anna", HOME, ticket);
	desk.now_us += 5 * (int64_t)MINUTE - 1;
	assert_err(enter(ticket, "000000", &step), ERR_UNAUTHENTICATED);
	assert_string_not_equal(step.account, ""); // found
	desk.now_us += 1;
	assert_err(
		enter(ticket, code_of(secret_of("anna"), desk.now_us), &step), ERR_UNAUTHENTICATED);
	assert_string_equal(step.account, "");
}

static void a_clock_turned_back_does_not_lengthen_a_ticket(void **state)
{
	(void)state;
	struct sign_in_step step;
	char ticket[TOKEN_TEXT_BYTES];
	hire_enrolled("anna", &step);
	desk.now_us += 24 * HOUR;
	knock("anna", HOME, ticket);
	desk.now_us -= 12 * HOUR;
	assert_err(
		enter(ticket, code_of(secret_of("anna"), desk.now_us), &step), ERR_UNAUTHENTICATED);
}

static void a_ticket_serves_its_own_stage_only(void **state)
{
	(void)state;
	struct sign_in_step step, enrol;
	struct enrolment enrolment;
	char ticket[TOKEN_TEXT_BYTES];
	hire_enrolled("anna", &step);
	hire("bert", "clinician", false, &enrol);
	knock("anna", HOME, ticket);
	assert_err(sign_in_enrol(desk.identity, ticket, desk.now_us, desk.arena, &enrolment),
		ERR_UNAUTHENTICATED);
	assert_err(
		change(ticket, NULL, NULL, "another-violin-52-tundra", &step), ERR_UNAUTHENTICATED);
	assert_err(enter(enrol.ticket, "000000", &step), ERR_UNAUTHENTICATED);
	assert_err(sign_in_enrol_confirm(desk.identity, enrol.ticket, "000000", desk.now_us, &step),
		ERR_UNAUTHENTICATED); // no secret was asked for yet
	assert_err(enter("", "000000", &step), ERR_UNAUTHENTICATED);
	assert_err(enter("ht_", "000000", &step), ERR_UNAUTHENTICATED);
}

static void a_ticket_is_no_session(void **state)
{
	(void)state;
	struct sign_in_step step;
	const struct session *session;
	char ticket[TOKEN_TEXT_BYTES];
	hire_enrolled("anna", &step);
	knock("anna", HOME, ticket);
	assert_err(session_find(desk.identity, ticket, SESSION_COOKIE, desk.now_us, &session),
		ERR_UNAUTHENTICATED);
	assert_err(session_find(desk.identity, ticket, SESSION_BEARER, desk.now_us, &session),
		ERR_UNAUTHENTICATED);
}

// Two tickets of one password: the second must not enrol over the first, nor change what was
// changed.
static void a_second_ticket_is_dead_once_the_first_was_used(void **state)
{
	(void)state;
	struct sign_in_step one, two, step;
	struct enrolment enrolment;
	struct account account;
	char given[PASSWORD_GIVEN_BYTES];
	struct account_new wish = {"anna", "Anna", "clinician", "", false};
	assert_ok(identity_account_create(
		desk.identity, &wish, desk.now_us, desk.arena, &account, given));
	assert_ok(attempt("anna", given, HOME, &one));
	assert_ok(attempt("anna", given, "203.0.113.9", &two));
	assert_ok(change(one.ticket, NULL, NULL, PASSWORD, &one));
	assert_err(change(two.ticket, NULL, NULL, "another-violin-52-tundra", &step),
		ERR_UNAUTHENTICATED);
	assert_ok(attempt("anna", PASSWORD, "203.0.113.9", &two));
	assert_ok(sign_in_enrol(desk.identity, two.ticket, desk.now_us, desk.arena, &enrolment));
	assert_ok(sign_in_enrol(desk.identity, one.ticket, desk.now_us, desk.arena, &enrolment));
	struct hash hash = crypto_sha256(bytes_text(one.ticket));
	struct ticket *held = map_find(desk.identity->tickets, bytes_of(hash.bytes, HASH_BYTES));
	assert_ok(sign_in_enrol_confirm(desk.identity, one.ticket,
		code_of(held->pending_totp, desk.now_us), desk.now_us, &step));
	assert_err(sign_in_enrol(desk.identity, two.ticket, desk.now_us, desk.arena, &enrolment),
		ERR_UNAUTHENTICATED);
}

static void a_reset_or_a_lock_ends_tickets_too(void **state)
{
	(void)state;
	struct sign_in_step step;
	char ticket[TOKEN_TEXT_BYTES], given[PASSWORD_GIVEN_BYTES];
	const char *id = hire_enrolled("anna", &step);
	desk.now_us += MINUTE;
	knock("anna", HOME, ticket);
	struct account_change lock = {.state = ACCOUNT_LOCKED}, unlock = {.state = ACCOUNT_ACTIVE};
	assert_ok(identity_account_change(desk.identity, id, &lock));
	assert_err(attempt("anna", PASSWORD, HOME, &step), ERR_UNAUTHENTICATED);
	assert_ok(identity_account_change(desk.identity, id, &unlock));
	assert_err(enter(ticket, code_of(secret_of(id), desk.now_us), &step), ERR_UNAUTHENTICATED);
	knock("anna", HOME, ticket);
	assert_ok(identity_reset_password(desk.identity, id, NULL, given));
	assert_err(enter(ticket, code_of(secret_of(id), desk.now_us), &step), ERR_UNAUTHENTICATED);
	assert_err(attempt("anna", PASSWORD, HOME, &step), ERR_UNAUTHENTICATED);
}

static void an_attempt_that_a_reset_overtakes_fails(void **state)
{
	(void)state;
	struct sign_in_wish wish = {"anna", PASSWORD, HOME, "", SESSION_COOKIE, desk.now_us};
	struct sign_in *running;
	struct sign_in_step step;
	char given[PASSWORD_GIVEN_BYTES];
	const char *id = hire_alone("anna", "clinician");
	assert_ok(sign_in_begin(desk.identity, &wish, &running, &desk.wait_s));
	sign_in_run(running);
	assert_ok(identity_reset_password(desk.identity, id, NULL, given));
	assert_err(sign_in_end(desk.identity, running, &step), ERR_UNAUTHENTICATED);
	assert_string_equal(step.ticket, "");
	sign_in_free(running);
	assert_ok(attempt("anna", given, HOME, &step));
	assert_ok(change(step.ticket, NULL, NULL, PASSWORD, &step));
	assert_ok(sign_in_begin(desk.identity, &wish, &running, &desk.wait_s));
	sign_in_run(running);
	struct account_change lock = {.state = ACCOUNT_LOCKED};
	assert_ok(identity_account_change(desk.identity, id, &lock));
	assert_err(sign_in_end(desk.identity, running, &step), ERR_UNAUTHENTICATED);
	assert_string_equal(step.token, "");
	sign_in_free(running);
}

static void nobody_learns_which_logins_exist(void **state)
{
	(void)state;
	struct sign_in_step step;
	struct account account;
	char given[PASSWORD_GIVEN_BYTES];
	struct account_new application = {"pacs", "PACS", "application", "", true};
	hire_alone("anna", "clinician");
	assert_ok(identity_account_create(
		desk.identity, &application, desk.now_us, desk.arena, &account, given));
	assert_err(attempt("anna", "wrong", HOME, &step), ERR_UNAUTHENTICATED);
	assert_err(attempt("nobody", "wrong", HOME, &step), ERR_UNAUTHENTICATED);
	assert_string_equal(step.account, "");
	assert_err(attempt("pacs", given, HOME, &step), ERR_UNAUTHENTICATED); // never by password
	assert_err(attempt("", "", HOME, &step), ERR_UNAUTHENTICATED);
	for (int i = 0; i < 6; i++) // an unknown login is throttled just the same
		(void)!attempt("nobody", "wrong", "10.0.0.8", &step);
	assert_err(attempt("nobody", "wrong", "10.0.0.8", &step), ERR_BUSY);
}

static void what_is_too_long_is_refused_before_it_is_hashed(void **state)
{
	(void)state;
	struct sign_in_step step;
	char *text = arena_alloc(desk.arena, 2000);
	memset(text, 'a', 1999);
	text[1999] = 0;
	text[LOGIN_BYTES] = 0;
	assert_err(attempt(text, PASSWORD, HOME, &step), ERR_LIMIT);
	text[LOGIN_BYTES] = 'a';
	text[PASSWORD_MOST_BYTES + 1] = 0;
	assert_err(attempt("anna", text, HOME, &step), ERR_LIMIT);
}

static void wrong_passwords_are_throttled_and_the_right_one_must_wait_too(void **state)
{
	(void)state;
	struct sign_in_step step;
	hire_alone("anna", "clinician");
	for (int i = 0; i < 5; i++)
		assert_err(attempt("anna", "wrong", HOME, &step), ERR_UNAUTHENTICATED);
	assert_err(attempt("anna", PASSWORD, HOME, &step), ERR_BUSY);
	assert_int_equal(desk.wait_s, 1);
	desk.now_us += SECOND;
	assert_ok(attempt("anna", PASSWORD, HOME, &step));
}

static void the_usual_place_is_still_usual_after_a_restart(void **state)
{
	(void)state;
	struct sign_in_step step;
	hire_alone("anna", "clinician");
	assert_ok(attempt("anna", PASSWORD, HOME, &step));
	desk_again();
	for (int i = 0; i < 60; i++) {
		char address[32];
		snprintf(address, sizeof address, "203.0.113.%d", i);
		(void)!attempt("anna", "wrong", address, &step);
	}
	assert_err(attempt("anna", PASSWORD, "198.51.100.1", &step), ERR_BUSY);
	assert_ok(attempt("anna", PASSWORD, HOME, &step));
}

static void a_password_is_changed_with_the_old_one(void **state)
{
	(void)state;
	struct sign_in_step step;
	const char *id = hire_alone("anna", "clinician");
	assert_err(
		change(NULL, id, "wrong", "another-violin-52-tundra", &step), ERR_UNAUTHENTICATED);
	assert_err(change(NULL, id, NULL, "another-violin-52-tundra", &step), ERR_UNAUTHENTICATED);
	assert_err(change(NULL, id, PASSWORD, "short", &step), ERR_INVALID);
	assert_err(change(NULL, id, PASSWORD, PASSWORD, &step), ERR_EXISTS);
	assert_ok(change(NULL, id, PASSWORD, "another-violin-52-tundra", &step));
	assert_err(attempt("anna", PASSWORD, HOME, &step), ERR_UNAUTHENTICATED);
	desk_again();
	assert_err(attempt("anna", PASSWORD, HOME, &step), ERR_UNAUTHENTICATED);
	assert_ok(attempt("anna", "another-violin-52-tundra", HOME, &step));
}

static void a_session_is_no_place_to_guess_the_password(void **state)
{
	(void)state;
	struct sign_in_step step;
	const char *id = hire_alone("anna", "clinician");
	for (int i = 0; i < 5; i++)
		assert_err(change(NULL, id, "wrong", "another-violin-52-tundra", &step),
			ERR_UNAUTHENTICATED);
	assert_err(change(NULL, id, PASSWORD, "another-violin-52-tundra", &step), ERR_BUSY);
	assert_int_equal(desk.wait_s, 1);
	assert_ok(attempt("anna", PASSWORD, HOME, &step)); // signing in is not slowed by it
	desk.now_us += 2 * SECOND;
	assert_ok(change(NULL, id, PASSWORD, "another-violin-52-tundra", &step));
}

static void of_two_changes_at_once_one_fails(void **state)
{
	(void)state;
	struct sign_in_step step;
	struct password_advice advice;
	struct password_change *one, *two;
	const char *id = hire_alone("anna", "clinician");
	struct password_wish wish = {NULL, id, PASSWORD, "another-violin-52-tundra", desk.now_us};
	assert_ok(password_change_begin(desk.identity, &wish, &one, &advice));
	wish.password = "a-third-violin-77-moss";
	assert_ok(password_change_begin(desk.identity, &wish, &two, &advice));
	password_change_run(one);
	password_change_run(two);
	assert_ok(password_change_end(desk.identity, one, &step));
	assert_err(password_change_end(desk.identity, two, &step), ERR_UNAUTHENTICATED);
	password_change_free(one);
	password_change_free(two);
	assert_ok(attempt("anna", "another-violin-52-tundra", HOME, &step));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, desk_open, desk_end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(the_first_sign_in_changes_the_password_and_enrols_before_there_is_a_session),
		TEST(a_right_code_lets_in),
		TEST(a_code_is_accepted_once),
		TEST(a_used_code_stays_used_after_a_restart),
		TEST(a_code_whose_use_cannot_be_stored_lets_nobody_in),
		TEST(each_recovery_code_opens_once),
		TEST(recovery_codes_may_be_typed_in_capitals),
		TEST(new_recovery_codes_end_the_old),
		TEST(one_persons_codes_are_nothing_to_another),
		TEST(five_wrong_codes_spend_the_ticket),
		TEST(many_tickets_are_not_many_guesses),
		TEST(one_account_cannot_use_up_the_tickets),
		TEST(a_ticket_lasts_five_minutes),
		TEST(a_clock_turned_back_does_not_lengthen_a_ticket),
		TEST(a_ticket_serves_its_own_stage_only),
		TEST(a_ticket_is_no_session),
		TEST(a_second_ticket_is_dead_once_the_first_was_used),
		TEST(a_reset_or_a_lock_ends_tickets_too),
		TEST(an_attempt_that_a_reset_overtakes_fails),
		TEST(nobody_learns_which_logins_exist),
		TEST(what_is_too_long_is_refused_before_it_is_hashed),
		TEST(wrong_passwords_are_throttled_and_the_right_one_must_wait_too),
		TEST(the_usual_place_is_still_usual_after_a_restart),
		TEST(a_password_is_changed_with_the_old_one),
		TEST(a_session_is_no_place_to_guess_the_password),
		TEST(of_two_changes_at_once_one_fails),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
