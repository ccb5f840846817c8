// talk: one request to the server and its JSON answer, with errors said to the person.
#pragma once

#include "cli/cli.h"
#include "cli/client.h"

struct trouble {
	int status;         // the exit status
	char code[40];      // for programs
	char message[1024]; // for people
};

// Asks; on success *ret_json is the answer (json_decref), or NULL when it has no body. Otherwise
// says what was wrong. Returns an exit status.
int talk(const struct invocation *invocation, const struct client_ask *ask, json_t **ret_json);
// The same, and says nothing: what was wrong is in ret_trouble.
int talk_quietly(const struct invocation *invocation, const struct client_ask *ask,
	json_t **ret_json, struct trouble *ret_trouble);
// Asks, and prints the answer: as it is with --json, else by `show`, which may be NULL.
int talk_and_show(const struct invocation *invocation, const struct client_ask *ask,
	void (*show)(const json_t *answer));
// For people: without whatever would do more on their terminal than stand there (text_tame()).
void talk_tame(json_t *answer);
// Prints an answer for programs, --json: the same, and safe on a terminal.
void print_json(const json_t *json);
const char *json_word(const json_t *object, const char *key); // a text, or ""
