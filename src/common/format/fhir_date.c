#include "common/format/fhir_date.h"

#include "common/base/time.h"

enum {
	SECOND_US = 1000000,
	MINUTE_SECONDS = 60,
	DAY_SECONDS = 86400,
	FRACTION_DIGITS = 6
};

struct reader {
	const char *at;
	bool failed;
};

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

// Exactly this many digits.
static unsigned read_digits(struct reader *reader, int count)
{
	unsigned value = 0;
	for (int i = 0; i < count; i++) {
		if (!is_digit(*reader->at)) {
			reader->failed = true;
			return 0;
		}
		value = value * 10 + (unsigned)(*reader->at++ - '0');
	}
	return value;
}

static bool read_char(struct reader *reader, char wanted)
{
	if (reader->failed || *reader->at != wanted)
		return false;
	reader->at++;
	return true;
}

static void read_expected(struct reader *reader, char wanted)
{
	if (!read_char(reader, wanted))
		reader->failed = true;
}

static unsigned days_in_month(unsigned year, unsigned month)
{
	static const unsigned char days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
	bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
	return month == 2 && leap ? 29 : days[month - 1];
}

struct day {
	unsigned year, month, day; // month and day are 0 where they are not given
};

static struct day read_day(struct reader *reader)
{
	struct day day = {.year = read_digits(reader, 4)};
	if (day.year == 0)
		reader->failed = true;
	if (!read_char(reader, '-'))
		return day;
	day.month = read_digits(reader, 2);
	if (day.month < 1 || day.month > 12) {
		reader->failed = true;
		return day;
	}
	if (!read_char(reader, '-'))
		return day;
	day.day = read_digits(reader, 2);
	if (day.day < 1 || day.day > days_in_month(day.year, day.month))
		reader->failed = true;
	return day;
}

static int64_t day_seconds(unsigned year, unsigned month, unsigned day)
{
	return time_days((int)year, month, day) * DAY_SECONDS;
}

static struct fhir_interval day_interval(struct day day)
{
	int64_t low, high;
	if (day.month == 0) {
		low = day_seconds(day.year, 1, 1);
		high = day_seconds(day.year + 1, 1, 1);
	} else if (day.day == 0) {
		low = day_seconds(day.year, day.month, 1);
		high = day.month == 12 ? day_seconds(day.year + 1, 1, 1)
				       : day_seconds(day.year, day.month + 1, 1);
	} else {
		low = day_seconds(day.year, day.month, day.day);
		high = low + DAY_SECONDS;
	}
	return (struct fhir_interval){low * SECOND_US, high * SECOND_US};
}

// Digits past the microsecond are read and dropped. `*ret_width_us` is what the last digit is
// worth.
static int64_t read_fraction(struct reader *reader, int64_t *ret_width_us)
{
	int64_t value = 0, width = SECOND_US;
	if (!is_digit(*reader->at))
		reader->failed = true;
	for (int i = 0; is_digit(*reader->at); i++, reader->at++) {
		if (i < FRACTION_DIGITS) {
			width /= 10;
			value += (*reader->at - '0') * width;
		}
	}
	*ret_width_us = width;
	return value;
}

static int64_t read_zone(struct reader *reader, enum fhir_date_form form)
{
	if (read_char(reader, 'Z'))
		return 0;
	if (form == FHIR_FORM_SEARCH && *reader->at == 0)
		return 0;
	int sign = *reader->at == '-' ? -1 : 1;
	if (*reader->at != '+' && *reader->at != '-') {
		reader->failed = true;
		return 0;
	}
	reader->at++;
	unsigned hours = read_digits(reader, 2);
	read_expected(reader, ':');
	unsigned minutes = read_digits(reader, 2);
	if (hours > 14 || minutes > 59 || (hours == 14 && minutes > 0))
		reader->failed = true;
	return sign * (int64_t)(hours * 3600 + minutes * MINUTE_SECONDS);
}

// Everything behind the T. Gives the interval within the day, in microseconds.
static struct fhir_interval read_time(struct reader *reader, enum fhir_date_form form)
{
	unsigned hour = read_digits(reader, 2);
	read_expected(reader, ':');
	unsigned minute = read_digits(reader, 2), second = 0;
	int64_t width_us = (int64_t)MINUTE_SECONDS * SECOND_US, fraction_us = 0;
	if (read_char(reader, ':')) {
		second = read_digits(reader, 2);
		width_us = SECOND_US;
		if (read_char(reader, '.'))
			fraction_us = read_fraction(reader, &width_us);
	} else if (form != FHIR_FORM_SEARCH) {
		reader->failed = true;
	}
	if (hour > 23 || minute > 59 || second > 60)
		reader->failed = true;
	int64_t low_us =
		(int64_t)(hour * 3600 + minute * MINUTE_SECONDS + second) * SECOND_US + fraction_us;
	return (struct fhir_interval){low_us, low_us + width_us};
}

bool fhir_date_parse(const char *text, enum fhir_date_form form, struct fhir_interval *ret)
{
	struct reader reader = {text, false};
	struct day day = read_day(&reader);
	if (reader.failed)
		return false;
	struct fhir_interval interval = day_interval(day);
	if (form != FHIR_FORM_DATE && day.day != 0 && read_char(&reader, 'T')) {
		struct fhir_interval time = read_time(&reader, form);
		int64_t zone_us = read_zone(&reader, form) * SECOND_US;
		interval.high_us = interval.low_us + time.high_us - zone_us;
		interval.low_us += time.low_us - zone_us;
	} else if (form == FHIR_FORM_INSTANT) {
		return false;
	}
	if (reader.failed || *reader.at != 0)
		return false;
	if (ret)
		*ret = interval;
	return true;
}

bool fhir_time_valid(const char *text)
{
	struct reader reader = {text, false};
	read_time(&reader, FHIR_FORM_DATE_TIME);
	return !reader.failed && *reader.at == 0;
}
