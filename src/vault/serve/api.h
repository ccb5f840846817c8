// api: what the handlers of /api share: reading their small bodies and writing their shapes.
#pragma once

#include "vault/identity/identity.h"
#include "vault/serve/handlers.h"
#include "vault/serve/who.h"

// The body as an object of at most 16 KiB. NULL: answered.
json_t *api_body(struct exchange *exchange);
// A text of the body; NULL: answered that it is missing (or, with optional, simply NULL).
const char *api_text(struct exchange *exchange, const json_t *body, const char *key);

// A finding as watch tells it: people in it get their names back, as far as the caller may see
// them.
void finding_join(struct vault *vault, struct exchange *exchange, json_t *finding);

json_t *account_json(const struct account *account);
json_t *session_json(const struct exchange *exchange, const struct session *session);
// Adds a time as text, or nothing for 0.
void set_time(json_t *json, const char *key, int64_t at_us);
// Has exchange->job hashed by a worker; the handler is called again afterwards.
enum progress api_hash(struct vault *vault, struct exchange *exchange, worker_run *run);
// Answers and drops the reference.
enum progress api_answer(struct exchange *exchange, uint16_t status, json_t *json);
