// talk: one request to the server and its JSON answer, with errors said to the person.
#pragma once

#include "cli/cli.h"
#include "cli/client.h"

// Asks; on success *ret_json is the answer (json_decref), or NULL when it has no body. Otherwise
// says on standard error what was wrong. Returns an exit status.
int talk(const struct invocation *invocation, const struct client_ask *ask, json_t **ret_json);
// Prints an answer as it is, for --json.
void print_json(const json_t *json);
const char *json_word(const json_t *object, const char *key); // a text, or ""
