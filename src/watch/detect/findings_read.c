// The findings that are kept, read: all since, one, the newest, page by page.
#include "watch/detect/findings_in.h"

#include <stdlib.h>
#include <string.h>

void findings_since(struct findings *f, uint64_t after, findings_each *each, void *context)
{
	struct arena *arena = arena_new();
	query_int(f->since, 1, (int64_t)after);
	while (query_step(f->since) == STORE_ROW) {
		arena_reset(arena);
		json_t *json = json_loads(row_text(f->since, 2, arena), 0, NULL);
		if (json)
			each(context, (uint64_t)row_int(f->since, 0), row_text(f->since, 1, arena),
				json);
		json_decref(json);
	}
	query_reset(f->since);
	arena_free(arena);
}

static json_t *read_row(struct store_query *query, struct arena *arena, size_t *ret_bytes)
{
	const char *text = row_text(query, 1, arena);
	json_t *json = json_loads(text, 0, NULL);
	if (json)
		json_object_set_new(json, "id", json_integer(row_int(query, 0)));
	*ret_bytes = strlen(text) + 32;
	return json;
}

json_t *findings_one(struct findings *f, uint64_t id)
{
	json_t *json = NULL;
	size_t bytes;
	struct arena *arena = arena_new();
	query_int(f->one, 1, (int64_t)id);
	if (id <= INT64_MAX && query_step(f->one) == STORE_ROW)
		json = read_row(f->one, arena, &bytes);
	query_reset(f->one);
	arena_free(arena);
	return json;
}

// As many of the query's rows as fit; *ret_more: there are others.
static json_t *read_rows(struct store_query *query, size_t most, size_t most_bytes, bool *ret_more)
{
	json_t *list = json_array();
	struct arena *arena = arena_new();
	size_t bytes = 0, more;
	*ret_more = false;
	while (query_step(query) == STORE_ROW) {
		json_t *one = read_row(query, arena, &more);
		bytes += more;
		*ret_more = json_array_size(list) == most || bytes > most_bytes;
		if (!one || *ret_more) {
			json_decref(one);
			break;
		}
		json_array_append_new(list, one);
	}
	query_reset(query);
	arena_free(arena);
	return list;
}

static int newest_first(const void *a, const void *b)
{
	json_int_t one = json_integer_value(json_object_get(*(json_t *const *)a, "id")),
		   other = json_integer_value(json_object_get(*(json_t *const *)b, "id"));
	return one < other ? 1 : -1;
}

json_t *findings_json(struct findings *f, size_t most, size_t most_bytes)
{
	bool more;
	json_t *all[FINDINGS_TOLD], *list = json_array();
	size_t count = 0;
	most = most < FINDINGS_TOLD ? most : FINDINGS_TOLD;
	query_int(f->newest, 1, (int64_t)most);
	json_t *picked = read_rows(f->newest, most, most_bytes, &more);
	for (; count < json_array_size(picked); count++)
		all[count] = json_array_get(picked, count);
	qsort(all, count, sizeof *all, newest_first);
	for (size_t i = 0; i < count; i++)
		json_array_append(list, all[i]);
	json_decref(picked);
	return list;
}

json_t *findings_page(struct findings *f, const struct findings_wish *wish, uint64_t *ret_next)
{
	bool more;
	query_int(f->page, 1,
		wish->before && wish->before <= INT64_MAX ? (int64_t)wish->before : INT64_MAX);
	query_text(f->page, 2, wish->rules);
	query_int(f->page, 3, wish->level);
	query_int(f->page, 4, FINDINGS_TOLD + 1);
	json_t *list = read_rows(f->page, FINDINGS_TOLD, wish->most_bytes, &more);
	const json_t *last = json_array_get(list, json_array_size(list) - 1);
	*ret_next = more ? (uint64_t)json_integer_value(json_object_get(last, "id")) : 0;
	return list;
}
