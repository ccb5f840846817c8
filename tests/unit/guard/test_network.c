#include "../unit.h"

#include "guard/network.h"

#include <string.h>

static struct zones zones;

static bool kept(const char *address)
{
	struct prefix p;
	char why[240];
	assert_ok(prefix_parse(address, &p));
	return zones_keep(&zones, &p, why);
}

static void this_machine_keeps_what_it_needs(void **state)
{
	(void)state;
	zones_init(&zones);
	assert_ok(network_keep(&zones));
	size_t count = zones.kept_count;
	assert_true(kept("127.0.0.1") && kept("::1") && kept("fe80::1") && kept("224.0.0.1"));
	assert_ok(network_keep(&zones)); // again: no doubles
	assert_int_equal(zones.kept_count, count);
}

static void name_servers(void **state)
{
	(void)state;
	zones_init(&zones);
	network_resolvers(
		bytes_text("# nameserver 10.9.9.9\nnameserver 10.0.0.1\nsearch x\n"
			   "nameserver\t2001:db8::53 # ours\nnameserver fe80::1%eth0\n"
			   "nameservers 10.8.8.8\nnameserver nonsense\nnameserver 10.0.0.2"),
		&zones);
	assert_true(
		kept("10.0.0.1") && kept("2001:db8::53") && kept("10.0.0.2") && kept("fe80::1"));
	assert_false(kept("10.9.9.9"));
	assert_false(kept("10.8.8.8"));
	assert_int_equal(zones.kept_count, 4);
}

static void no_room_is_said(void **state)
{
	(void)state;
	zones_init(&zones);
	for (int i = 0; i < ZONES_KEPT - 3; i++) {
		struct kept *k = &zones.kept[zones.kept_count++];
		assert_ok(prefix_parse("10.0.0.0", &k->prefix));
		k->prefix.at[2] = (uint8_t)(i / 250);
		k->prefix.at[3] = (uint8_t)(i % 250);
	}
	assert_err(network_keep(&zones), ERR_LIMIT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(this_machine_keeps_what_it_needs),
		cmocka_unit_test(name_servers), cmocka_unit_test(no_room_is_said)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
