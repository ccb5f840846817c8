// What the vault believes of what watch says that guard answered.
#include "../unit.h"

#include "vault/orders.h"

#include <stdio.h>
#include <string.h>

#define KEY   "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"
#define OTHER "10112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"

static struct orders orders;
static struct mac *guards;

static int begin(void **state)
{
	(void)state;
	orders = (struct orders){0};
	orders_key(&orders, KEY);
	guards = ward_proof_key(KEY);
	return 0;
}

static int end(void **state)
{
	(void)state;
	orders_done(&orders);
	mac_free(guards);
	return 0;
}

static struct ward_answer answered(enum ward_message type, uint64_t count)
{
	struct ward_answer a = {.type = type,
		.ticket = 7,
		.verb = WARD_BLOCK,
		.words = "10.0.0.9 is blocked.",
		.mark = {.count = count}};
	ward_proof_answer(&a, guards);
	return a;
}

static bool believed(const struct ward_answer *answer)
{
	return orders_believe(&orders, answer, NULL);
}

static void what_guard_answered_is_believed_once(void **state)
{
	struct ward_answer a;
	(void)state;
	a = answered(WARD_DONE, 1), assert_true(believed(&a)), assert_false(believed(&a));
	a = answered(WARD_EXPIRED, 5), assert_true(believed(&a)), assert_false(believed(&a));
	a = answered(WARD_REFUSED, 4), assert_false(believed(&a)); // kept back until now
	a = answered(WARD_REFUSED, 6), assert_true(believed(&a));
}

static void what_watch_makes_of_it_is_not(void **state)
{
	struct ward_answer a;
	(void)state;
	a = answered(WARD_REFUSED, 1), a.type = WARD_DONE, assert_false(believed(&a));
	a = answered(WARD_DONE, 1), a.ticket++, assert_false(believed(&a));
	a = answered(WARD_DONE, 1), a.verb = WARD_UNBLOCK, assert_false(believed(&a));
	a = answered(WARD_DONE, 1), strcpy(a.words, "10.0.0.8 is blocked."),
	assert_false(believed(&a));
	a = answered(WARD_DONE, 1), a.mark.count++, assert_false(believed(&a));
	a = answered(WARD_DONE, 1), assert_true(believed(&a)); // control: nothing was counted
}

static void watch_may_say_that_guard_is_not_there_and_no_more(void **state)
{
	struct ward_answer a = {.type = WARD_REFUSED, .verb = WARD_BLOCK};
	(void)state;
	snprintf(a.words, sizeof a.words, "%s", ward_away);
	assert_true(believed(&a));
	a.type = WARD_DONE;
	assert_false(believed(&a));
	a.type = WARD_REFUSED;
	strcpy(a.words, "10.0.0.9 is never blocked.");
	assert_false(believed(&a));
}

static void lists_are_guards_own_too(void **state)
{
	static struct ward_counters c;
	const struct ward_answer a = {.type = WARD_COUNTERS, .verb = WARD_PULL};
	(void)state;
	c = (struct ward_counters){.ticket = 7, .last = true, .mark = {.count = 1}};
	assert_false(orders_believe(&orders, &a, &c));
	ward_proof_counters(&c, guards);
	c.ticket = 8;
	assert_false(orders_believe(&orders, &a, &c));
	c.ticket = 7;
	assert_true(orders_believe(&orders, &a, &c));
	assert_false(orders_believe(&orders, &a, &c));
}

static void an_order_is_no_answer_and_each_start_begins_anew(void **state)
{
	struct ward_answer a = answered(WARD_DONE, 9);
	(void)state;
	assert_true(believed(&a));
	orders_key(&orders, OTHER);
	a = answered(WARD_DONE, 10), assert_false(believed(&a));
	mac_free(guards);
	guards = ward_proof_key(OTHER);
	a = answered(WARD_DONE, 1), assert_true(believed(&a));
	struct ward_order order = {.verb = WARD_CONFIRM}, first = orders_give(&orders, &order),
			  second = orders_give(&orders, &order);
	assert_true(ward_proof_order_holds(&first, guards));
	assert_int_equal(first.mark.count, 1);
	assert_int_equal(second.mark.count, 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(what_guard_answered_is_believed_once, begin, end),
		cmocka_unit_test_setup_teardown(what_watch_makes_of_it_is_not, begin, end),
		cmocka_unit_test_setup_teardown(
			watch_may_say_that_guard_is_not_there_and_no_more, begin, end),
		cmocka_unit_test_setup_teardown(lists_are_guards_own_too, begin, end),
		cmocka_unit_test_setup_teardown(
			an_order_is_no_answer_and_each_start_begins_anew, begin, end),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
