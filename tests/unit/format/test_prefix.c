#include "../unit.h"

#include "common/format/prefix.h"

#include <string.h>

static struct prefix of(const char *text)
{
	struct prefix p;
	assert_ok(prefix_parse(text, &p));
	return p;
}

static void one_spelling_each(void **state)
{
	static const char *const good[] = {"10.0.0.9", "10.0.0.0/8", "0.0.0.0/0", "255.255.255.255",
		"2001:db8::", "2001:db8::/32", "::/0", "::1", "fe80::/10", "192.168.1.128/25"};
	char text[PREFIX_TEXT_BYTES];
	(void)state;
	for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
		struct prefix p = of(good[i]);
		prefix_text(&p, text);
		assert_string_equal(text, good[i]);
		assert_ok(prefix_check(&p));
	}
}

static void what_is_none(void **state)
{
	static const char *const bad[] = {"", "10", "10.0.0", "10.0.0.256", "10.0.0.1/33",
		"10.0.0.0/", "10.0.0.0/08", "10.0.0.0/+8", "10.0.0.0/8 ", " 10.0.0.0", "010.0.0.1",
		"10.0.0.0/8/8", "1.2.3.4.5", "g::1", "::1/129", "::1%lo", "fe80::1%eth0",
		"10.0.0.1, 10.0.0.2", "10.0.0.1 }", "localhost", "2001:db8::/1234",
		"1111:2222:3333:4444:5555:6666:7777:8888:9999"};
	static const char *const invalid[] = {"10.0.0.1/8", "10.0.0.1/31", "0.0.0.1/0",
		"2001:db8::1/32", "::ffff:10.0.0.1", "::ffff:0:0/96", "::ffff:10.0.0.0/104"};
	struct prefix p;
	(void)state;
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		assert_err(prefix_parse(bad[i], &p), ERR_SYNTAX);
	for (size_t i = 0; i < sizeof invalid / sizeof *invalid; i++)
		assert_err(prefix_parse(invalid[i], &p), ERR_INVALID);
}

static void fields_are_checked_like_text(void **state)
{
	struct prefix p = of("10.0.0.0/8");
	(void)state;
	p.family = 5;
	assert_err(prefix_check(&p), ERR_SYNTAX);
	p.family = 4;
	p.length = 33;
	assert_err(prefix_check(&p), ERR_SYNTAX);
	p.length = 8;
	p.at[15] = 1; // behind an IPv4 address
	assert_err(prefix_check(&p), ERR_INVALID);
}

// Every pair of lengths, compared with a slow way that needs no bit tricks.
static bool slow_covers(const struct prefix *outer, const struct prefix *inner)
{
	if (outer->family != inner->family || outer->length > inner->length)
		return false;
	for (unsigned i = 0; i < outer->length; i++)
		if ((outer->at[i / 8] >> (7 - i % 8) & 1) != (inner->at[i / 8] >> (7 - i % 8) & 1))
			return false;
	return true;
}

static struct prefix cut(const char *address, unsigned length)
{
	struct prefix p = of(address);
	p.length = (uint8_t)length;
	for (unsigned i = length; i < 128; i++)
		p.at[i / 8] &= (uint8_t) ~(1 << (7 - i % 8));
	return p;
}

static void overlap(void **state)
{
	static const char *const fours[] = {"10.20.0.5", "10.20.0.4", "10.20.128.5", "138.20.0.5"};
	static const char *const sixes[] = {
		"2001:db8::5", "2001:db8::4", "2001:db8:0:8000::5", "::5"};
	(void)state;
	for (int a = 0; a < 4; a++)
		for (int b = 0; b < 4; b++)
			for (unsigned l = 0; l <= 128; l++)
				for (unsigned m = 0; m <= 128; m += 1 + (l & 1)) {
					bool four = l <= 32 && m <= 32;
					struct prefix x = cut(four ? fours[a] : sixes[a], l),
						      y = cut(four ? fours[b] : sixes[b], m);
					assert_int_equal(
						prefix_covers(&x, &y), slow_covers(&x, &y));
					assert_int_equal(prefix_overlaps(&x, &y),
						slow_covers(&x, &y) || slow_covers(&y, &x));
				}
	struct prefix all4 = of("0.0.0.0/0"), all6 = of("::/0"), one = of("10.0.0.1");
	assert_true(prefix_covers(&all4, &one));
	assert_false(prefix_overlaps(&all6, &one));
	assert_true(prefix_is_one(&one) && !prefix_is_one(&all4));
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(one_spelling_each),
		cmocka_unit_test(what_is_none), cmocka_unit_test(fields_are_checked_like_text),
		cmocka_unit_test(overlap)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
