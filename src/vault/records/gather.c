#include "vault/records/search_in.h"

#include "common/format/fhir_type.h"

#include "vault/records/days.h"

#include <stdlib.h>

enum {
	FEW_FOUND = 500 // are looked at faster than a range of dates is asked for
};

void candidates_push(struct candidates *list, struct candidate candidate)
{
	if (list->count == list->room) {
		list->room = list->room ? 2 * list->room : 64;
		list->at = realloc(list->at, list->room * sizeof *list->at);
		if (!list->at)
			abort();
	}
	list->at[list->count++] = candidate;
}

static bool has_word(struct bytes words, int64_t token)
{
	size_t low = 0, high = words.size / 8;
	while (low < high) {
		size_t middle = (low + high) / 2;
		struct cursor in = cursor_of(bytes_of(words.at + middle * 8, 8));
		int64_t here = (int64_t)get_u64(&in);
		if (here == token)
			return true;
		if (here < token)
			low = middle + 1;
		else
			high = middle;
	}
	return false;
}

// Does the row carry, for every argument that the index knows, one of its words? A row without
// words had too many to keep.
static bool words_fit(struct bytes words, const struct finds *wanted, size_t count)
{
	for (size_t i = 0; i < count && words.size; i++) {
		bool any = !wanted[i].count;
		for (size_t t = 0; t < wanted[i].count && !any; t++)
			any = has_word(words, wanted[i].tokens[t]);
		if (!any)
			return false;
	}
	return true;
}

static enum err walk_items(struct search_run *run, int64_t patient, const struct finds *wanted,
	struct candidates *list)
{
	struct store_query *q = run->view->queries[Q_ITEMS];
	enum store_step step;
	query_int(q, 1, patient);
	query_int(q, 2, run->kind);
	while ((step = query_step(q)) == STORE_ROW && list->count < MOST_CANDIDATES) {
		if (wanted && !words_fit(row_blob(q, 3), wanted, run->query->argument_count))
			continue;
		candidates_push(list, (struct candidate){.slot = row_int(q, 0),
					      .patient = patient,
					      .version = (uint64_t)row_int(q, 1),
					      .updated_us = row_int(q, 2)});
	}
	query_reset(q);
	return step == STORE_FAILED ? ERR_IO : step == STORE_ROW ? ERR_LIMIT : OK;
}

static enum err within_patient(struct search_run *run, struct candidates *list)
{
	struct finds wanted[RECORDS_SEARCH_ARGUMENTS];
	struct owner *owner;
	enum err err = owner_find(run->r, run->view, run->query->patient, &owner);
	if (err)
		return err == ERR_NOT_FOUND || err == ERR_GONE ? OK : err;
	for (size_t i = 0; i < run->query->argument_count && !err; i++)
		err = words_of_argument(owner, &run->query->arguments[i], run->arena, &wanted[i]);
	return err ? err : walk_items(run, owner->number, wanted, list);
}

static int by_slot(const void *a, const void *b)
{
	const struct candidate *x = a, *y = b;
	return (x->slot > y->slot) - (x->slot < y->slot);
}

static void unique(struct candidates *list)
{
	size_t kept = 0;
	if (list->count)
		qsort(list->at, list->count, sizeof *list->at, by_slot);
	for (size_t i = 0; i < list->count; i++)
		if (!kept || list->at[kept - 1].slot != list->at[i].slot)
			list->at[kept++] = list->at[i];
	list->count = kept;
}

// Of an id that nothing has, what one that somebody has would cost: a look at some other record,
// which is not told, and a decision about nobody's.
static enum err ask_of_nothing(struct search_run *run, const char *id)
{
	struct records *r = run->r;
	uint64_t slots = (uint64_t)(r->next_slot > 1 ? r->next_slot - 1 : 1);
	uint64_t token = (uint64_t)resource_token(r, run->query->type, id);
	const struct blob_peek at = {.slot = (int64_t)(token % slots) + 1, .version = 1};
	const struct record nothing = {.type = run->query->type, .id = id, .patient = "?"};
	struct record other;
	bool may;
	if (!run->query->may)
		return OK;
	enum err err = blob_peek(r, run->view, &at, run->scratch, &other);
	return err == ERR_IO ? err : run->query->may(run->query->may_context, &nothing, &may);
}

static enum err by_ids(struct search_run *run, struct candidates *list)
{
	for (size_t i = 0; i < run->query->id_count; i++) {
		struct found found;
		enum err err =
			lookup(run->r, run->view, run->query->type, run->query->ids[i], &found);
		if (err && err != ERR_NOT_FOUND)
			return err;
		bool there = !err && found.method != RECORD_DELETED;
		err = there ? OK : ask_of_nothing(run, run->query->ids[i]);
		if (err)
			return err;
		if (there)
			candidates_push(list, (struct candidate){.slot = found.slot,
						      .patient = found.patient,
						      .version = found.version});
	}
	unique(list); // in the order in which pages go on
	return OK;
}

static enum err find_one(struct search_run *run, const struct finds *finds, struct candidates *list)
{
	struct store_query *q = run->view->queries[Q_FIND];
	for (size_t i = 0; i < finds->count; i++) {
		enum store_step step;
		query_int(q, 1, finds->tokens[i]);
		query_int(q, 2, MOST_FOUND + 1);
		while ((step = query_step(q)) == STORE_ROW)
			candidates_push(list, (struct candidate){.slot = row_int(q, 0),
						      .patient = row_int(q, 1)});
		query_reset(q);
		if (step == STORE_FAILED)
			return ERR_IO;
		if (list->count > MOST_CANDIDATES)
			break; // too many, whatever comes more
	}
	return OK;
}

static void intersect(struct candidates *list, const struct candidates *other)
{
	size_t kept = 0, j = 0;
	for (size_t i = 0; i < list->count; i++) {
		while (j < other->count && other->at[j].slot < list->at[i].slot)
			j++;
		if (j < other->count && other->at[j].slot == list->at[i].slot)
			list->at[kept++] = list->at[i];
	}
	list->count = kept;
}

// Day by day where a range of dates is all that narrows, or what else does leaves many.
static enum err by_days(struct search_run *run, struct candidates *list, bool *known, bool *wide)
{
	struct candidates here = {0};
	struct finds finds;
	if (*known && list->count <= FEW_FOUND)
		return OK;
	enum err err = days_of(run->r, run->query, run->arena, &finds, wide);
	if (err || !finds.count)
		return err;
	err = find_one(run, &finds, &here);
	unique(&here);
	*wide = here.count > MOST_FOUND;
	if (!err && !*wide && !*known)
		*list = here;
	else if (!err && !*wide)
		intersect(list, &here);
	if (err || *wide || *known)
		free(here.at);
	*known |= !err && !*wide;
	return err;
}

// Hospital-wide, by the tokens of whatever arguments have any. *ret_known: one had.
static enum err by_tokens(struct search_run *run, struct candidates *list, bool *ret_known)
{
	bool known = false, too_many = false;
	enum err err = OK;
	for (size_t i = 0; i < run->query->argument_count && !err; i++) {
		struct finds finds;
		struct candidates here = {0};
		err = finds_of_argument(run->r, &run->query->arguments[i], run->arena, &finds);
		if (err || !finds.count)
			continue;
		err = find_one(run, &finds, &here);
		unique(&here);
		if (here.count > MOST_FOUND) { // cut off: others must narrow the search
			free(here.at);
			too_many = true;
			continue;
		}
		if (known) {
			intersect(list, &here);
			free(here.at);
		} else {
			free(list->at);
			*list = here;
		}
		known = true;
	}
	bool wide = false;
	if (!err)
		err = by_days(run, list, &known, &wide);
	too_many |= wide;
	*ret_known = known;
	if (!err && too_many && !known)
		return ERR_LIMIT;
	return err;
}

enum err gather(struct search_run *run, struct candidates *list)
{
	const struct search_query *query = run->query;
	bool known = false;
	if (query->ids)
		return by_ids(run, list);
	if (query->patient && query->type != fhir_type_patient())
		return within_patient(run, list);
	enum err err = finds_type(query->type) ? by_tokens(run, list, &known) : OK;
	if (err || known)
		return err;
	return fhir_type_in_compartment(query->type) &&
			       query->type != fhir_type_find("Practitioner")
		       ? ERR_UNSUPPORTED
		       : walk_items(run, HOSPITAL, NULL, list);
}

enum err gather_is_by_time(struct search_run *run, bool *ret_by_time)
{
	const struct search_query *query = run->query;
	bool window = query->updated_from_us || query->updated_to_us, wide = false;
	struct finds finds = {0};
	enum err err = OK;
	*ret_by_time = window && query->type == fhir_type_patient() && !query->ids;
	for (size_t i = 0; i < query->argument_count && *ret_by_time && !err; i++) {
		err = finds_of_argument(run->r, &query->arguments[i], run->arena, &finds);
		*ret_by_time = !finds.count;
	}
	if (!err && *ret_by_time) {
		err = days_of(run->r, query, run->arena, &finds, &wide);
		*ret_by_time = !finds.count;
	}
	return err;
}

// What is shown is rounded down to the millisecond: the window is a millisecond wider.
enum err gather_by_time(struct search_run *run, const struct page_place *after, size_t most,
	struct candidates *ret_list)
{
	const struct search_query *query = run->query;
	bool down = query->sort_count && query->sorts[0].descending;
	struct store_query *q = run->view->queries[down ? Q_TIME_DOWN : Q_TIME];
	enum store_step step;
	query_int(q, 1, query->updated_from_us);
	query_int(q, 2, query->updated_to_us ? query->updated_to_us + 1000 : INT64_MAX);
	query_int(q, 3, after ? after->updated_us : down ? INT64_MAX : INT64_MIN);
	query_int(q, 4, after ? after->slot : 0);
	query_int(q, 5, (int64_t)most);
	ret_list->count = 0;
	while ((step = query_step(q)) == STORE_ROW)
		candidates_push(ret_list, (struct candidate){.slot = row_int(q, 0),
						  .patient = row_int(q, 1),
						  .version = (uint64_t)row_int(q, 2),
						  .updated_us = row_int(q, 3)});
	query_reset(q);
	return step == STORE_FAILED ? ERR_IO : OK;
}
