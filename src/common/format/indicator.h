// indicator: what somebody says is a sign of an attack, in one shape whatever format it came in,
// and the one spelling under which it is kept and looked for.
//
// Texts are borrowed: they live as long as the call that hands the indicator over. Pure.
#pragma once

#include "common/base/bytes.h"
#include "common/format/prefix.h"

enum observable {
	OBSERVABLE_ADDRESS, // one, or a range
	OBSERVABLE_DOMAIN,  // and everything below it
	OBSERVABLE_URL,
	OBSERVABLE_HASH,       // MD5, SHA-1, SHA-256, SHA-512 in lower case
	OBSERVABLE_AGENT,      // a user agent: the whole of it
	OBSERVABLE_AGENT_PART, // what a user agent contains
	OBSERVABLES
};

// How far something may go on (Traffic Light Protocol 2.0); the later the closer kept.
enum tlp {
	TLP_NONE, // nobody said
	TLP_CLEAR,
	TLP_GREEN,
	TLP_AMBER,
	TLP_AMBER_STRICT,
	TLP_RED,
	TLPS
};

enum {
	INDICATOR_VALUE_BYTES = 1024, // with the NUL, as the others
	INDICATOR_ID_BYTES = 100,
	INDICATOR_NAME_BYTES = 200,
	INDICATOR_AGENT_PART = 5, // letters at least: less matches everybody
	INDICATOR_SURE_UNKNOWN = -1
};

struct indicator {
	enum observable kind;
	char value[INDICATOR_VALUE_BYTES]; // in its one spelling
	struct prefix prefix;              // of an address
	char id[INDICATOR_ID_BYTES];       // of its maker, or ""
	char name[INDICATOR_NAME_BYTES];   // in words, or ""
	char author[INDICATOR_ID_BYTES];   // or ""
	enum tlp tlp;
	int sure; // 0 to 100, or INDICATOR_SURE_UNKNOWN
	bool revoked;
	int64_t since_us, until_us; // 0: nobody said
};

// Where a parser brings what it reads; and what it leaves out, with its id and why.
struct indicator_taker {
	void (*take)(void *context, const struct indicator *indicator);
	void (*left)(void *context, const char *id, const char *why);
	void *context;
};

const char *observable_text(enum observable kind); // "address"
int observable_find(const char *text);             // or -1
const char *tlp_text(enum tlp tlp);                // "amber+strict"
enum tlp tlp_find(const char *text);               // any case, with or without "tlp:"; or none
// Puts the one spelling of `text` into the indicator. ERR_SYNTAX for what is no such thing,
// ERR_LIMIT for what is too long, ERR_INVALID for what would match everybody (a range shorter than
// /8 or /16 of IPv6, a domain of one label, four letters of a user agent).
enum err indicator_set(struct indicator *indicator, enum observable kind, struct bytes text);
// Finds out what it is: an address or range, a URL, a hash, a domain. ERR_SYNTAX.
enum err indicator_guess(struct indicator *indicator, struct bytes text);
// Copies what fits, without control characters.
void indicator_words(char *ret, size_t room, const char *text);
// The host of a URL in its one spelling: a part of it. Empty when there is none.
struct bytes indicator_host(const char *url);
