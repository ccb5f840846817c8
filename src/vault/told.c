#include "vault/told.h"

#include <stdlib.h>

enum {
	SLOTS = 2 * TOLD_REMEMBERED
};

// Where it is, or where it would be: there is always a free place.
static uint64_t *slot_of(uint64_t *slots, uint64_t what)
{
	size_t at = (what * 0x9e3779b97f4a7c15u >> 32) % SLOTS;
	while (slots[at] && slots[at] != what)
		at = (at + 1) % SLOTS;
	return &slots[at];
}

bool told_has(const struct told *told, uint64_t what)
{
	return (told->now && *slot_of(told->now, what)) ||
	       (told->before && *slot_of(told->before, what));
}

void told_add(struct told *told, uint64_t what)
{
	if (told_has(told, what))
		return;
	if (told->count == TOLD_REMEMBERED) {
		free(told->before);
		told->before = told->now;
		told->now = NULL;
		told->count = 0;
	}
	if (!told->now && !(told->now = calloc(SLOTS, sizeof *told->now)))
		abort();
	*slot_of(told->now, what) = what;
	told->count++;
}

void told_done(struct told *told)
{
	free(told->now);
	free(told->before);
	*told = (struct told){0};
}
