#include "common/format/fhir_number.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
	MOST_BYTES = 64,
	MOST_DIGITS = 17
};

// A decimal number as whole * 10^exponent.
struct digits {
	long long whole;
	long exponent;
	int count;
};

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static const char *read_digits(const char *at, struct digits *digits)
{
	for (; is_digit(*at); at++) {
		if (digits->count == MOST_DIGITS) {
			digits->exponent++; // further digits do not change the double
			continue;
		}
		digits->whole = digits->whole * 10 + (*at - '0');
		if (digits->whole != 0)
			digits->count++;
	}
	return at;
}

static bool read_exponent(const char *at, struct digits *digits)
{
	char *end;
	if (*at == 0)
		return true;
	if (*at != 'e' && *at != 'E')
		return false;
	at++;
	if (!is_digit(at[*at == '+' || *at == '-']))
		return false;
	long exponent = strtol(at, &end, 10);
	if (*end != 0 || labs(exponent) > 1000)
		return false;
	digits->exponent += exponent;
	return true;
}

static bool digits_parse(const char *at, struct digits *ret)
{
	struct digits digits = {0};
	const char *start = at;
	at = read_digits(at, &digits);
	if (at == start || (*start == '0' && at - start > 1))
		return false;
	bool fraction = *at == '.';
	if (fraction) {
		start = ++at;
		long before = digits.exponent;
		at = read_digits(at, &digits);
		if (at == start)
			return false;
		digits.exponent = before > 0 ? before : digits.exponent - (at - start);
	}
	// R4 reads 1e2 as 95 to 105, one digit finer than it is written.
	bool bare = *at != 0 && !fraction;
	if (!read_exponent(at, &digits))
		return false;
	if (bare && digits.count < MOST_DIGITS) {
		digits.whole *= 10;
		digits.exponent--;
	}
	*ret = digits;
	return true;
}

// whole * 10 + tenths at one digit more: strtod rounds each bound correctly, as it does the values
// it will be compared with.
static double bound(const struct digits *digits, int tenths)
{
	char text[MOST_BYTES];
	snprintf(text, sizeof text, "%llde%ld", digits->whole * 10 + tenths, digits->exponent - 1);
	return strtod(text, NULL);
}

bool fhir_number_parse(const char *text, struct fhir_number *ret)
{
	bool minus = *text == '-';
	struct digits digits;
	if (strlen(text) > MOST_BYTES || !digits_parse(text + (minus || *text == '+'), &digits))
		return false;
	struct fhir_number number = {.number = strtod(text, NULL)};
	double less = bound(&digits, -5), more = bound(&digits, 5);
	number.low = minus ? -more : less;
	number.high = minus ? -less : more;
	if (!isfinite(number.number) || !isfinite(number.low) || !isfinite(number.high))
		return false;
	*ret = number;
	return true;
}
