#include "watch/intelligence/ranges.h"

#include <stdlib.h>

enum {
	HEADS = 65536 // by the first 16 bits
};

struct range {
	uint64_t high, low;     // where it begins
	uint32_t number, outer; // what contains it, plus one
	uint8_t length;
};

struct family {
	struct range *at;
	size_t count, room;
	uint32_t *heads; // how many begin before each head
};

struct ranges {
	struct family four, six;
};

static struct range range_of(const struct prefix *prefix)
{
	struct range r = {.length = prefix->length};
	for (int i = 0; i < 8; i++) {
		r.high = r.high << 8 | prefix->at[i];
		r.low = r.low << 8 | prefix->at[i + 8];
	}
	return r;
}

static int compare(const struct range *a, const struct range *b)
{
	if (a->high != b->high)
		return a->high < b->high ? -1 : 1;
	if (a->low != b->low)
		return a->low < b->low ? -1 : 1;
	return (int)a->length - (int)b->length;
}

static int compare_rows(const void *a, const void *b)
{
	const struct range *x = a, *y = b;
	int order = compare(x, y);
	return order ? order : x->number < y->number ? -1 : x->number > y->number;
}

static bool covers(const struct range *outer, const struct range *inner)
{
	if (outer->length > inner->length)
		return false;
	unsigned high = outer->length < 64 ? outer->length : 64, low = outer->length - high;
	uint64_t high_mask = high ? ~UINT64_C(0) << (64 - high) : 0;
	uint64_t low_mask = low ? ~UINT64_C(0) << (64 - low) : 0;
	return !((outer->high ^ inner->high) & high_mask) &&
	       !((outer->low ^ inner->low) & low_mask);
}

struct ranges *ranges_new(void)
{
	struct ranges *ranges = calloc(1, sizeof *ranges);
	if (!ranges)
		abort();
	return ranges;
}

void ranges_free(struct ranges *ranges)
{
	if (!ranges)
		return;
	free(ranges->four.at);
	free(ranges->four.heads);
	free(ranges->six.at);
	free(ranges->six.heads);
	free(ranges);
}

void ranges_add(struct ranges *ranges, const struct prefix *prefix, uint32_t number)
{
	struct family *f = prefix->family == 4 ? &ranges->four : &ranges->six;
	if (f->count == f->room) {
		f->room = f->room ? 2 * f->room : 64;
		f->at = realloc(f->at, f->room * sizeof *f->at);
		if (!f->at)
			abort();
	}
	f->at[f->count] = range_of(prefix);
	f->at[f->count++].number = number;
}

static void link_outer(struct family *f)
{
	for (size_t i = 1; i < f->count; i++) {
		uint32_t outer = (uint32_t)i; // the one before, plus one
		while (outer && !covers(&f->at[outer - 1], &f->at[i]))
			outer = f->at[outer - 1].outer;
		f->at[i].outer = outer;
	}
}

static void count_heads(struct family *f)
{
	size_t at = 0;
	f->heads = malloc((HEADS + 1) * sizeof *f->heads);
	if (!f->heads)
		abort();
	for (size_t head = 0; head <= HEADS; head++) {
		while (at < f->count && f->at[at].high >> 48 < head)
			at++;
		f->heads[head] = (uint32_t)at;
	}
}

static void ready(struct family *f, void (*same)(void *, uint32_t, uint32_t), void *context)
{
	size_t kept = 0;
	if (!f->count)
		return;
	qsort(f->at, f->count, sizeof *f->at, compare_rows);
	for (size_t i = 0; i < f->count; i++)
		if (kept && compare(&f->at[kept - 1], &f->at[i]) == 0) {
			if (same)
				same(context, f->at[kept - 1].number, f->at[i].number);
		} else {
			f->at[kept++] = f->at[i];
		}
	f->count = f->room = kept;
	struct range *smaller = realloc(f->at, kept * sizeof *f->at);
	f->at = smaller ? smaller : f->at;
	link_outer(f);
	count_heads(f);
}

void ranges_ready(
	struct ranges *ranges, void (*same)(void *, uint32_t first, uint32_t other), void *context)
{
	ready(&ranges->four, same, context);
	ready(&ranges->six, same, context);
}

// How many begin at or before it, the widest of one beginning first.
static size_t upper(const struct family *f, const struct range *sought)
{
	size_t from = f->heads[sought->high >> 48], to = f->heads[(sought->high >> 48) + 1];
	while (from < to) {
		size_t middle = from + (to - from) / 2;
		if (compare(&f->at[middle], sought) <= 0)
			from = middle + 1;
		else
			to = middle;
	}
	return from;
}

static const struct family *family_of(const struct ranges *ranges, const struct prefix *prefix)
{
	return prefix->family == 4 ? &ranges->four : &ranges->six;
}

size_t ranges_find(const struct ranges *ranges, const struct prefix *prefix, uint32_t *ret_numbers,
	size_t most)
{
	const struct family *f = family_of(ranges, prefix);
	struct range sought = range_of(prefix);
	size_t count = 0;
	if (!f->count)
		return 0;
	for (size_t at = upper(f, &sought); at && count < most; at = f->at[at - 1].outer)
		if (covers(&f->at[at - 1], &sought))
			ret_numbers[count++] = f->at[at - 1].number;
	return count;
}

uint32_t ranges_within(const struct ranges *ranges, const struct prefix *prefix)
{
	const struct family *f = family_of(ranges, prefix);
	struct range sought = range_of(prefix);
	if (!f->count)
		return RANGES_NONE;
	size_t at = upper(f, &sought);
	if (at && compare(&f->at[at - 1], &sought) == 0)
		return f->at[at - 1].number;
	return at < f->count && covers(&sought, &f->at[at]) ? f->at[at].number : RANGES_NONE;
}

size_t ranges_bytes(const struct ranges *ranges)
{
	size_t heads = (ranges->four.heads != NULL) + (ranges->six.heads != NULL);
	return (ranges->four.room + ranges->six.room) * sizeof(struct range) +
	       heads * (HEADS + 1) * sizeof(uint32_t);
}
