#include "vault/records/search_in.h"

#include "common/format/fhir_match.h"
#include "common/format/fhir_type.h"
#include "common/format/json.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// A page ends when it is large, so that neither the vault's memory nor an answer is a matter of how
// large the records are.
enum {
	PAGE_BYTES = 16 * 1024 * 1024,
	TIME_BATCH = 500
};

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

static bool stops_early(const struct search_run *run)
{
	return run->in_order || (!run->query->sort_count && !run->query->want_total);
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
	if (stops_early(run)) {
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

static bool page_is_full(const struct search_run *run)
{
	return stops_early(run) &&
	       (run->count > run->query->count || (run->count > 1 && run->bytes > PAGE_BYTES));
}

static enum err consider_all(struct search_run *run, const struct candidates *list)
{
	bool by_slot = stops_early(run) && !run->in_order;
	enum err err = OK;
	for (size_t i = 0; i < list->count && !err; i++) {
		if (by_slot && run->paged && list->at[i].slot <= run->after.slot)
			continue;
		if (page_is_full(run))
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
		enum err err = stops_early(run)
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

// Persons by when they were last written, some at a time from where the page before ended; or all
// of them, to be counted or sorted by something else.
static enum err consider_by_time(struct search_run *run, struct candidates *list)
{
	const struct page_place *after = run->in_order && run->paged ? &run->after : NULL;
	struct page_place place;
	size_t seen = 0, most = run->in_order ? TIME_BATCH : MOST_FOUND + 1;
	enum err err = OK;
	do {
		err = gather_by_time(run, after, most, list);
		seen += list->count;
		if (!err && seen <= MOST_FOUND)
			err = consider_all(run, list);
		if (list->count) {
			const struct candidate *last = &list->at[list->count - 1];
			place = (struct page_place){
				.slot = last->slot, .updated_us = last->updated_us};
			after = &place;
		}
	} while (!err && list->count == most && !page_is_full(run) && seen <= MOST_FOUND);
	return !err && seen > MOST_FOUND && !page_is_full(run) ? ERR_LIMIT : err;
}

// Persons that only their time narrows come in its order, unless another is asked for.
static enum err plan(struct search_run *run, struct search_query *own, bool *ret_by_time)
{
	enum err err = gather_is_by_time(run, ret_by_time);
	if (err || !*ret_by_time)
		return err;
	if (!own->sort_count)
		own->sorts[own->sort_count++] = (struct search_sort){0};
	run->in_order = own->sort_count == 1 && !own->sorts[0].param && !own->want_total;
	return OK;
}

static enum err search_in(struct records *r, struct view *view, const struct search_query *query,
	struct arena *arena, struct search_result *ret_result)
{
	struct candidates list = {0};
	struct search_query own = *query;
	struct search_run run = {.r = r,
		.view = view,
		.query = &own,
		.arena = arena,
		.kind = r->kind_of_type[query->type]};
	bool by_time = false;
	if (query->count > RECORDS_SEARCH_COUNT || query->argument_count > RECORDS_SEARCH_ARGUMENTS)
		return ERR_LIMIT;
	enum err err = plan(&run, &own, &by_time);
	if (!err)
		err = read_page(&run);
	if (err)
		return err;
	run.scratch = arena_new();
	err = by_time ? consider_by_time(&run, &list) : gather(&run, &list);
	if (!err && !by_time)
		err = consider_all(&run, &list);
	if (!err && own.sort_count && run.count)
		qsort_r(run.hits, run.count, sizeof *run.hits, compare_hits, &own);
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
