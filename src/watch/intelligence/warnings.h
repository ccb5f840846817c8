// warnings: lists of what must not be taken for a sign of an attack: the hospital's own networks,
// private ranges, resolvers that everybody uses, the largest domains.
//
// Lists are MISP's (common/format/misp.h). An indicator is on a list when matching it would hit
// what the list names: a range that contains or lies within a listed one, a domain that is listed
// or above a listed one (or below one that begins with a dot), the host of a URL. Added to, then
// made ready, then read.
#pragma once

#include "common/format/indicator.h"

struct warnings;

enum {
	WARNINGS_LISTS = 100,
	WARNINGS_SUBSTRINGS = 1000
};

struct warnings *warnings_new(void);
void warnings_free(struct warnings *warnings); // NULL is fine
// One list as MISP writes it. ERR_SYNTAX, ERR_INVALID, ERR_UNSUPPORTED, ERR_LIMIT.
enum err warnings_add(struct warnings *warnings, struct bytes json);
// A range of our own, under a list's name.
void warnings_add_own(struct warnings *warnings, const struct prefix *prefix, const char *name);
void warnings_ready(struct warnings *warnings);
// The name of the list, or NULL.
const char *warnings_find(const struct warnings *warnings, const struct indicator *indicator);
size_t warnings_count(const struct warnings *warnings); // lists
const char *warnings_name(const struct warnings *warnings, size_t list);
