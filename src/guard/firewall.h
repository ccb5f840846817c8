// firewall: the kernel's nftables through libnftables: one transaction of text made by ruleset, and
// the table read back. The only file that knows libnftables.
#pragma once

#include "common/base/bytes.h"
#include "common/format/prefix.h"

struct firewall;

enum firewall_kind {
	FIREWALL_BLOCK = 1,
	FIREWALL_QUARANTINE,
	FIREWALL_FLOW,
	FIREWALL_DENIED,
	FIREWALL_KNOCK,
};

// One line of what is there: an element of a set, all rules of one name together, or all that one
// host was refused (its `name` is then where most went).
struct firewall_line {
	enum firewall_kind kind;
	struct prefix prefix;
	uint32_t seconds; // that remain
	uint64_t packets, bytes;
	char name[80];    // of a flow or zone
	uint32_t places;  // of a knock: different ports of different hosts
	uint64_t busiest; // packets at the place that is its name
};

enum {
	FIREWALL_PROBLEM_BYTES = 240,
	FIREWALL_LINES = 8192,
	FIREWALL_KNOCKERS = 256 // hosts; of more, whatever they knock at, nothing is told
};

enum err firewall_open(struct firewall **ret_firewall);
void firewall_close(struct firewall *firewall); // what is in the kernel stays
// All of it or nothing. ERR_IO: the kernel or the library says why in `ret_problem`, one line.
enum err firewall_run(struct firewall *firewall, const struct buf *text,
	char ret_problem[FIREWALL_PROBLEM_BYTES]);
// What the table holds. `lines` has room for FIREWALL_LINES; what is beyond is left out.
enum err firewall_list(
	struct firewall *firewall, struct firewall_line *ret_lines, size_t *ret_count);
// The same, of JSON as the library gives it; for itself and its test.
enum err firewall_lines_of(struct bytes json, struct firewall_line *ret_lines, size_t *ret_count);
