#include "watch/intelligence/import.h"

#include "common/format/indicator_list.h"
#include "common/format/misp.h"
#include "watch/intelligence/table.h"

#include <stdio.h>
#include <string.h>

enum {
	SHRUNK_FROM = 100, // less may change as it likes
	SHRUNK_TIMES = 3
};

struct importing {
	struct shelf *shelf;
	const struct import *import;
	uint32_t count, left;
	enum err err;
	char last[INDICATOR_ID_BYTES]; // of a page: whose older version is gone already
};

static const char *part_of(const struct importing *i, const struct indicator *indicator)
{
	return i->import->how == IMPORT_PAGE    ? indicator->id
	       : i->import->how == IMPORT_EVENT ? i->import->part
						: "";
}

static void on_take(void *context, const struct indicator *indicator)
{
	struct importing *i = context;
	if (i->err)
		return;
	if (i->import->how == IMPORT_PAGE && strcmp(i->last, indicator->id) != 0) {
		strcpy(i->last, indicator->id);
		i->err = shelf_drop(i->shelf, i->import->source, indicator->id);
	}
	if (i->err || indicator->revoked)
		return;
	i->count++;
	i->err = i->count > TABLE_MOST
			 ? ERR_LIMIT
			 : shelf_add(i->shelf, i->import->source, part_of(i, indicator), indicator);
}

static void on_left(void *context, const char *id, const char *why)
{
	struct importing *i = context;
	if (i->err)
		return;
	i->left++;
	if (i->left <= SHELF_LEFT)
		i->err = shelf_left(i->shelf, i->import->source, id, why);
	// An object that cannot be used any more must not go on as what it was.
	if (!i->err && i->import->how == IMPORT_PAGE && strcmp(i->last, id) != 0)
		i->err = shelf_drop(i->shelf, i->import->source, id);
}

static bool begins_json(struct bytes text)
{
	size_t at = 0;
	while (at < text.size && (text.at[at] <= ' '))
		at++;
	return at < text.size && (text.at[at] == '{' || text.at[at] == '[');
}

static enum err parse(enum import_how how, struct bytes text, const struct indicator_taker *taker,
	struct stix_page *ret_page)
{
	if (how == IMPORT_PAGE)
		return stix_parse(text, taker, ret_page);
	if (how == IMPORT_EVENT)
		return misp_event(text, taker);
	if (!begins_json(text))
		return indicator_list(text, taker);
	enum err err = stix_parse(text, taker, ret_page);
	return err == ERR_INVALID ? misp_event(text, taker) : err;
}

enum err import_try(struct bytes text, const struct indicator_taker *taker)
{
	return parse(IMPORT_WHOLE, text, taker, NULL);
}

static enum err clear(struct importing *i)
{
	const struct import *import = i->import;
	if (import->how == IMPORT_PAGE)
		return OK;
	enum err err = shelf_drop(
		i->shelf, import->source, import->how == IMPORT_EVENT ? import->part : NULL);
	return err || import->how == IMPORT_EVENT ? err : shelf_drop_left(i->shelf, import->source);
}

static bool has_shrunk(const struct importing *i, struct shelf_state *state)
{
	if (i->import->how != IMPORT_WHOLE || !state->count ||
		(i->count && (state->count < SHRUNK_FROM || i->count >= state->count / 10)))
		return false;
	state->shrunk++;
	return !i->count || state->shrunk < SHRUNK_TIMES;
}

static void say(struct shelf_state *state, enum err err, uint32_t count)
{
	if (err == ERR_CONFLICT)
		snprintf(state->words, sizeof state->words,
			"it has shrunk from %u indicators to %u: what was there is kept",
			state->count, count);
	else
		snprintf(state->words, sizeof state->words, "%s",
			!err                ? ""
			: err == ERR_LIMIT  ? "it is larger than what is read"
			: err == ERR_IO     ? "it cannot be stored"
			: err == ERR_SYNTAX ? "it cannot be read: neither JSON nor a list"
					    : "it is JSON, but neither STIX nor MISP");
}

enum err import_document(struct shelf *shelf, const struct import *import, struct bytes text,
	struct shelf_state *state, struct stix_page *ret_page)
{
	struct importing i = {.shelf = shelf, .import = import};
	const struct indicator_taker taker = {on_take, on_left, &i};
	struct stix_page page = {0};
	enum err err = shelf_begin(shelf);
	if (!err)
		err = clear(&i);
	if (!err)
		err = parse(import->how, text, &taker, &page);
	if (!err)
		err = i.err;
	if (!err && has_shrunk(&i, state))
		err = ERR_CONFLICT;
	if (!err)
		err = shelf_commit(shelf);
	say(state, err, i.count);
	if (err) {
		shelf_rollback(shelf);
		return err;
	}
	state->shrunk = 0;
	state->count = import->how == IMPORT_WHOLE ? i.count : shelf_count(shelf, import->source);
	state->left = import->how == IMPORT_WHOLE ? i.left : state->left + i.left;
	if (ret_page)
		*ret_page = page;
	return OK;
}
