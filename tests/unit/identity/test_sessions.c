#include "desk.h"

static char token[TOKEN_TEXT_BYTES];

// Signs in at HOME, without a second factor; the token is in `token`.
static const char *arrive(const char *login, const char *role)
{
	struct sign_in_step step;
	const char *id = hire_alone(login, role);
	size_t before = map_count(desk.identity->sessions);
	assert_ok(attempt(login, PASSWORD, HOME, &step));
	assert_int_equal(step.state, SIGN_IN_DONE);
	assert_int_equal(map_count(desk.identity->sessions), before + 1);
	strcpy(token, step.token);
	return id;
}

static enum err use(void)
{
	const struct session *session;
	return session_find(desk.identity, token, SESSION_COOKIE, desk.now_us, &session);
}

static const char *handle(void)
{
	const struct session *session;
	assert_ok(session_find(desk.identity, token, SESSION_COOKIE, desk.now_us, &session));
	return arena_text(desk.arena, session->handle);
}

static const struct limit {
	const char *role;
	int idle_minutes, hours;
} limits[] = {{"clinician", 60, 12}, {"nurse", 60, 12}, {"front-desk", 60, 12},
	{"administrator", 15, 8}, {"privacy-officer", 30, 8}, {"security-officer", 30, 8}};

static int64_t factor_age_s(void)
{
	const struct session *session;
	assert_ok(session_find(desk.identity, token, SESSION_COOKIE, desk.now_us, &session));
	return (desk.now_us - session->factor_us) / SECOND;
}

static void the_second_factor_is_given_again_and_kept(void **state)
{
	uint32_t wait_s;
	(void)state;
	struct sign_in_step step;
	const char *id = hire_enrolled("anna", &step);
	strcpy(token, step.token);
	desk.now_us += 20 * (int64_t)MINUTE;
	assert_int_equal(factor_age_s(), 20 * 60);
	assert_err(session_step_up(desk.identity, handle(), "000000", desk.now_us, &wait_s),
		ERR_UNAUTHENTICATED);
	assert_int_equal(factor_age_s(), 20 * 60);
	char code[8];
	strcpy(code, code_of(secret_of(id), desk.now_us));
	assert_ok(session_step_up(desk.identity, handle(), code, desk.now_us, &wait_s));
	assert_int_equal(factor_age_s(), 0);
	assert_err(session_step_up(desk.identity, handle(), code, desk.now_us, &wait_s),
		ERR_UNAUTHENTICATED); // a code counts once
	desk_again();
	assert_int_equal(factor_age_s(), 0);
	assert_err(session_step_up(desk.identity, "nobody", code, desk.now_us, &wait_s),
		ERR_NOT_FOUND);
	enum err err = OK;
	for (int i = 0; i < 50 && err != ERR_BUSY; i++)
		err = session_step_up(desk.identity, handle(), "000000", desk.now_us, &wait_s);
	assert_err(err, ERR_BUSY); // guessing is slowed down
	assert_true(wait_s > 0);
}

static void idleness_ends_it(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof limits / sizeof *limits; i++) {
		int64_t idle_us = limits[i].idle_minutes * (int64_t)MINUTE;
		arrive(limits[i].role, limits[i].role);
		desk.now_us += idle_us - 1;
		assert_ok(use()); // and starts the time anew
		desk.now_us += idle_us - 1;
		assert_ok(use());
		desk.now_us += idle_us;
		assert_err(use(), ERR_UNAUTHENTICATED);
	}
}

static void age_ends_it_however_busy(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof limits / sizeof *limits; i++) {
		arrive(limits[i].role, limits[i].role);
		int64_t end_us = desk.now_us + limits[i].hours * HOUR;
		while (desk.now_us + 10 * (int64_t)MINUTE < end_us) {
			desk.now_us += 10 * (int64_t)MINUTE;
			assert_ok(use());
		}
		desk.now_us = end_us - 1;
		assert_ok(use());
		desk.now_us = end_us;
		assert_err(use(), ERR_UNAUTHENTICATED);
	}
}

static void what_is_over_leaves_the_list_and_the_disk(void **state)
{
	(void)state;
	struct session *list;
	size_t count;
	const char *id = arrive("anna", "clinician");
	desk.now_us += 61 * (int64_t)MINUTE;
	identity_tick(desk.identity, desk.now_us);
	assert_ok(session_list(desk.identity, id, desk.arena, &list, &count));
	assert_int_equal(count, 0);
	desk.now_us -= 30 * (int64_t)MINUTE;
	desk_again();
	assert_err(use(), ERR_UNAUTHENTICATED);
}

static void a_token_serves_the_purpose_it_was_made_for(void **state)
{
	(void)state;
	const struct session *session;
	arrive("anna", "clinician");
	assert_err(session_find(desk.identity, token, SESSION_BEARER, desk.now_us, &session),
		ERR_UNAUTHENTICATED);
	assert_ok(use());
	struct sign_in_wish wish = {"anna", PASSWORD, HOME, "", SESSION_BEARER, desk.now_us};
	struct sign_in_step step;
	struct sign_in *running;
	assert_ok(sign_in_begin(desk.identity, &wish, &running, &desk.wait_s));
	sign_in_run(running);
	assert_ok(sign_in_end(desk.identity, running, &step));
	sign_in_free(running);
	assert_ok(session_find(desk.identity, step.token, SESSION_BEARER, desk.now_us, &session));
	assert_err(session_find(desk.identity, step.token, SESSION_COOKIE, desk.now_us, &session),
		ERR_UNAUTHENTICATED);
	desk_again();
	assert_err(session_find(desk.identity, step.token, SESSION_COOKIE, desk.now_us, &session),
		ERR_UNAUTHENTICATED);
}

static void only_the_very_token_opens_it(void **state)
{
	(void)state;
	arrive("anna", "clinician");
	for (char *c = token; *c; c++) {
		char was = *c;
		*c = was == 'A' ? 'B' : 'A';
		assert_err(use(), ERR_UNAUTHENTICATED);
		*c = was;
	}
	token[strlen(token) - 1] = 0;
	assert_err(use(), ERR_UNAUTHENTICATED);
	strcpy(token, "");
	assert_err(use(), ERR_UNAUTHENTICATED);
}

static void sessions_are_listed_each_to_its_own(void **state)
{
	(void)state;
	struct session *list;
	size_t count;
	struct sign_in_step step;
	const char *anna = arrive("anna", "clinician");
	arrive("bert", "nurse");
	assert_ok(attempt("anna", PASSWORD, "10.0.0.99", &step));
	assert_ok(session_list(desk.identity, anna, desk.arena, &list, &count));
	assert_int_equal(count, 3); // the first of all, after the password was changed, too
	for (size_t i = 0; i < count; i++)
		assert_string_equal(list[i].login, "anna");
	assert_ok(session_list(desk.identity, NULL, desk.arena, &list, &count));
	assert_int_equal(count, 5);
	assert_ok(session_list(desk.identity, "nobody", desk.arena, &list, &count));
	assert_int_equal(count, 0);
}

static void one_may_end_ones_own_and_no_other(void **state)
{
	(void)state;
	arrive("anna", "clinician");
	const char *annas = handle();
	const char *bert = arrive("bert", "nurse");
	assert_err(session_end(desk.identity, annas, bert), ERR_NOT_FOUND);
	assert_err(session_end(desk.identity, "0123456789abcdef", NULL), ERR_NOT_FOUND);
	struct session *list;
	size_t count;
	assert_ok(session_list(desk.identity, bert, desk.arena, &list, &count));
	for (size_t i = 0; i < count; i++)
		assert_ok(session_end(desk.identity, list[i].handle, bert));
	assert_err(use(), ERR_UNAUTHENTICATED);
	assert_ok(session_end(desk.identity, annas, NULL)); // an administrator may
	assert_err(session_end(desk.identity, annas, NULL), ERR_NOT_FOUND);
	desk_again();
	assert_err(use(), ERR_UNAUTHENTICATED); // and for good
}

static void locking_a_new_role_and_resets_end_them(void **state)
{
	(void)state;
	char given[PASSWORD_GIVEN_BYTES];
	struct sign_in_step step;
	const char *id = arrive("anna", "clinician");
	struct account_change change = {.name = "Anna Kurz"};
	assert_ok(identity_account_change(desk.identity, id, &change));
	assert_ok(use()); // a new name ends nothing
	change = (struct account_change){.role = "nurse"};
	assert_ok(identity_account_change(desk.identity, id, &change));
	assert_err(use(), ERR_UNAUTHENTICATED);
	assert_ok(attempt("anna", PASSWORD, HOME, &step));
	strcpy(token, step.token);
	change = (struct account_change){.state = ACCOUNT_LOCKED};
	assert_ok(identity_account_change(desk.identity, id, &change));
	change.state = ACCOUNT_ACTIVE;
	assert_ok(identity_account_change(desk.identity, id, &change));
	assert_err(use(), ERR_UNAUTHENTICATED); // unlocking brings nothing back
	assert_ok(attempt("anna", PASSWORD, HOME, &step));
	strcpy(token, step.token);
	assert_ok(identity_reset_second_factor(desk.identity, id));
	assert_err(use(), ERR_UNAUTHENTICATED);
	assert_ok(attempt("anna", PASSWORD, HOME, &step));
	strcpy(token, step.token);
	assert_ok(identity_reset_password(desk.identity, id, NULL, given));
	assert_err(use(), ERR_UNAUTHENTICATED);
	desk_again();
	assert_err(use(), ERR_UNAUTHENTICATED);
}

static void they_survive_a_restart_with_what_was_known(void **state)
{
	(void)state;
	const struct session *session;
	struct sign_in_step step;
	hire_enrolled("anna", &step);
	int64_t created_us = desk.now_us;
	desk.now_us += 10 * (int64_t)MINUTE;
	assert_ok(session_find(desk.identity, step.token, SESSION_COOKIE, desk.now_us, &session));
	identity_tick(desk.identity, desk.now_us);
	desk_again();
	desk.now_us +=
		55 * (int64_t)MINUTE; // longer than idle from the beginning, not from the last use
	assert_ok(session_find(desk.identity, step.token, SESSION_COOKIE, desk.now_us, &session));
	assert_true(session->second_factor);
	assert_int_equal(session->created_us, created_us);
	assert_int_equal(session->ends_us, created_us + 12 * HOUR);
	assert_string_equal(session->address, HOME);
	assert_string_equal(session->person, "Practitioner/1");
}

static bool file_has(const char *suffix, struct bytes wanted)
{
	char path[128];
	static uint8_t content[1 << 20];
	snprintf(path, sizeof path, "%s%s", desk.path, suffix);
	FILE *file = fopen(path, "re");
	if (!file)
		return false;
	size_t size = fread(content, 1, sizeof content, file);
	fclose(file);
	assert_in_range(size, 1, sizeof content - 1);
	return memmem(content, size, wanted.at, wanted.size) != NULL;
}

static bool disk_has(struct bytes wanted)
{
	return file_has("", wanted) || file_has("-wal", wanted);
}

static void nothing_secret_is_on_disk(void **state)
{
	(void)state;
	struct sign_in_step step;
	const char *id = hire_enrolled("anna", &step);
	const struct held_account *a = account_held(desk.identity, id);
	struct hash hash = crypto_sha256(bytes_text(step.token));
	assert_true(
		disk_has(bytes_of(hash.bytes, HASH_BYTES))); // the control: this is kept, and found
	assert_true(disk_has(bytes_text(id)));
	assert_false(disk_has(bytes_text(step.token)));
	assert_false(disk_has(bytes_text(step.token + 3)));
	assert_false(disk_has(bytes_text(PASSWORD)));
	assert_false(disk_has(bytes_text("argon2")));
	assert_false(disk_has(bytes_of(a->totp, TOTP_SECRET_BYTES)));
	assert_false(disk_has(bytes_text(step.recovery_codes[0])));
	assert_false(disk_has(bytes_text("Adams")));
	assert_false(disk_has(bytes_text(HOME)));
}

static void a_row_moved_to_another_token_is_no_session(void **state)
{
	(void)state;
	struct store_sqlite options = {.path = desk.path};
	struct store *store;
	char forged[] = "hc_chosen-by-the-thief", problem[256];
	struct hash hash = crypto_sha256(bytes_text(forged));
	struct store_query *q;
	arrive("anna", "clinician");
	identity_close(desk.identity);
	assert_ok(store_open_sqlite(&options, &store, problem));
	assert_ok(store_prepare(
		store, "INSERT INTO session SELECT ?1, sealed FROM session LIMIT 1", &q));
	query_blob(q, 1, bytes_of(hash.bytes, HASH_BYTES));
	assert_ok(query_run(q));
	store_query_free(q);
	store_close(store);
	assert_ok(desk_try_open(7));
	assert_ok(use());
	strcpy(token, forged);
	assert_err(use(), ERR_UNAUTHENTICATED);
}

static void a_clock_put_right_lengthens_nothing(void **state)
{
	(void)state;
	int64_t right_us = desk.now_us;
	desk.now_us += 400 * 24 * HOUR; // wrong by more than a year
	arrive("anna", "clinician");
	desk.now_us = right_us + SECOND;
	assert_ok(use()); // nobody is thrown out by it
	desk.now_us += 59 * (int64_t)MINUTE;
	assert_ok(use());
	desk.now_us += 61 * (int64_t)MINUTE;
	assert_err(use(), ERR_UNAUTHENTICATED);
}

static void nor_does_it_for_one_that_nobody_uses(void **state)
{
	(void)state;
	struct session *list;
	size_t count;
	int64_t right_us = desk.now_us;
	desk.now_us += 400 * 24 * HOUR;
	const char *id = arrive("anna", "clinician");
	desk.now_us = right_us;
	identity_tick(desk.identity, desk.now_us);
	desk.now_us += 61 * (int64_t)MINUTE;
	identity_tick(desk.identity, desk.now_us);
	assert_ok(session_list(desk.identity, id, desk.arena, &list, &count));
	assert_int_equal(count, 0);
}

static void requests_that_overtake_each_other_shorten_nothing(void **state)
{
	(void)state;
	const struct session *session;
	arrive("anna", "clinician");
	int64_t ends_us = desk.now_us + 12 * HOUR;
	for (int i = 0; i < 1000; i++) {
		desk.now_us += i % 2 ? -900000 : 1000000;
		assert_ok(
			session_find(desk.identity, token, SESSION_COOKIE, desk.now_us, &session));
	}
	assert_int_equal(session->ends_us, ends_us);
}

static void applications_have_lasting_tokens_and_people_have_none(void **state)
{
	(void)state;
	char made[TOKEN_TEXT_BYTES], given[PASSWORD_GIVEN_BYTES];
	const struct session *session;
	struct account account;
	struct account_new wish = {"pacs", "PACS", "application", "", true};
	assert_ok(identity_account_create(
		desk.identity, &wish, desk.now_us, desk.arena, &account, given));
	assert_ok(session_token_create(desk.identity, account.id, "viewer", desk.now_us, made));
	assert_err(session_token_create(desk.identity, account.id, "", desk.now_us, made),
		ERR_INVALID);
	assert_err(session_token_create(
			   desk.identity, hire_alone("anna", "clinician"), "x", desk.now_us, made),
		ERR_INVALID);
	assert_err(session_token_create(desk.identity, "nobody", "x", desk.now_us, made),
		ERR_NOT_FOUND);
	desk.now_us += 364 * 24 * HOUR;
	assert_ok(session_find(desk.identity, made, SESSION_BEARER, desk.now_us, &session));
	assert_string_equal(session->agent, "viewer");
	assert_err(session_find(desk.identity, made, SESSION_COOKIE, desk.now_us, &session),
		ERR_UNAUTHENTICATED);
	desk.now_us += 24 * HOUR;
	assert_err(session_find(desk.identity, made, SESSION_BEARER, desk.now_us, &session),
		ERR_UNAUTHENTICATED);
}

static enum err break_it(const char *session, const char *patient, const char *reason)
{
	int64_t until_us = 0;
	enum err err = glass_break(desk.identity, session, patient, reason, desk.now_us, &until_us);
	if (!err)
		assert_int_equal(until_us, desk.now_us + HOUR);
	return err;
}

static void broken_glass_holds_an_hour_for_one_patient_in_one_session(void **state)
{
	(void)state;
	arrive("anna", "clinician");
	const char *anna = handle();
	arrive("bert", "clinician");
	const char *bert = handle();
	assert_ok(break_it(anna, "p1", "unconscious, no name"));
	assert_string_equal(
		glass_find(desk.identity, anna, "p1", desk.now_us)->reason, "unconscious, no name");
	assert_null(glass_find(desk.identity, anna, "p2", desk.now_us));
	assert_null(glass_find(desk.identity, bert, "p1", desk.now_us));
	assert_null(glass_find(desk.identity, "", "p1", desk.now_us));
	desk.now_us += HOUR - 1;
	assert_non_null(glass_find(desk.identity, anna, "p1", desk.now_us));
	desk.now_us += 1;
	assert_null(glass_find(desk.identity, anna, "p1", desk.now_us));
}

static void a_reason_is_ten_characters_that_say_something(void **state)
{
	(void)state;
	arrive("anna", "clinician");
	const char *mine = handle();
	assert_err(break_it(mine, "p1", ""), ERR_INVALID);
	assert_err(break_it(mine, "p1", "emergency"), ERR_INVALID);
	assert_err(break_it(mine, "p1", "          "), ERR_INVALID);
	assert_err(break_it(mine, "p1", "a \t\n\r       b"), ERR_INVALID);
	assert_err(break_it(mine, "p1", "ééééé"), ERR_INVALID); // ten bytes
	assert_ok(break_it(mine, "p1", "chest pain"));
	assert_ok(break_it(mine, "p1", "éééééééééé"));
	assert_err(break_it("0123456789abcdef", "p1", "chest pain"), ERR_INVALID);
	assert_err(break_it(mine, "p/1", "chest pain"), ERR_INVALID);
	assert_err(break_it(mine, "", "chest pain"), ERR_INVALID);
}

static void a_long_shift_may_break_it_as_often_as_it_must(void **state)
{
	(void)state;
	struct broken_glass *list;
	char patient[32];
	arrive("anna", "clinician");
	const char *mine = handle();
	for (unsigned i = 0; i < 1000; i++) {
		desk.now_us += 20 * SECOND;
		snprintf(patient, sizeof patient, "p%u", i);
		assert_ok(break_it(mine, patient, "an ambulance of nobodies"));
	}
	assert_int_equal(glass_list(desk.identity, mine, desk.now_us, desk.arena, &list), 180);
	for (unsigned i = 0; i < 500; i++) // the same patient again is one grant, renewed
		assert_ok(break_it(mine, "p999", "again and again"));
	assert_int_equal(glass_list(desk.identity, mine, desk.now_us, desk.arena, &list), 180);
	assert_string_equal(list[0].reason, "again and again");
}

static void there_is_a_ceiling_on_grants_at_once(void **state)
{
	(void)state;
	char patient[32];
	arrive("anna", "clinician");
	const char *mine = handle();
	for (unsigned i = 0; i < BREAK_GLASS_MOST; i++) {
		snprintf(patient, sizeof patient, "p%u", i);
		assert_ok(break_it(mine, patient, "a ward of nobodies"));
	}
	assert_non_null(glass_find(desk.identity, mine, "p0", desk.now_us));
	assert_ok(break_it(mine, "one-more", "never refused, the oldest makes room"));
	assert_null(glass_find(desk.identity, mine, "p0", desk.now_us));
	assert_non_null(glass_find(desk.identity, mine, "p1", desk.now_us));
	assert_non_null(glass_find(desk.identity, mine, "one-more", desk.now_us));
}

static void a_clock_put_right_does_not_lengthen_a_grant(void **state)
{
	(void)state;
	int64_t right_us = desk.now_us;
	desk.now_us += 24 * HOUR;
	arrive("anna", "clinician");
	const char *mine = handle();
	assert_ok(break_it(mine, "p1", "chest pain"));
	desk.now_us = right_us;
	assert_ok(use());
	assert_non_null(glass_find(desk.identity, mine, "p1", desk.now_us));
	desk.now_us += 59 * (int64_t)MINUTE;
	assert_ok(use());
	desk.now_us += 2 * (int64_t)MINUTE;
	assert_null(glass_find(desk.identity, mine, "p1", desk.now_us));
}

static void the_grant_ends_with_its_session(void **state)
{
	(void)state;
	arrive("anna", "clinician");
	const char *mine = handle();
	assert_ok(break_it(mine, "p1", "chest pain"));
	assert_ok(session_end(desk.identity, mine, NULL));
	assert_null(glass_find(desk.identity, mine, "p1", desk.now_us));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, desk_open, desk_end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(the_second_factor_is_given_again_and_kept),
		TEST(idleness_ends_it),
		TEST(age_ends_it_however_busy),
		TEST(what_is_over_leaves_the_list_and_the_disk),
		TEST(a_token_serves_the_purpose_it_was_made_for),
		TEST(only_the_very_token_opens_it),
		TEST(sessions_are_listed_each_to_its_own),
		TEST(one_may_end_ones_own_and_no_other),
		TEST(locking_a_new_role_and_resets_end_them),
		TEST(they_survive_a_restart_with_what_was_known),
		TEST(nothing_secret_is_on_disk),
		TEST(a_row_moved_to_another_token_is_no_session),
		TEST(a_clock_put_right_lengthens_nothing),
		TEST(nor_does_it_for_one_that_nobody_uses),
		TEST(requests_that_overtake_each_other_shorten_nothing),
		TEST(applications_have_lasting_tokens_and_people_have_none),
		TEST(broken_glass_holds_an_hour_for_one_patient_in_one_session),
		TEST(a_reason_is_ten_characters_that_say_something),
		TEST(a_long_shift_may_break_it_as_often_as_it_must),
		TEST(there_is_a_ceiling_on_grants_at_once),
		TEST(a_clock_put_right_does_not_lengthen_a_grant),
		TEST(the_grant_ends_with_its_session),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
