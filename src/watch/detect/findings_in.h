// findings_in: what the two files of findings share. Nobody else includes this.
#pragma once

#include "common/store/store.h"
#include "watch/detect/findings.h"

// A row that has no number yet.
struct unnumbered {
	struct unnumbered *next;
	char *id, *key, *json;
	uint64_t seq;
};

struct findings {
	struct store *store;
	struct store_query *hour, *old, *hour_since, *hour_last;
	struct store_query *add, *ask, *keep, *trim, *newest, *first, *page, *one, *seen, *since,
		*last;
	uint64_t place, total, floor;
	bool numbering;
	struct unnumbered *waiting; // the newest first
	size_t waiting_count;
	bool open;   // a transaction is
	bool broken; // something could not be added to it
};
