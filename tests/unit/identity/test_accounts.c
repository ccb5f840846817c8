#include "desk.h"

static enum err create(const char *login, const char *name, struct account *ret_account)
{
	struct account_new wish = {login, name, "clinician", NULL, false};
	char given[PASSWORD_GIVEN_BYTES];
	return identity_account_create(
		desk.identity, &wish, desk.now_us, desk.arena, ret_account, given);
}

static void an_account_comes_back_as_it_was_made(void **state)
{
	(void)state;
	struct account made, found;
	struct account_new wish = {"z.adams", "Zoë Adams", "nurse", "Practitioner/7", true};
	char given[PASSWORD_GIVEN_BYTES];
	assert_ok(identity_account_create(
		desk.identity, &wish, desk.now_us, desk.arena, &made, given));
	desk_again();
	assert_ok(identity_account_find(desk.identity, made.id, desk.arena, &found));
	assert_string_equal(found.login, "z.adams");
	assert_string_equal(found.name, "Zoë Adams");
	assert_string_equal(found.role, "nurse");
	assert_string_equal(found.person, "Practitioner/7");
	assert_int_equal(found.state, ACCOUNT_ACTIVE);
	assert_true(found.must_change_password);
	assert_false(found.has_second_factor);
	assert_false(found.must_enrol);
	assert_int_equal(found.created_us, desk.now_us);
	assert_ok(identity_account_find(desk.identity, "Z.ADAMS", desk.arena, &found));
	assert_err(
		identity_account_find(desk.identity, "z.adam", desk.arena, &found), ERR_NOT_FOUND);
}

static void logins_are_unique_whatever_their_case(void **state)
{
	(void)state;
	struct account account;
	assert_ok(create("anna", "Anna", &account));
	assert_err(create("anna", "Anna", &account), ERR_EXISTS);
	assert_err(create("ANNA", "Anna", &account), ERR_EXISTS);
	assert_err(create(account.id, "Anna", &account), ERR_EXISTS); // nor another's id
}

static void odd_logins_and_names_are_refused(void **state)
{
	(void)state;
	static const char *const wrong[] = {"", "a", "a b", "a/b", "anna\n", "Zoë", "a|b", "<anna>",
		"a2345678901234567890123456789012345678901234567890123456789012345"};
	struct account account;
	for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
		assert_err(create(wrong[i], "Anna", &account), ERR_INVALID);
	char name[300];
	memset(name, 'n', sizeof name);
	name[256] = 0;
	assert_err(create("anna", name, &account), ERR_INVALID);
	assert_err(create("anna", "", &account), ERR_INVALID);
	name[255] = 0;
	assert_ok(create("a.-_@Z9", name, &account));
	desk_again();
	assert_ok(identity_account_find(desk.identity, "a.-_@Z9", desk.arena, &account));
	assert_int_equal(strlen(account.name), 255);
}

static void given_passwords_differ_and_are_long(void **state)
{
	(void)state;
	char one[PASSWORD_GIVEN_BYTES], two[PASSWORD_GIVEN_BYTES];
	unsigned seen[128] = {0};
	for (int i = 0; i < 500; i++) {
		given_password(one);
		given_password(two);
		assert_int_equal(strlen(one), 23);
		assert_string_not_equal(one, two);
		for (const char *c = one; *c; c++)
			seen[(unsigned char)*c]++;
	}
	assert_int_equal(seen['l'] + seen['o'] + seen['i'] + seen['0'] + seen['1'], 0);
	for (const char *c = "abcdefghjkmnpqrstuvwxyz23456789"; *c; c++)
		assert_in_range(
			seen[(unsigned char)*c], 200, 460); // 10000 / 31, seven deviations each way
}

static void they_are_listed_by_login_and_found_by_part(void **state)
{
	(void)state;
	struct account account, *list;
	size_t count;
	assert_ok(create("zora", "Anna Kurz", &account));
	assert_ok(create("bert", "Bert Lang", &account));
	assert_ok(create("anna", "Anna Lang", &account));
	assert_ok(identity_account_list(desk.identity, NULL, desk.arena, &list, &count));
	assert_int_equal(count, 3);
	assert_string_equal(list[0].login, "anna");
	assert_string_equal(list[2].login, "zora");
	assert_ok(identity_account_list(desk.identity, "ANNA", desk.arena, &list, &count));
	assert_int_equal(count, 2);
	assert_ok(identity_account_list(desk.identity, "lang", desk.arena, &list, &count));
	assert_int_equal(count, 2);
	assert_ok(identity_account_list(desk.identity, "nobody", desk.arena, &list, &count));
	assert_int_equal(count, 0);
}

static void changes_are_checked_and_last(void **state)
{
	(void)state;
	struct account account;
	assert_ok(create("anna", "Anna", &account));
	struct account_change change = {.name = ""};
	assert_err(identity_account_change(desk.identity, account.id, &change), ERR_INVALID);
	change = (struct account_change){.role = "a-role-of-more-than-thirty-one-characters"};
	assert_err(identity_account_change(desk.identity, account.id, &change), ERR_INVALID);
	change = (struct account_change){
		.name = "Anna Kurz", .role = "nurse", .state = ACCOUNT_LOCKED};
	assert_err(identity_account_change(desk.identity, "nobody", &change), ERR_NOT_FOUND);
	assert_ok(identity_account_change(desk.identity, account.id, &change));
	desk_again();
	assert_ok(identity_account_find(desk.identity, "anna", desk.arena, &account));
	assert_string_equal(account.name, "Anna Kurz");
	assert_string_equal(account.role, "nurse");
	assert_int_equal(account.state, ACCOUNT_LOCKED);
}

static void without_a_second_factor_one_must_enrol_anew(void **state)
{
	(void)state;
	struct sign_in_step step;
	struct account account;
	const char *id = hire_enrolled("anna", &step);
	assert_ok(identity_account_find(desk.identity, id, desk.arena, &account));
	assert_true(account.has_second_factor);
	assert_ok(identity_reset_second_factor(desk.identity, id));
	assert_err(identity_reset_second_factor(desk.identity, "nobody"), ERR_NOT_FOUND);
	desk_again();
	assert_ok(identity_account_find(desk.identity, id, desk.arena, &account));
	assert_false(account.has_second_factor);
	assert_true(account.must_enrol);
	assert_ok(attempt("anna", PASSWORD, HOME, &step));
	assert_int_equal(step.state, SIGN_IN_ENROL);
}

static void a_reset_gives_a_password_that_must_be_changed(void **state)
{
	(void)state;
	char given[PASSWORD_GIVEN_BYTES];
	struct sign_in_step step;
	const char *id = hire_alone("anna", "clinician");
	assert_err(identity_reset_password(desk.identity, "nobody", NULL, given), ERR_NOT_FOUND);
	assert_ok(identity_reset_password(desk.identity, id, NULL, given));
	desk_again();
	assert_err(attempt("anna", PASSWORD, HOME, &step), ERR_UNAUTHENTICATED);
	assert_ok(attempt("anna", given, HOME, &step));
	assert_int_equal(step.state, SIGN_IN_CHANGE_PASSWORD);
	assert_err(change(step.ticket, NULL, NULL, given, &step),
		ERR_EXISTS); // not the given one again
}

static void the_wrong_key_opens_nothing(void **state)
{
	(void)state;
	struct account account;
	assert_ok(create("anna", "Anna", &account));
	identity_close(desk.identity);
	desk.identity = NULL;
	assert_err(desk_try_open(8), ERR_CORRUPT);
	assert_non_null(strstr(desk.problem, "identity.db"));
}

static void a_row_under_another_id_is_found(void **state)
{
	(void)state;
	struct store_sqlite options = {.path = desk.path};
	struct store *store;
	struct account account;
	char problem[256];
	assert_ok(create("anna", "Anna", &account));
	identity_close(desk.identity);
	desk.identity = NULL;
	assert_ok(store_open_sqlite(&options, &store, problem));
	assert_ok(store_exec(store, "INSERT INTO account SELECT 'twin', sealed FROM account"));
	store_close(store);
	assert_err(desk_try_open(7), ERR_CORRUPT);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, desk_open, desk_end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(an_account_comes_back_as_it_was_made),
		TEST(logins_are_unique_whatever_their_case),
		TEST(odd_logins_and_names_are_refused),
		TEST(given_passwords_differ_and_are_long),
		TEST(they_are_listed_by_login_and_found_by_part),
		TEST(changes_are_checked_and_last),
		TEST(without_a_second_factor_one_must_enrol_anew),
		TEST(a_reset_gives_a_password_that_must_be_changed),
		TEST(the_wrong_key_opens_nothing),
		TEST(a_row_under_another_id_is_found),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
