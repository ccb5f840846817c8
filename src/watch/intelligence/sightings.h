// sightings: which indicators were seen, by whom, how often, from when to when.
//
// One row for an indicator's value and an actor (opaque; 0: nobody was signed in). At most
// SIGHTINGS_MOST; those not seen for longest go first. Kept in the database of `shelf`, in one
// transaction with the place in the trail up to which they are counted.
#pragma once

#include "watch/intelligence/shelf.h"
#include "watch/intelligence/table.h"

enum {
	SIGHTINGS_MOST = 20000
};

struct sighting {
	enum observable kind;
	enum tlp tlp;
	uint8_t sure;
	bool changed;
	uint64_t actor, count, last_seq;
	int64_t first_us, last_us, told_day;
	int64_t inside_day; // told of a host inside; not kept over a restart
	char source[SOURCE_NAME_BYTES], id[INDICATOR_ID_BYTES], name[INDICATOR_NAME_BYTES];
	char value[]; // as the indicator says it
};

struct sightings;

enum err sightings_open(struct shelf *shelf, struct sightings **ret_sightings);
void sightings_close(struct sightings *sightings); // before the database; NULL is fine
uint64_t sightings_place(const struct sightings *sightings);
// One more; the row comes back, the caller's to change until the next call.
struct sighting *sightings_count(
	struct sightings *sightings, const struct table_hit *hit, uint64_t actor, int64_t time_us);
// ERR_IO: nothing of it was kept.
enum err sightings_save(struct sightings *sightings, uint64_t place);
size_t sightings_here(const struct sightings *sightings);
// From *at = 0, in no order, until NULL.
const struct sighting *sightings_next(const struct sightings *sightings, size_t *at);
