// misp: what MISP hands out as JSON: events, the manifest of a feed, and warning lists.
//
// Of an event are used the attributes with to_ids, those of its objects too, of the types that can
// be matched (addresses, domains, host names, URLs, hashes, user agents and their pairs,
// "ip|port"); others with to_ids are told with their uuid. An attribute's timestamp is since when;
// its TLP is its own tag's or the event's, the strictest; so is "misp:confidence-level". Pure.
#pragma once

#include "common/format/indicator.h"
#include "common/format/json.h"

enum {
	MISP_BYTES = 32 * 1024 * 1024,
	MISP_EVENTS = 20000,   // of a manifest
	MISP_WARNINGS = 200000 // entries of a warning list
};

// An event, alone or as {"Event": …} or {"response": [ … ]}. ERR_SYNTAX, ERR_INVALID, ERR_LIMIT:
// nothing was taken.
enum err misp_event(struct bytes text, const struct indicator_taker *taker);

// The manifest of a feed: its events with when they changed last (seconds since 1970).
typedef void misp_event_row(void *context, const char *uuid, int64_t changed_s);
enum err misp_manifest(struct bytes text, misp_event_row *row, void *context);

enum misp_warning {
	MISP_CIDR,
	MISP_HOSTNAME, // itself; with a dot before it, everything below
	MISP_STRING,
	MISP_SUBSTRING,
	MISP_WARNINGS_KINDS
};
struct misp_warnings {
	char name[INDICATOR_NAME_BYTES];
	enum misp_warning kind;
};
typedef void misp_warning_row(void *context, const struct misp_warnings *list, const char *text);
// ERR_UNSUPPORTED for lists of regular expressions.
enum err misp_warning_list(struct bytes text, misp_warning_row *row, void *context);
