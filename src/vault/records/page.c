// Where a page of a search ends, as a text for the client: sealed, for what it is sorted by is out
// of the records, and would be in addresses and logs otherwise.
#include "vault/records/records_in.h"

#include "common/base/text.h"

#include <string.h>

enum {
	PAGE_FORMAT = 0x70, // no blob's: those are sealed under the same key
	PAGE_TEXT_BYTES = 4096
};

// A page belongs to its order: it does not open under another.
static void bind(const struct search_query *query, struct buf *out)
{
	put_u8(out, PAGE_FORMAT);
	put_u32(out, (uint32_t)query->type);
	for (size_t i = 0; i < query->sort_count; i++) {
		const struct fhir_param *param = query->sorts[i].param;
		put_u32(out, param ? fhir_param_number(param) + 1 : 0);
		put_u8(out, query->sorts[i].descending);
	}
}

// Only what fhir_values_compare() looks at.
static void put_value(struct buf *out, const struct fhir_values *values)
{
	put_u8(out, values->count > 0);
	if (!values->count)
		return;
	const struct fhir_value *value = values->at;
	const char *text =
		value->kind == FHIR_PARAM_TOKEN && value->code ? value->code : value->text;
	uint64_t number;
	memcpy(&number, &value->number, sizeof number);
	put_u64(out, value->kind == FHIR_PARAM_DATE ? (uint64_t)value->low_us : number);
	put_u8(out, text != NULL);
	put_text(out, text);
}

static void get_value(struct cursor *in, const struct fhir_param *param, struct arena *arena,
	struct fhir_values *ret)
{
	if (!get_u8(in))
		return;
	struct fhir_value *value = arena_alloc(arena, sizeof *value);
	*value = (struct fhir_value){.kind = fhir_param_kind(param)};
	uint64_t number = get_u64(in);
	memcpy(&value->number, &number, sizeof number);
	value->low_us = (int64_t)number;
	bool some = get_u8(in);
	const char *text = get_text(in, arena, PAGE_SORT_BYTES);
	value->text = value->code = some ? text : NULL;
	*ret = (struct fhir_values){value, 1};
}

enum err page_seal(struct records *r, const struct search_query *query,
	const struct page_place *place, struct arena *arena, const char **ret_text)
{
	struct buf context = {0}, plain = {0}, sealed = {0};
	struct owner *owner;
	enum err err = owner_by_number(r, &r->committed, HOSPITAL, &owner);
	if (err)
		return err;
	bind(query, &context);
	put_u64(&plain, (uint64_t)place->slot);
	put_u64(&plain, (uint64_t)place->updated_us);
	for (size_t i = 0; i < query->sort_count; i++)
		put_value(&plain, &place->sort_values[i]);
	err = sealer_seal(r->sealer, &owner->key, buf_bytes(&context), buf_bytes(&plain), &sealed);
	if (!err) {
		char *text = arena_alloc(arena, text_base64url_size(sealed.size));
		text_base64url(buf_bytes(&sealed), text);
		*ret_text = text;
	}
	buf_done(&context);
	buf_done(&plain);
	buf_done(&sealed);
	return err;
}

enum err page_open(struct records *r, const struct search_query *query, struct arena *arena,
	struct page_place *ret_place)
{
	struct page_place place = {0};
	struct buf context = {0}, plain = {0};
	struct owner *owner;
	size_t length = strlen(query->page), size = length * 3 / 4;
	if (!length || length > PAGE_TEXT_BYTES)
		return ERR_INVALID;
	uint8_t *sealed = arena_alloc(arena, size);
	if (text_unbase64url(query->page, sealed, size))
		return ERR_INVALID;
	enum err err = owner_by_number(r, &r->committed, HOSPITAL, &owner);
	if (err)
		return err;
	bind(query, &context);
	err = sealer_open(
		r->sealer, &owner->key, buf_bytes(&context), bytes_of(sealed, size), &plain);
	struct cursor in = cursor_of(buf_bytes(&plain));
	place.slot = (int64_t)get_u64(&in);
	place.updated_us = (int64_t)get_u64(&in);
	for (size_t i = 0; i < query->sort_count && !in.err; i++)
		get_value(&in, query->sorts[i].param, arena, &place.sort_values[i]);
	bool whole = !err && !in.err && !cursor_left(&in);
	buf_done(&context);
	buf_done(&plain);
	if (whole)
		*ret_place = place;
	return whole ? OK : ERR_INVALID;
}
