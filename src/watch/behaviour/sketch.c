#include "watch/behaviour/sketch.h"

enum {
	EXACT = 16
};

// Where each bucket begins, from the 17th on.
static const uint16_t begins[SKETCH_BUCKETS - EXACT] = {16, 18, 20, 23, 26, 29, 33, 37, 42, 48, 55,
	63, 72, 82, 94, 108, 124, 142, 163, 187, 215, 247, 284, 326, 374, 430, 494, 568, 653, 750,
	862, 991, 1139, 1309, 1505, 1730, 1989, 2287, 2630, 3024, 3477, 3998, 4597, 5286, 6078,
	6989, 8037, 9242};

static unsigned bucket_of(uint32_t value)
{
	unsigned low = 0, high = SKETCH_BUCKETS - EXACT - 1;
	if (value < EXACT)
		return value;
	while (low < high) {
		unsigned middle = (low + high + 1) / 2;
		if (begins[middle] <= value)
			low = middle;
		else
			high = middle - 1;
	}
	return EXACT + low;
}

// What stands for a bucket: the value with the same error to both ends.
static uint32_t value_of(unsigned bucket)
{
	if (bucket < EXACT)
		return bucket;
	uint32_t begin = begins[bucket - EXACT];
	return begin + begin * 7 / 100;
}

void sketch_halve(struct sketch *s)
{
	unsigned last = 0;
	for (unsigned i = 0; i < SKETCH_BUCKETS; i++) {
		s->counts[i] /= 2;
		last = s->counts[i] ? i : last;
	}
	if (last < bucket_of(s->most))
		s->most = value_of(last);
}

void sketch_add(struct sketch *s, uint32_t value)
{
	unsigned at = bucket_of(value);
	if (s->counts[at] == UINT16_MAX)
		sketch_halve(s);
	s->counts[at]++;
	if (value > s->most)
		s->most = value;
}

void sketch_merge(struct sketch *into, const struct sketch *from)
{
	uint32_t most = from->most > into->most ? from->most : into->most, largest = 0;
	for (unsigned i = 0; i < SKETCH_BUCKETS; i++) {
		uint32_t sum = (uint32_t)into->counts[i] + from->counts[i];
		largest = sum > largest ? sum : largest;
	}
	for (unsigned i = 0; i < SKETCH_BUCKETS; i++) {
		uint32_t sum = (uint32_t)into->counts[i] + from->counts[i];
		into->counts[i] = (uint16_t)(largest > UINT16_MAX ? sum / 2 : sum);
	}
	into->most = most;
}

uint32_t sketch_count(const struct sketch *s)
{
	uint32_t count = 0;
	for (unsigned i = 0; i < SKETCH_BUCKETS; i++)
		count += s->counts[i];
	return count;
}

uint32_t sketch_quantile(const struct sketch *s, double share)
{
	uint32_t count = sketch_count(s), seen = 0;
	for (unsigned i = 0; i < SKETCH_BUCKETS && count; i++) {
		seen += s->counts[i];
		if (seen >= share * count && seen) {
			uint32_t value = value_of(i);
			return value < s->most ? value : s->most;
		}
	}
	return count ? s->most : 0;
}

uint32_t sketch_from(const struct sketch *s, uint32_t value)
{
	uint32_t count = 0;
	for (unsigned i = bucket_of(value); i < SKETCH_BUCKETS; i++)
		count += s->counts[i];
	return count;
}
