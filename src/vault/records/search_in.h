// search_in: what the two halves of a search share: gather.c proposes, search.c opens and asks
// again.
#pragma once

#include "vault/records/records_in.h"

enum {
	MOST_CANDIDATES = 100000,
	MOST_FOUND = RECORDS_SEARCH_FOUND,
};

struct candidate {
	int64_t slot, patient, updated_us;
	uint64_t version; // 0: not looked up yet
};

struct candidates {
	struct candidate *at;
	size_t count, room;
};

// Where all hits are needed, to sort or to count them, their content is not kept but read again for
// those of the page.
struct hit {
	struct candidate candidate;
	struct record record;
	struct page_place place;
};

struct search_run {
	struct records *r;
	struct view *view;
	const struct search_query *query;
	struct arena *arena, *scratch;
	int kind;
	struct page_place after; // the last hit of the page before, where there is one
	bool paged;
	struct hit *hits;
	size_t count, room;
	size_t bytes;  // of content that is kept
	bool in_order; // candidates come as the hits are sorted: a page is all that is looked at
};

// Everything that may match, in the order of slots, each once. ERR_UNSUPPORTED where nothing
// narrows it, ERR_LIMIT where too many fit what does.
enum err gather(struct search_run *run, struct candidates *ret_list);
void candidates_push(struct candidates *list, struct candidate candidate);

// Is a search for persons narrowed by when they were last written and by nothing else?
enum err gather_is_by_time(struct search_run *run, bool *ret_by_time);
// The next `most` persons by that time, behind `after` where it is not NULL.
enum err gather_by_time(struct search_run *run, const struct page_place *after, size_t most,
	struct candidates *ret_list);
