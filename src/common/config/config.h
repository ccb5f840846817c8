// config: what an administrator may set, from hospitaller.yaml and the command line.
//
// One table describes every option; its help, `hospitaller config` and the man page are made from
// it. Unknown keys and values that do not fit are refused with file and line.
#pragma once

#include "common/base/arena.h"
#include "common/base/err.h"

#include <stdbool.h>
#include <stddef.h>

struct config {
	const char *state;                         // folder of everything that is kept
	const char *listen;                        // "[::]:8443" or "0.0.0.0:8443"
	const char *base;                          // public address of /fhir; or empty
	const char *name;                          // of the hospital, shown to people
	const char *certificate, *certificate_key; // PEM; empty: made at first start
	const char *tls;                           // least version: "1.3" or "1.2"
	const char *workers;                       // of the gate; "auto" or a number
	const char *passphrase; // file that unlocks the keys; empty: made at first start
	const char *witness;    // file outside the state that keeps the last checkpoint; or empty
	const char *console;    // folder of the built console
	const char *rules;      // folder of rules/
	const char *modules;    // folder of the gate's nginx module
	const char *nginx;      // the program
	const char *zones;      // file of the network's zones; or empty
	// The file that names where the courier may go.
	const char *destinations;
	const char *test; // switches off what a test wants to see missing; see config.c
};

enum {
	CONFIG_VALUE_BYTES = 400
};

struct config_option {
	const char *key;
	size_t offset;                           // into struct config, of a const char *
	const char *value;                       // when nothing is said
	const char *help;                        // one sentence
	const char *(*wrong)(const char *value); // why a value is refused, or NULL
};
extern const struct config_option config_options[];
extern const size_t config_option_count;

struct config_problem {
	unsigned line;
	char text[240];
};

void config_defaults(struct config *config);
// `path` may be missing only when `optional`. Texts live in the arena.
enum err config_read(struct config *config, const char *path, bool optional, struct arena *arena,
	struct config_problem *ret_problem); // five, for there is no struct worth naming here
enum err config_set(struct config *config, const char *key, const char *value,
	struct config_problem *ret_problem);
bool config_test(const struct config *config, const char *what); // is this switched off for a test?
