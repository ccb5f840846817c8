// The courier, as watch tells of it; and a test errand, for whoever is at the server.
#include "vault/serve/api.h"

#include "common/crypto/crypto.h"

#include <string.h>

enum {
	NAME_BYTES = 64
};

enum progress api_courier(struct vault *vault, struct exchange *x)
{
	json_t *courier = vault->parts.courier(vault->parts.context);
	if (!courier) {
		answer_error(x, 503, "unavailable", "Nothing is known of the courier yet.");
		return PROGRESS_DONE;
	}
	return api_answer(x, 200, courier);
}

static bool is_name(const char *text)
{
	return *text && *text != '-' && strlen(text) < NAME_BYTES &&
	       text[strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789-")] == 0;
}

// The errand's number: random, so that it is nobody else's; JSON has no larger ones.
enum progress api_courier_test(struct vault *vault, struct exchange *x)
{
	uint64_t id;
	json_t *body = api_body(x);
	const char *name = body ? api_text(x, body, "destination") : NULL;
	if (name && !is_name(name)) {
		answer_error(x, 422, "invalid", "A destination's name is made of a-z, 0-9 and -.");
		name = NULL;
	}
	if (!name) {
		json_decref(body);
		return PROGRESS_DONE;
	}
	crypto_random(&id, sizeof id);
	id = (id & INT64_MAX) | 1;
	enum err err = vault->parts.courier_test(vault->parts.context, id, name);
	struct trail_entry note = note_begin(
		x, TRAIL_SYSTEM, TRAIL_ERRAND_TESTED, err ? TRAIL_FAILED : TRAIL_ALLOWED);
	note.detail = arena_text(x->arena, name);
	note_add(vault, x, &note);
	json_decref(body);
	if (err) {
		answer_error(x, 503, "unavailable", "Watch is not there; try again in a second.");
		return PROGRESS_DONE;
	}
	return api_answer(x, 202, json_pack("{s:I}", "id", (json_int_t)id));
}
