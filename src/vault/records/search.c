#include "vault/records/records_in.h"

#include "common/format/fhir_match.h"
#include "common/format/fhir_type.h"
#include "common/format/json.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// A page ends when it is large, so that neither the vault's memory nor an answer is a matter of how
// large the records are.
enum {
	MOST_CANDIDATES = 100000,
	MOST_FOUND = 20000,
	PAGE_BYTES = 16 * 1024 * 1024
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
	size_t bytes; // of content that is kept
};

static void push(struct candidates *list, struct candidate candidate)
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
		push(list, (struct candidate){.slot = row_int(q, 0),
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
			push(list, (struct candidate){.slot = found.slot,
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
			push(list, (struct candidate){
					   .slot = row_int(q, 0), .patient = row_int(q, 1)});
		query_reset(q);
		if (step == STORE_FAILED)
			return ERR_IO;
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

// What tokens propose is a slot and no more. Completed only when it is its turn: a page of thirty
// people must not cost a look-up for each of the thousands whose name begins alike.
static enum err complete(struct search_run *run, struct candidate *c)
{
	struct store_query *q = run->view->queries[Q_ITEM];
	query_int(q, 1, c->patient);
	query_int(q, 2, run->kind);
	query_int(q, 3, c->slot);
	enum store_step step = query_step(q);
	if (step == STORE_ROW) {
		c->version = (uint64_t)row_int(q, 0);
		c->updated_us = row_int(q, 1);
	}
	query_reset(q);
	return step == STORE_ROW ? OK : step == STORE_FAILED ? ERR_IO : ERR_NOT_FOUND;
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
	*ret_known = known;
	if (!err && too_many && !known)
		return ERR_LIMIT;
	return err;
}

static enum err gather(struct search_run *run, struct candidates *list)
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

// Against what the resource shows: meta.lastUpdated, to the millisecond.
static bool updated_fits(const struct search_query *query, int64_t at_us)
{
	at_us -= at_us % 1000;
	return (!query->updated_from_us || at_us >= query->updated_from_us) &&
	       (!query->updated_to_us || at_us < query->updated_to_us);
}

static enum err matches(
	struct search_run *run, const json_t *json, int64_t now_us, bool *ret_matches)
{
	bool all = true;
	for (size_t i = 0; i < run->query->argument_count && all; i++) {
		const struct fhir_argument *argument = &run->query->arguments[i];
		enum err err =
			sounds_asked(argument)
				? sounds_match(json, argument, run->scratch, &all)
				: fhir_match_resource(json, argument, now_us, run->scratch, &all);
		if (err)
			return err;
	}
	*ret_matches = all;
	return OK;
}

static bool stops_early(const struct search_query *query)
{
	return !query->sort_count && !query->want_total;
}

static const char *sort_text(const struct search_run *run, const char *text)
{
	return text ? arena_text_n(run->arena, text, strnlen(text, PAGE_SORT_BYTES)) : NULL;
}

static enum err keep_sort_value(struct search_run *run, const json_t *json,
	const struct fhir_param *param, struct fhir_values *ret)
{
	struct fhir_values all;
	enum err err = fhir_extract(json, param, run->scratch, &all);
	if (err || !all.count)
		return err;
	struct fhir_value *first = arena_copy(run->arena, all.at, sizeof *first);
	first->system = sort_text(run, first->system);
	first->code = sort_text(run, first->code);
	first->text = sort_text(run, first->text);
	first->id = sort_text(run, first->id);
	*ret = (struct fhir_values){first, 1};
	return OK;
}

static enum err keep(struct search_run *run, const struct candidate *candidate,
	const struct record *record, json_t *json)
{
	enum err err = OK;
	if (run->count == run->room) {
		run->room = run->room ? 2 * run->room : 64;
		run->hits = realloc(run->hits, run->room * sizeof *run->hits);
		if (!run->hits)
			abort();
	}
	struct hit *hit = &run->hits[run->count];
	*hit = (struct hit){.candidate = *candidate,
		.record = *record,
		.place = {.slot = candidate->slot, .updated_us = record->updated_us}};
	hit->record.id = arena_text(run->arena, record->id);
	hit->record.patient = record->patient ? arena_text(run->arena, record->patient) : NULL;
	hit->record.json = (struct bytes){0};
	if (stops_early(run->query)) {
		hit->record.json = bytes_copy(run->arena, record->json);
		run->bytes += record->json.size;
	}
	for (size_t i = 0; i < run->query->sort_count && !err; i++)
		if (run->query->sorts[i].param)
			err = keep_sort_value(
				run, json, run->query->sorts[i].param, &hit->place.sort_values[i]);
	run->count += !err;
	return err;
}

static enum err check(
	struct search_run *run, const struct candidate *candidate, const struct record *record)
{
	json_t *json;
	bool fits = false;
	if (!updated_fits(run->query, record->updated_us))
		return OK;
	if (run->query->patient &&
		(!record->patient || strcmp(record->patient, run->query->patient)))
		return OK;
	if (json_parse_strict(record->json, NULL, &json, NULL))
		return ERR_CORRUPT;
	enum err err = matches(run, json, record->updated_us, &fits);
	if (!err && fits)
		err = keep(run, candidate, record, json);
	json_decref(json);
	return err;
}

// Decided before anything of its content is opened. What belongs to nobody, or to several, only its
// content can tell: whoever asks decides on the hits.
static enum err ask_first(struct search_run *run, const struct candidate *candidate, bool *ret_may)
{
	const struct blob_peek at = {.slot = candidate->slot, .version = candidate->version};
	struct record record;
	if (!run->query->may || candidate->patient == HOSPITAL)
		return OK;
	enum err err = blob_peek(run->r, run->view, &at, run->scratch, &record);
	return err ? err : run->query->may(run->query->may_context, &record, ret_may);
}

// The index only proposes: the resource is decrypted and asked again.
static enum err consider(struct search_run *run, struct candidate candidate)
{
	struct record record;
	bool may = true;
	arena_reset(run->scratch);
	enum err err = candidate.version ? OK : complete(run, &candidate);
	if (err)
		return err == ERR_NOT_FOUND ? OK : err; // of another type, or removed
	err = ask_first(run, &candidate, &may);
	if (!err && !may)
		return OK;
	if (!err)
		err = blob_read(run->r, run->view, candidate.slot, candidate.version, run->scratch,
			&record);
	if (err)
		return err == ERR_NOT_FOUND ? ERR_CORRUPT : err == ERR_GONE ? OK : err;
	return check(run, &candidate, &record);
}

static enum err consider_all(struct search_run *run, const struct candidates *list)
{
	bool stop_early = stops_early(run->query);
	enum err err = OK;
	for (size_t i = 0; i < list->count && !err; i++) {
		if (stop_early && run->paged && list->at[i].slot <= run->after.slot)
			continue;
		if (stop_early && (run->count > run->query->count ||
					  (run->count > 1 && run->bytes > PAGE_BYTES)))
			break;
		err = consider(run, list->at[i]);
	}
	return err;
}

static int compare_places(
	const struct search_query *query, const struct page_place *x, const struct page_place *y)
{
	for (size_t i = 0; i < query->sort_count; i++) {
		int64_t dx = x->updated_us, dy = y->updated_us;
		bool empty = query->sorts[i].param &&
			     (!x->sort_values[i].count || !y->sort_values[i].count);
		int order = query->sorts[i].param
				    ? fhir_values_compare(&x->sort_values[i], &y->sort_values[i])
				    : (dx > dy) - (dx < dy);
		if (order) // what has no value comes last, in either direction
			return query->sorts[i].descending && !empty ? -order : order;
	}
	return (x->slot > y->slot) - (x->slot < y->slot);
}

static int compare_hits(const void *a, const void *b, void *context)
{
	const struct hit *x = a, *y = b;
	return compare_places(context, &x->place, &y->place);
}

static enum err read_page(struct search_run *run)
{
	run->paged = run->query->page != NULL;
	return run->paged ? page_open(run->r, run->query, run->arena, &run->after) : OK;
}

// The page begins behind where the one before ended, whatever became of the hit that was there.
static size_t page_start(const struct search_run *run)
{
	size_t start = 0;
	while (run->paged && start < run->count &&
		compare_places(run->query, &run->hits[start].place, &run->after) <= 0)
		start++;
	return start;
}

// How many of `count` hits from `start` on fit a page; their content is there afterwards.
static enum err read_hits(struct search_run *run, size_t start, size_t count, size_t *ret_count)
{
	size_t bytes = 0, i = 0;
	for (; i < count; i++) {
		struct hit *hit = &run->hits[start + i];
		enum err err = stops_early(run->query)
				       ? OK
				       : blob_read(run->r, run->view, hit->candidate.slot,
						 hit->record.version, run->arena, &hit->record);
		if (err)
			return err;
		bytes += hit->record.json.size;
		if (i && bytes > PAGE_BYTES)
			break;
	}
	*ret_count = i;
	return OK;
}

static enum err fill_result(struct search_run *run, struct search_result *ret)
{
	size_t start = page_start(run), left = run->count - start;
	size_t count = left < run->query->count ? left : run->query->count;
	enum err err = read_hits(run, start, count, &count);
	if (err)
		return err;
	*ret = (struct search_result){.count = count, .total = -1};
	ret->records = arena_alloc(run->arena, count * sizeof *ret->records);
	for (size_t i = 0; i < count; i++)
		ret->records[i] = run->hits[start + i].record;
	if (run->query->want_total) {
		ret->total = (int64_t)run->count;
		ret->counted = arena_alloc(run->arena, run->count * sizeof *ret->counted);
		for (size_t i = 0; i < run->count; i++)
			ret->counted[i] = run->hits[i].record.patient;
	}
	if (left > count && count)
		return page_seal(run->r, run->query, &run->hits[start + count - 1].place,
			run->arena, &ret->next);
	return OK;
}

static enum err search_in(struct records *r, struct view *view, const struct search_query *query,
	struct arena *arena, struct search_result *ret_result)
{
	struct candidates list = {0};
	struct search_run run = {.r = r,
		.view = view,
		.query = query,
		.arena = arena,
		.kind = r->kind_of_type[query->type]};
	if (query->count > RECORDS_SEARCH_COUNT || query->argument_count > RECORDS_SEARCH_ARGUMENTS)
		return ERR_LIMIT;
	enum err err = read_page(&run);
	if (err)
		return err;
	run.scratch = arena_new();
	err = gather(&run, &list);
	if (!err)
		err = consider_all(&run, &list);
	if (!err && query->sort_count && run.count)
		qsort_r(run.hits, run.count, sizeof *run.hits, compare_hits, (void *)query);
	if (!err)
		err = fill_result(&run, ret_result);
	free(run.hits);
	free(list.at);
	arena_free(run.scratch);
	return err;
}

enum err records_search(struct records *r, const struct search_query *query, struct arena *arena,
	struct search_result *ret_result)
{
	return search_in(r, &r->committed, query, arena, ret_result);
}

enum err records_search_staged(struct records *r, const struct search_query *query,
	struct arena *arena, struct search_result *ret_result)
{
	return search_in(r, &r->staged, query, arena, ret_result);
}
