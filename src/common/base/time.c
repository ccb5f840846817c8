#include "common/base/time.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

static _Atomic int64_t offset_us; // the tests' turn of the clock; see the header

static int64_t read_us(clockid_t clock)
{
	struct timespec now;
	clock_gettime(clock, &now);
	return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

int64_t time_now_us(void)
{
	return read_us(CLOCK_REALTIME) + atomic_load_explicit(&offset_us, memory_order_relaxed);
}

int64_t time_monotonic_us(void)
{
	return read_us(CLOCK_MONOTONIC);
}

void time_set_offset_us(int64_t offset)
{
	atomic_store(&offset_us, offset);
}

void time_format(int64_t at_us, char ret_text[TIME_TEXT_BYTES])
{
	int64_t seconds = at_us / 1000000, rest = at_us % 1000000;
	if (rest < 0) {
		rest += 1000000;
		seconds--;
	}
	struct tm tm;
	time_t t = (time_t)seconds;
	gmtime_r(&t, &tm);
	snprintf(ret_text, TIME_TEXT_BYTES, "%04u-%02u-%02uT%02u:%02u:%02u.%03uZ",
		(unsigned)(tm.tm_year + 1900) % 10000, (unsigned)(tm.tm_mon + 1) % 100,
		(unsigned)tm.tm_mday % 100, (unsigned)tm.tm_hour % 100, (unsigned)tm.tm_min % 100,
		(unsigned)tm.tm_sec % 100, (unsigned)(rest / 1000) % 1000);
}

int64_t time_days(int year, unsigned month, unsigned day)
{
	year -= month <= 2;
	int64_t era = (year >= 0 ? year : year - 399) / 400;
	unsigned of_era = (unsigned)(year - era * 400);
	unsigned of_year = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1;
	return era * 146097 + (int64_t)(of_era * 365 + of_era / 4 - of_era / 100 + of_year) -
	       719468;
}

static bool digits(const char **at, unsigned count, int *ret_value)
{
	int value = 0;
	for (unsigned i = 0; i < count; i++, (*at)++) {
		if (**at < '0' || **at > '9')
			return false;
		value = value * 10 + (**at - '0');
	}
	*ret_value = value;
	return true;
}

static bool literal(const char **at, char c)
{
	if (**at != c)
		return false;
	(*at)++;
	return true;
}

static unsigned month_days(int year, unsigned month)
{
	static const unsigned days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
	bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
	return month == 2 && leap ? 29 : days[month - 1];
}

static int64_t fraction_us(const char **at)
{
	int64_t value = 0, unit = 100000;
	if (**at != '.')
		return 0;
	for ((*at)++; **at >= '0' && **at <= '9'; (*at)++, unit /= 10)
		value += (**at - '0') * unit;
	return value;
}

static bool zone_s(const char **at, int64_t *ret_s)
{
	int hours, minutes;
	if (literal(at, 'Z')) {
		*ret_s = 0;
		return true;
	}
	int sign = **at == '-' ? -1 : **at == '+' ? 1 : 0;
	if (!sign)
		return false;
	(*at)++;
	if (!digits(at, 2, &hours) || !literal(at, ':') || !digits(at, 2, &minutes))
		return false;
	*ret_s = sign * (hours * 3600 + minutes * 60);
	return hours <= 14 && minutes < 60;
}

enum err time_parse(const char *text, int64_t *ret_us)
{
	int year, month, day, hour, minute, second;
	int64_t zone;
	if (!digits(&text, 4, &year) || !literal(&text, '-') || !digits(&text, 2, &month) ||
		!literal(&text, '-') || !digits(&text, 2, &day) || !literal(&text, 'T') ||
		!digits(&text, 2, &hour) || !literal(&text, ':') || !digits(&text, 2, &minute) ||
		!literal(&text, ':') || !digits(&text, 2, &second))
		return ERR_SYNTAX;
	int64_t fraction = fraction_us(&text);
	if (!zone_s(&text, &zone) || *text)
		return ERR_SYNTAX;
	if (month < 1 || month > 12 || day < 1 ||
		(unsigned)day > month_days(year, (unsigned)month) || hour > 23 || minute > 59 ||
		second > 60)
		return ERR_INVALID;
	int64_t days = time_days(year, (unsigned)month, (unsigned)day);
	*ret_us = (days * 86400 + hour * 3600 + minute * 60 + second - zone) * 1000000 + fraction;
	return OK;
}
