// Lures: for the command line alone, so that no account, whoever has it, learns which they are.
#include "vault/serve/api.h"

#include "common/base/text.h"
#include "common/format/json.h"
#include "vault/lures/lures.h"
#include "vault/serve/opaque.h"

#include <stdio.h>
#include <string.h>

enum {
	TOKEN_SHOWN = 16
};

// Of a patient or account the entry has only the number that watch knows them by: who may see the
// trail of a record does not learn that it is a lure.
static void note_lure(
	struct vault *vault, struct exchange *x, const char *done, const struct lure *lure)
{
	struct trail_entry note = note_begin(x, TRAIL_SYSTEM, TRAIL_LURES, TRAIL_ALLOWED);
	note.detail = lure ? arena_printf(x->arena, "%s: %s %s", done, lure_kind_text(lure->kind),
				     opaque_of(vault->parts.opaque, lure->id).text)
			   : done;
	note_add(vault, x, &note);
}

static json_t *lure_json(const struct lure *lure)
{
	bool token = lure->kind == LURE_TOKEN;
	json_t *json = json_pack("{s:s, s:s#, s:s}", "kind", lure_kind_text(lure->kind), "id",
		lure->id, token ? TOKEN_SHOWN : (int)strlen(lure->id), "label", lure->label);
	set_time(json, "made", lure->made_us);
	return json;
}

enum progress api_lures(struct vault *vault, struct exchange *x)
{
	json_t *list = json_array();
	for (size_t i = 0; i < lures_count(vault->parts.lures); i++)
		json_array_append_new(list, lure_json(lures_at(vault->parts.lures, i)));
	note_lure(vault, x, "listed", NULL);
	return api_answer(x, 200, json_pack("{s:o}", "lures", list));
}

static enum progress refuse(struct exchange *x, enum err err)
{
	if (err == ERR_EXISTS)
		answer_error(x, 409, "conflict", "This is a lure already.");
	else if (err == ERR_NOT_FOUND)
		answer_error(x, 404, "not-found", "There is no such lure.");
	else if (err == ERR_LIMIT)
		answer_error(x, 422, "invalid", "There are %d lures already.", LURES_MOST);
	else
		answer_error(x, 503, "unavailable", "This failed: %s.", err_text(err));
	return PROGRESS_DONE;
}

// What the body names, complete but for a token's id. False: answered.
static bool read_lure(struct vault *vault, struct exchange *x, const json_t *body, struct lure *ret)
{
	const char *kind = api_text(x, body, "kind"), *label = json_get_text(body, "label");
	struct account account;
	*ret = (struct lure){.kind = kind ? lure_kind_find(kind) : 0, .made_us = x->now_us};
	if (!kind)
		return false;
	const char *id = ret->kind == LURE_TOKEN ? "" : api_text(x, body, "id");
	if (!id)
		return false;
	bool fine = ret->kind && strlen(label ? label : "") < sizeof ret->label;
	if (ret->kind == LURE_PATIENT)
		fine = fine && text_is_id(id);
	if (ret->kind == LURE_ACCOUNT) {
		fine = fine &&
		       identity_account_find(vault->parts.identity, id, x->arena, &account) == OK;
		id = fine ? account.id : "";
		label = fine ? account.login : "";
	}
	snprintf(ret->id, sizeof ret->id, "%s", id);
	snprintf(ret->label, sizeof ret->label, "%s", label ? label : "");
	if (!fine)
		answer_error(x, 422, "invalid",
			"A lure is a patient (id), an account (id or login) or a token (label).");
	return fine;
}

enum progress api_lure_create(struct vault *vault, struct exchange *x)
{
	char token[TOKEN_TEXT_BYTES] = "";
	struct lure lure;
	json_t *body = api_body(x);
	bool fine = body && read_lure(vault, x, body, &lure);
	json_decref(body);
	if (!fine)
		return PROGRESS_DONE;
	if (lure.kind == LURE_TOKEN) {
		session_token_text(token);
		struct hash hash = crypto_sha256(bytes_text(token));
		text_hex(bytes_of(hash.bytes, HASH_BYTES), lure.id);
	}
	enum err err = lures_add(vault->parts.lures, &lure);
	if (err)
		return refuse(x, err);
	note_lure(vault, x, "made", &lure);
	json_t *json = lure_json(&lure);
	if (*token)
		json_object_set_new(json, "token", json_string(token));
	crypto_wipe(token, sizeof token);
	return api_answer(x, 201, json);
}

enum progress api_lure_remove(struct vault *vault, struct exchange *x)
{
	enum lure_kind kind = lure_kind_find(route_segment(x, "kind"));
	const char *id = route_segment(x, "id");
	for (size_t i = 0; i < lures_count(vault->parts.lures); i++) {
		struct lure lure = *lures_at(vault->parts.lures, i);
		bool token =
			kind == LURE_TOKEN && strlen(id) == TOKEN_SHOWN && text_starts(lure.id, id);
		if (lure.kind != kind || (!token && strcmp(lure.id, id) != 0))
			continue;
		enum err err = lures_remove(vault->parts.lures, kind, lure.id);
		if (err)
			return refuse(x, err);
		note_lure(vault, x, "removed", &lure);
		x->status = 204;
		return PROGRESS_DONE;
	}
	return refuse(x, ERR_NOT_FOUND);
}
