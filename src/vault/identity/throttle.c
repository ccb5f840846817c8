// Throttling that slows guessers and locks nobody out.
//
// Failures are counted in three buckets, each with a free budget and then a delay that doubles:
//   the pair (account, address)   5 free   one person mistyping, or one attacker at one account
//   the address                  40 free   one attacker at many accounts
//   the account, from addresses from which nobody signed in   20 free   many attackers at one
//   account
// An address from which the account did sign in answers only to its own pair: whatever others do
// elsewhere, or to others at the same shared address, a clinician at the usual place is never
// slowed. At an address from which a colleague signed in, a workstation of the house, what is tried
// elsewhere does not count either. Nothing locks; the longest wait is five minutes. An IPv6 network
// of 64 bits counts as one address: whoever has one has all of it. Memory is bounded: when it is
// full, a quarter is forgotten, places where nobody ever signed in first, and of these the longest
// quiet.
#include "vault/identity/identity_in.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
	MOST_BUCKETS = THROTTLE_BUCKETS_MOST,
	LONGEST_WAIT_S = 300,
	FORGET_S = 3600,
	DAY_S = 86400
};
enum bucket_kind {
	PAIR,
	ADDRESS,
	ACCOUNT,
	KINDS
};
static const unsigned free_budget[KINDS] = {[PAIR] = 5, [ADDRESS] = 40, [ACCOUNT] = 20};

struct bucket {
	unsigned failures;
	bool known;      // a pair, or an address, that signed in
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

// The network of an IPv6 address, or the address as it is.
static void network_of(const char *address, char ret_network[64])
{
	struct in6_addr ip;
	snprintf(ret_network, 64, "%s", address);
	if (inet_pton(AF_INET6, address, &ip) != 1 || IN6_IS_ADDR_V4MAPPED(&ip))
		return;
	memset(ip.s6_addr + 8, 0, 8);
	inet_ntop(AF_INET6, &ip, ret_network, 64);
}

static struct bytes key_of(
	enum bucket_kind kind, const char *account, const char *address, char room[320])
{
	char network[64];
	network_of(address, network);
	int size = snprintf(room, 320, "%d|%s|%s", kind, kind == ADDRESS ? "" : account,
		kind == ACCOUNT   ? ""
		: kind == ADDRESS ? network
				  : address);
	return bytes_of(room, size < 320 ? (size_t)size : 319);
}

static struct bucket *find(
	struct throttle *throttle, enum bucket_kind kind, const char *account, const char *address)
{
	char room[320];
	return map_find(throttle->buckets, key_of(kind, account, address, room));
}

struct candidate {
	struct bytes key;
	const struct bucket *bucket;
};

// Strangers before known places, the longest quiet first.
static int by_worth(const void *a, const void *b)
{
	const struct bucket *x = ((const struct candidate *)a)->bucket;
	const struct bucket *y = ((const struct candidate *)b)->bucket;
	if (x->known != y->known)
		return x->known ? 1 : -1;
	return x->last_us < y->last_us ? -1 : x->last_us > y->last_us;
}

// Collects first and removes afterwards: removing moves entries while a map is walked.
static void forget_a_quarter(struct throttle *throttle)
{
	struct arena *arena = arena_new();
	struct candidate *all = arena_alloc(arena, map_count(throttle->buckets) * sizeof *all);
	size_t at = 0, count = 0;
	struct bytes key;
	void *value;
	while (map_next(throttle->buckets, &at, &key, &value))
		all[count++] = (struct candidate){bytes_copy(arena, key), value};
	qsort(all, count, sizeof *all, by_worth);
	for (size_t i = 0; i < count / 4; i++)
		free(map_remove(throttle->buckets, all[i].key));
	arena_free(arena);
}

static struct bucket *find_or_make(
	struct throttle *throttle, enum bucket_kind kind, const char *account, const char *address)
{
	char room[320];
	struct bytes key = key_of(kind, account, address, room);
	struct bucket *bucket = map_find(throttle->buckets, key);
	if (bucket)
		return bucket;
	if (map_count(throttle->buckets) >= MOST_BUCKETS)
		forget_a_quarter(throttle);
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

uint32_t throttle_wait_s(
	struct throttle *throttle, const char *account, const char *address, int64_t now_us)
{
	struct bucket *pair = find(throttle, PAIR, account, address);
	uint32_t wait = wait_of(pair, PAIR, now_us);
	if (pair && pair->known)
		return wait;
	const struct bucket *place = find(throttle, ADDRESS, account, address);
	uint32_t other = wait_of(place, ADDRESS, now_us);
	wait = other > wait ? other : wait;
	if (place && place->known)
		return wait;
	other = wait_of(find(throttle, ACCOUNT, account, address), ACCOUNT, now_us);
	return other > wait ? other : wait;
}

void throttle_failed(
	struct throttle *throttle, const char *account, const char *address, int64_t now_us)
{
	struct bucket *pair = find(throttle, PAIR, account, address);
	bool known = pair && pair->known;
	for (int kind = PAIR; kind < (known ? ADDRESS : KINDS); kind++) {
		struct bucket *bucket =
			find_or_make(throttle, (enum bucket_kind)kind, account, address);
		if (now_us - bucket->last_us > (int64_t)FORGET_S * 1000000)
			bucket->failures = 0;
		bucket->failures++;
		bucket->last_us = now_us;
	}
}

bool throttle_succeeded(
	struct throttle *throttle, const char *account, const char *address, int64_t now_us)
{
	struct bucket *pair = find_or_make(throttle, PAIR, account, address);
	bool fresh = !pair->known || now_us - pair->last_us > (int64_t)DAY_S * 1000000;
	*pair = (struct bucket){.known = true, .last_us = now_us};
	find_or_make(throttle, ADDRESS, account, address)->known = true;
	return fresh;
}
