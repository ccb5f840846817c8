// intelligence: what others know of attacks, held against everything that happens here.
//
// Indicators come from files in STATE/watch/feeds, from files and feeds that
// RULES/intelligence/sources.yaml names; they are kept in STATE/watch/intelligence.db and matched
// in memory. Reading and building are done in a thread beside the events, and swapped in
// (intelligence_tick). An indicator that is on a warning list, has expired or was revoked is kept,
// shown as such, and matches nothing.
//
// Each event's address and application are looked up; what fits is counted as a sighting, and gives
// one finding for an indicator, a person and a day (UTC). More than INTELLIGENCE_AN_HOUR new ones
// in an hour are counted and told as one: a flood of them must not hide another finding.
//
// Memory: 36 bytes an indicator and its texts, addresses 32 more, others 8 to 16 more (measured in
// docs/intelligence.md), twice while a new edition is built; SIGHTINGS_MOST sightings.
#pragma once

#include "common/format/finding.h"
#include "common/message/errand.h"
#include "common/message/feed.h"
#include "watch/intelligence/table.h"

#include <jansson.h>

enum {
	INTELLIGENCE_AN_HOUR = 200,
	INTELLIGENCE_BYTES = 45000, // of an answer
	INTELLIGENCE_PATH_BYTES = 64
};

struct intelligence;

struct intelligence_places {
	const char *state, *rules; // folders of watch and of the rules
	void (*found)(void *context, const struct finding *finding);
	void *context;
};
enum err intelligence_open(const struct intelligence_places *places,
	struct intelligence **ret_intelligence, char ret_problem[256]);
void intelligence_close(struct intelligence *intelligence); // NULL is fine

// False until everything that is known has been read: no event should come before.
bool intelligence_ready(const struct intelligence *intelligence);
// Where to begin in the trail.
uint64_t intelligence_place(const struct intelligence *intelligence);
// How long the trail is: when it is shorter than the place, counting goes on at its end.
void intelligence_size(struct intelligence *intelligence, uint64_t size);
// In their order; those before the place are passed by.
void intelligence_event(struct intelligence *intelligence, const struct feed_event *event);
// Anything seen, by whatever part of the house: the best of what fits and may be used. False: none.
bool intelligence_match(const struct intelligence *intelligence, enum observable kind,
	struct bytes text, int64_t time_us, struct table_hit *ret_best);
// Often: takes what the thread has done, begins what is due. ERR_IO: the role must end.
enum err intelligence_tick(struct intelligence *intelligence, int64_t now_us);
// Keeps sightings and the place, unless the thread has the database just now. ERR_IO.
enum err intelligence_save(struct intelligence *intelligence);

// What should be fetched now; the caller fetches it, hands over its parts, and says how it ended.
struct intelligence_wish {
	char feed[ERRAND_NAME_BYTES];       // the courier's destination
	char path[INTELLIGENCE_PATH_BYTES]; // behind its address, or ""
	char query[ERRAND_QUERY_BYTES], etag[ERRAND_ETAG_BYTES];
	uint32_t most_bytes;
};
bool intelligence_wants(struct intelligence *intelligence, struct intelligence_wish *ret_wish);
void intelligence_part(struct intelligence *intelligence, struct bytes part);
void intelligence_fetched(struct intelligence *intelligence, enum errand_fetch_state how,
	const char *etag, const char *words);

// For who asks (tell.c, share.c). The caller's references; each fits a reply.
json_t *intelligence_status(struct intelligence *intelligence);
json_t *intelligence_look(struct intelligence *intelligence, const char *value);
// Our sightings as objects of STIX 2.1, from the `from`th on: {"objects", "withheld", "next"}, the
// last when more follow. Up to `most` of TLP; red and amber+strict never. Made of a closed list of
// fields: what the indicator's maker wrote, counts, and times.
json_t *intelligence_share(struct intelligence *intelligence, const char *identity, enum tlp most,
	size_t from); // four: who, how far, and the page
