#include "watch/behaviour/behaviour_in.h"

#include "common/base/map.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum {
	GROUP_ENOUGH = 100 // person-days that make a role a reference; until then it is everybody
};

static_assert(sizeof(struct person) <= 8192, "a person is bounded");

static struct bytes key_of(const uint64_t *actor)
{
	return bytes_of(actor, sizeof *actor);
}

struct person *people_find(struct behaviour *b, uint64_t actor)
{
	return map_find(b->people, key_of(&actor));
}

static void take_out(struct behaviour *b, struct person *p)
{
	*(p->before ? &p->before->after : &b->newest) = p->after;
	*(p->after ? &p->after->before : &b->oldest) = p->before;
}

static void put_first(struct behaviour *b, struct person *p)
{
	p->before = NULL;
	p->after = b->newest;
	*(b->newest ? &b->newest->before : &b->oldest) = p;
	b->newest = p;
}

void people_touch(struct behaviour *b, struct person *p)
{
	if (b->newest == p)
		return;
	take_out(b, p);
	put_first(b, p);
}

static void forget(struct behaviour *b, struct person *p)
{
	take_out(b, p);
	map_remove(b->people, key_of(&p->actor));
	if (b->store) {
		query_int(b->drop, 1, (int64_t)p->actor);
		(void)!query_run(b->drop); // else it goes when it is read again
	}
	b->forgotten++;
	free(p);
}

void people_add(struct behaviour *b, struct person *p)
{
	map_set(b->people, key_of(&p->actor), p);
	put_first(b, p);
}

unsigned group_of(struct behaviour *b, const char *role)
{
	for (unsigned i = 1; i < b->group_count; i++)
		if (strcmp(b->groups[i].role, role) == 0)
			return i;
	if (b->group_count == GROUPS)
		return 0;
	strncpy(b->groups[b->group_count].role, role, FEED_CODE_BYTES - 1);
	return (unsigned)b->group_count++;
}

const struct group *group_for(const struct behaviour *b, const struct person *p)
{
	const struct group *g = &b->groups[p->group];
	return g->days[0] >= GROUP_ENOUGH ? g : &b->groups[0];
}

struct person *people_get(struct behaviour *b, uint64_t actor, const char *role)
{
	struct person *p = people_find(b, actor);
	if (p)
		return p;
	if (map_count(b->people) >= BEHAVIOUR_PEOPLE)
		forget(b, b->oldest);
	p = calloc(1, sizeof *p);
	if (!p)
		abort();
	p->actor = actor;
	p->group = (uint8_t)group_of(b, role);
	p->first_day = p->slow_day = b->day;
	const struct group *g = group_for(b, p);
	memcpy(p->reference, g->high, sizeof p->reference);
	people_add(b, p);
	return p;
}

void people_free(struct behaviour *b)
{
	while (b->newest) {
		struct person *p = b->newest;
		take_out(b, p);
		free(p);
	}
	map_free(b->people);
}
