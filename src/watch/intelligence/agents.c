#include "watch/intelligence/agents.h"

#include <hs/hs.h>
#include <stdlib.h>
#include <string.h>

struct agents {
	char **parts;
	unsigned *numbers, *flags;
	size_t *sizes;
	size_t count, bytes;
	hs_database_t *database;
	hs_scratch_t *scratch;
};

static void *grown(void *at, size_t count, size_t size)
{
	if (count & (count - 1))
		return at;
	at = realloc(at, (count ? 2 * count : 1) * size);
	if (!at)
		abort();
	return at;
}

struct agents *agents_new(void)
{
	struct agents *agents = calloc(1, sizeof *agents);
	if (!agents)
		abort();
	return agents;
}

void agents_free(struct agents *agents)
{
	if (!agents)
		return;
	for (size_t i = 0; i < agents->count; i++)
		free(agents->parts[i]);
	free(agents->parts);
	free(agents->numbers);
	free(agents->flags);
	free(agents->sizes);
	hs_free_scratch(agents->scratch);
	hs_free_database(agents->database);
	free(agents);
}

enum err agents_add(struct agents *a, const char *part, uint32_t number)
{
	if (a->count == AGENTS_MOST)
		return ERR_LIMIT;
	a->parts = grown(a->parts, a->count, sizeof *a->parts);
	a->numbers = grown(a->numbers, a->count, sizeof *a->numbers);
	a->flags = grown(a->flags, a->count, sizeof *a->flags);
	a->sizes = grown(a->sizes, a->count, sizeof *a->sizes);
	a->parts[a->count] = strdup(part);
	if (!a->parts[a->count])
		abort();
	a->numbers[a->count] = number;
	a->flags[a->count] = HS_FLAG_CASELESS | HS_FLAG_SINGLEMATCH;
	a->sizes[a->count++] = strlen(part);
	return OK;
}

enum err agents_ready(struct agents *a)
{
	hs_compile_error_t *problem = NULL;
	size_t database = 0, scratch = 0;
	if (!a->count)
		return OK;
	if (hs_valid_platform() != HS_SUCCESS)
		return ERR_UNSUPPORTED;
	if (hs_compile_lit_multi((const char *const *)a->parts, a->flags, a->numbers, a->sizes,
		    (unsigned)a->count, HS_MODE_BLOCK, NULL, &a->database,
		    &problem) != HS_SUCCESS) {
		hs_free_compile_error(problem);
		return ERR_UNSUPPORTED;
	}
	if (hs_alloc_scratch(a->database, &a->scratch) != HS_SUCCESS)
		abort();
	hs_database_size(a->database, &database);
	hs_scratch_size(a->scratch, &scratch);
	a->bytes = database + scratch;
	return OK;
}

struct found {
	uint32_t *numbers;
	size_t count, most;
};

static int on_match(unsigned number, unsigned long long from, unsigned long long to, unsigned flags,
	void *context)
{
	struct found *found = context;
	(void)from;
	(void)to;
	(void)flags;
	found->numbers[found->count++] = number;
	return found->count == found->most;
}

size_t agents_find(
	const struct agents *agents, struct bytes text, uint32_t *ret_numbers, size_t most)
{
	struct found found = {ret_numbers, 0, most};
	if (agents->database && most && text.size)
		hs_scan(agents->database, (const char *)text.at, (unsigned)text.size, 0,
			agents->scratch, on_match, &found);
	return found.count;
}

size_t agents_bytes(const struct agents *agents)
{
	return agents->bytes;
}
