#include "common/base/time.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

// The turn of the clock; see the header.
static _Atomic int64_t own_offset_us;
static const _Atomic int64_t *offset_us = &own_offset_us;

static int64_t read_us(clockid_t clock)
{
	struct timespec now;
	clock_gettime(clock, &now);
	return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

int64_t time_now_us(void)
{
	return read_us(CLOCK_REALTIME) + atomic_load_explicit(offset_us, memory_order_relaxed);
}

int64_t time_monotonic_us(void)
{
	return read_us(CLOCK_MONOTONIC);
}

void time_set_offset_us(int64_t offset)
{
	atomic_store(&own_offset_us, offset);
}

void time_follow(const _Atomic int64_t *offset)
{
	offset_us = offset;
}

struct civil {
	unsigned year, month, day, weekday; // Sunday is 0
	unsigned hour, minute, second, ms;
};

// gmtime_r() takes the lock of the time zones, which is felt at every answer. The inverse of
// time_days(): years begin in March here, so that the leap day is the last.
static struct civil civil_of(int64_t at_us)
{
	int64_t day_us = 86400000000, days = at_us / day_us, rest = at_us % day_us;
	if (rest < 0) {
		rest += day_us;
		days--;
	}
	int64_t shifted = days + 719468, era = (shifted >= 0 ? shifted : shifted - 146096) / 146097;
	unsigned of_era = (unsigned)(shifted - era * 146097);
	unsigned year = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
	unsigned of_year = of_era - (365 * year + year / 4 - year / 100);
	unsigned month = (5 * of_year + 2) / 153, ms = (unsigned)(rest / 1000);
	return (struct civil){
		.year = (unsigned)((int64_t)year + era * 400 + (month >= 10)) % 10000,
		.month = month < 10 ? month + 3 : month - 9,
		.day = of_year - (153 * month + 2) / 5 + 1,
		.weekday = (unsigned)(((days + 4) % 7 + 7) % 7),
		.hour = ms / 3600000,
		.minute = ms / 60000 % 60,
		.second = ms / 1000 % 60,
		.ms = ms % 1000,
	};
}

void time_format(int64_t at_us, char ret_text[TIME_TEXT_BYTES])
{
	struct civil c = civil_of(at_us);
	snprintf(ret_text, TIME_TEXT_BYTES, "%04u-%02u-%02uT%02u:%02u:%02u.%03uZ", c.year % 10000,
		c.month % 100, c.day % 100, c.hour % 100, c.minute % 100, c.second % 100,
		c.ms % 1000);
}

void time_format_http(int64_t at_us, char ret_text[TIME_TEXT_BYTES])
{
	static const char days[7][4] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
	static const char months[12][4] = {
		"Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
	struct civil c = civil_of(at_us);
	snprintf(ret_text, TIME_TEXT_BYTES, "%s, %02u %s %04u %02u:%02u:%02u GMT",
		days[c.weekday % 7], c.day % 100, months[(c.month - 1) % 12], c.year % 10000,
		c.hour % 100, c.minute % 100, c.second % 100);
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
