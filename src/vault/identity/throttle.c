// Throttling that slows guessers and locks nobody out.
//
// Failures are counted in three buckets, each with a free budget and then a delay that doubles:
//   the pair (account, address)   5 free   one person mistyping, or one attacker at one account
//   the address                  40 free   one attacker at many accounts
//   the account, from addresses from which it never signed in   20 free   many attackers at one account
// An address from which the account did sign in answers only to its own pair: whatever others do
// elsewhere, or to others at the same shared address, a clinician at the usual place is never
// slowed. Nothing locks; the longest wait is five minutes. Memory is bounded: what is older than an
// hour is forgotten when it is full.
#include "vault/identity/identity_in.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_BUCKETS = 50000, LONGEST_WAIT_S = 300, FORGET_S = 3600 };
enum bucket_kind { PAIR, ADDRESS, ACCOUNT, KINDS };
static const unsigned free_budget[KINDS] = {[PAIR] = 5, [ADDRESS] = 40, [ACCOUNT] = 20};

struct bucket {
	unsigned failures;
	bool known;      // a pair that signed in
	int64_t last_us; // failure or success
};

struct throttle {
	struct map *buckets;
};

struct throttle *throttle_new(void)
{
	struct throttle *throttle = calloc(1, sizeof *throttle);
	if (!throttle)
		abort();
	throttle->buckets = map_new();
	return throttle;
}

void throttle_free(struct throttle *throttle)
{
	size_t at = 0;
	struct bytes key;
	void *value;
	if (!throttle)
		return;
	while (map_next(throttle->buckets, &at, &key, &value))
		free(value);
	map_free(throttle->buckets);
	free(throttle);
}

static struct bytes key_of(enum bucket_kind kind, const char *account, const char *address, char room[320])
{
	int size = snprintf(room, 320, "%d|%s|%s", kind, kind == ADDRESS ? "" : account,
		kind == ACCOUNT ? "" : address);
	return bytes_of(room, size < 320 ? (size_t)size : 319);
}

static struct bucket *find(struct throttle *throttle, enum bucket_kind kind, const char *account,
	const char *address)
{
	char room[320];
	return map_find(throttle->buckets, key_of(kind, account, address, room));
}

// Collects first and removes afterwards: removing moves entries while a map is walked.
static void forget_old(struct throttle *throttle, int64_t now_us)
{
	struct arena *arena = arena_new();
	struct bytes *keys = arena_alloc(arena, MOST_BUCKETS * sizeof *keys);
	size_t at = 0, count = 0;
	struct bytes key;
	void *value;
	while (map_next(throttle->buckets, &at, &key, &value) && count < MOST_BUCKETS) {
		struct bucket *bucket = value;
		if ((now_us - bucket->last_us) / 1000000 > FORGET_S && !bucket->known)
			keys[count++] = bytes_copy(arena, key);
	}
	for (size_t i = 0; i < count; i++)
		free(map_remove(throttle->buckets, keys[i]));
	arena_free(arena);
}

static struct bucket *find_or_make(struct throttle *throttle, enum bucket_kind kind,
	const char *account, const char *address, int64_t now_us)
{
	char room[320];
	struct bytes key = key_of(kind, account, address, room);
	struct bucket *bucket = map_find(throttle->buckets, key);
	if (bucket)
		return bucket;
	if (map_count(throttle->buckets) >= MOST_BUCKETS - 1)
		forget_old(throttle, now_us);
	if (map_count(throttle->buckets) >= MOST_BUCKETS - 1)
		return NULL; // a flood: the address's own bucket was made long before
	bucket = calloc(1, sizeof *bucket);
	if (!bucket)
		abort();
	map_set(throttle->buckets, key, bucket);
	return bucket;
}

static uint32_t wait_of(const struct bucket *bucket, enum bucket_kind kind, int64_t now_us)
{
	if (!bucket || bucket->failures < free_budget[kind])
		return 0;
	unsigned over = bucket->failures - free_budget[kind];
	int64_t delay_s = over >= 9 ? LONGEST_WAIT_S : 1 << over;
	if (delay_s > LONGEST_WAIT_S)
		delay_s = LONGEST_WAIT_S;
	int64_t passed_s = (now_us - bucket->last_us) / 1000000;
	if (passed_s < 0) // the clock was turned back: that must lock nobody out
		return 0;
	return passed_s >= delay_s ? 0 : (uint32_t)(delay_s - passed_s);
}

uint32_t throttle_wait_s(struct throttle *throttle, const char *account, const char *address,
	int64_t now_us)
{
	struct bucket *pair = find(throttle, PAIR, account, address);
	uint32_t wait = wait_of(pair, PAIR, now_us);
	if (pair && pair->known)
		return wait;
	for (int kind = ADDRESS; kind < KINDS; kind++) {
		uint32_t other = wait_of(find(throttle, (enum bucket_kind)kind, account, address),
			(enum bucket_kind)kind, now_us);
		if (other > wait)
			wait = other;
	}
	return wait;
}

void throttle_failed(struct throttle *throttle, const char *account, const char *address, int64_t now_us)
{
	struct bucket *pair = find(throttle, PAIR, account, address);
	bool known = pair && pair->known;
	for (int kind = PAIR; kind < (known ? ADDRESS : KINDS); kind++) {
		struct bucket *bucket = find_or_make(
			throttle, (enum bucket_kind)kind, account, address, now_us);
		if (!bucket)
			continue;
		if (now_us - bucket->last_us > (int64_t)FORGET_S * 1000000)
			bucket->failures = 0;
		bucket->failures++;
		bucket->last_us = now_us;
	}
}

void throttle_succeeded(struct throttle *throttle, const char *account, const char *address, int64_t now_us)
{
	struct bucket *pair = find_or_make(throttle, PAIR, account, address, now_us);
	if (pair)
		*pair = (struct bucket){.known = true, .last_us = now_us};
}
