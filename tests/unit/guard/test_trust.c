// What a watch that was taken over cannot have guard do.
#include "../unit.h"

#include "guard/trust.h"

#include <string.h>

#define KEY   "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"
#define OTHER "10112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"
#define NOW   ((int64_t)3600 * 1000000)

static struct trust trust;
static struct mac *vaults;

static int begin(void **state)
{
	(void)state;
	trust = (struct trust){0};
	trust_key(&trust, KEY, NOW - 60 * 1000000);
	vaults = ward_proof_key(KEY);
	return 0;
}

static int end(void **state)
{
	(void)state;
	mac_free(trust.key);
	mac_free(vaults);
	return 0;
}

static struct ward_order given(enum ward_message verb, uint64_t count)
{
	struct ward_order o = {.verb = verb,
		.ticket = 7,
		.seconds = 60,
		.case_id = "INC-7",
		.reason = "a test",
		.mark = {.count = count, .given_us = NOW}};
	assert_ok(prefix_parse("10.0.0.9", &o.prefix));
	ward_proof_order(&o, vaults);
	return o;
}

static void judged(const struct ward_order *order, int64_t now_us, enum trust_verdict as)
{
	assert_string_equal(trust_text(trust_order(&trust, order, now_us)), trust_text(as));
}

static void the_vaults_orders_are_believed_once_and_in_turn(void **state)
{
	(void)state;
	for (int verb = WARD_BLOCK; verb < WARD_PULL; verb++) {
		struct ward_order o = given((enum ward_message)verb, (uint64_t)verb * 2);
		struct ward_order before = given((enum ward_message)verb, (uint64_t)verb * 2 - 1);
		judged(&o, NOW + 1000, TRUST_FINE);
		judged(&o, NOW + 2000, TRUST_AGAIN);
		judged(&before, NOW + 2000, TRUST_AGAIN); // it was kept back until now
	}
}

static void what_is_changed_or_made_up_is_not(void **state)
{
	struct ward_order o;
	(void)state;
	o = given(WARD_BLOCK, 1), o.verb = WARD_QUARANTINE, judged(&o, NOW, TRUST_FORGED);
	o = given(WARD_BLOCK, 1), o.prefix.at[3]++, judged(&o, NOW, TRUST_FORGED);
	o = given(WARD_BLOCK, 1), o.prefix.length--, judged(&o, NOW, TRUST_FORGED);
	o = given(WARD_BLOCK, 1), o.seconds++, judged(&o, NOW, TRUST_FORGED);
	o = given(WARD_BLOCK, 1), o.ticket++, judged(&o, NOW, TRUST_FORGED);
	o = given(WARD_BLOCK, 1), o.mark.count++, judged(&o, NOW, TRUST_FORGED);
	o = given(WARD_BLOCK, 1), o.mark.given_us++, judged(&o, NOW, TRUST_FORGED);
	o = given(WARD_UNBLOCK, 1), strcpy(o.case_id, "INC-8"), judged(&o, NOW, TRUST_FORGED);
	o = given(WARD_UNBLOCK, 1), strcpy(o.reason, "b test"), judged(&o, NOW, TRUST_FORGED);
	for (size_t i = 0; i < WARD_PROOF_BYTES; i++)
		o = given(WARD_CONFIRM, 1), o.mark.proof[i] ^= 1, judged(&o, NOW, TRUST_FORGED);
	o = (struct ward_order){.verb = WARD_ROLLBACK}, judged(&o, NOW, TRUST_FORGED);
	o = given(WARD_BLOCK, 1), judged(&o, NOW, TRUST_FINE); // control: nothing of it was counted
}

static void an_order_is_not_kept_for_later(void **state)
{
	struct ward_order o = given(WARD_UNBLOCK, 1), next = given(WARD_BLOCK, 2);
	(void)state;
	judged(&o, NOW + (int64_t)TRUST_FRESH_S * 1000000 + 1, TRUST_LATE);
	judged(&o, NOW - 1, TRUST_LATE); // from the future
	judged(&next, NOW + (int64_t)TRUST_FRESH_S * 1000000, TRUST_FINE);
}

static void with_a_new_key_all_before_is_void(void **state)
{
	struct ward_order old = given(WARD_BLOCK, 9), fresh;
	(void)state;
	judged(&old, NOW, TRUST_FINE);
	trust_key(&trust, OTHER, NOW);
	old = given(WARD_BLOCK, 10);
	judged(&old, NOW, TRUST_FORGED);
	assert_false(trust_alarms(&trust, TRUST_FORGED, NOW + 1000000)); // it was on its way
	assert_true(trust_alarms(&trust, TRUST_FORGED, NOW + 3000000));
	assert_true(trust_alarms(&trust, TRUST_AGAIN, NOW + 1000000));
	assert_false(trust_alarms(&trust, TRUST_LATE, NOW + 3000000));
	mac_free(vaults);
	vaults = ward_proof_key(OTHER);
	fresh = given(WARD_BLOCK, 1);
	judged(&fresh, NOW, TRUST_FINE);
}

static void without_a_key_nothing_is_believed(void **state)
{
	struct ward_order o = given(WARD_BLOCK, 1), pull = {.verb = WARD_PULL};
	(void)state;
	trust_key(&trust, "", NOW);
	judged(&o, NOW, TRUST_UNKNOWN);
	judged(&pull, NOW, TRUST_FINE); // whoever asks what is blocked changes nothing
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			the_vaults_orders_are_believed_once_and_in_turn, begin, end),
		cmocka_unit_test_setup_teardown(what_is_changed_or_made_up_is_not, begin, end),
		cmocka_unit_test_setup_teardown(an_order_is_not_kept_for_later, begin, end),
		cmocka_unit_test_setup_teardown(with_a_new_key_all_before_is_void, begin, end),
		cmocka_unit_test_setup_teardown(without_a_key_nothing_is_believed, begin, end),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
