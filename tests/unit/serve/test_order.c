// What comes back to somebody who waits for guard or watch, and what does not.
#include "../unit.h"

#include "vault/serve/order.h"

static struct vault vault;

static struct order *hold(struct exchange *x, struct order *order)
{
	order->sent = true;
	order_hold(&vault, x);
	return order;
}

static void end(struct exchange *x)
{
	vault.ordered = NULL;
	vault.ordered_count = 0;
	x->job_free(x->job);
}

// Its handler would find no reply, and encode nothing at all.
static void a_question_is_not_answered_by_what_guard_says(void **state)
{
	struct exchange x = {0};
	json_t *question = json_pack("{s:s}", "ask", "findings");
	struct order *order = hold(&x, order_ask(&vault, &x, question));
	const struct ward_answer done = {.type = WARD_DONE, .ticket = order->what.ticket};
	static const struct ward_counters counters = {.count = 1};
	(void)state;
	serve_ordered(&vault, &done, NULL);
	assert_false(order->answered);
	serve_ordered(&vault, &done, &counters);
	assert_null(order->list);
	assert_ptr_equal(vault.ordered, &x);
	end(&x);
}

static void a_list_that_never_ends_is_not_kept_for_ever(void **state)
{
	static const struct ward_order pull = {.verb = WARD_PULL};
	static struct ward_counters counters = {.count = WARD_BATCH};
	struct exchange x = {0};
	struct order *order = hold(&x, order_begin(&vault, &x, &pull));
	const struct ward_answer answer = {.type = WARD_COUNTERS, .ticket = order->what.ticket};
	(void)state;
	for (size_t i = 0; i < WARD_BATCH; i++)
		counters.lines[i].kind = WARD_LINE_FLOW;
	for (size_t i = 0; i < 3 * ORDER_LINES / WARD_BATCH; i++)
		serve_ordered(&vault, &answer, &counters);
	assert_int_equal(json_array_size(json_object_get(order->list, "lines")), ORDER_LINES);
	end(&x);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_question_is_not_answered_by_what_guard_says),
		cmocka_unit_test(a_list_that_never_ends_is_not_kept_for_ever),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
