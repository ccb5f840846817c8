// zones: the zones file as a checked structure: who is where, what may pass between them, what must
// never be blocked. Pure: text in, structure or a problem with its line out (docs/network.md has
// the file's words). What comes out is safe to be written into a ruleset: names hold no quote,
// interfaces no blank, every number is within its bounds.
#pragma once

#include "common/base/bytes.h"
#include "common/format/prefix.h"
#include "common/format/yaml_read.h"

enum {
	ZONES_MOST = 32,
	ZONES_PREFIXES = 64,   // in one zone
	ZONES_INTERFACES = 16, // in one zone
	ZONES_FLOWS = 256,
	ZONES_PORTS = 32, // of one flow and protocol
	ZONES_KEPT = 256, // addresses that are never blocked
	ZONES_REACH = 64,
	ZONES_NAME_BYTES = 60,
	ZONES_WHY_BYTES = 120,
	ZONES_ANY = -1, // as a flow's end: anybody
	ZONES_FILE_BYTES = 256 * 1024,
};

struct zone {
	char name[ZONES_NAME_BYTES + 1];
	struct prefix prefixes[ZONES_PREFIXES];
	size_t prefix_count;
	char interfaces[ZONES_INTERFACES][16];
	size_t interface_count;
};

struct ports {
	struct {
		uint16_t from, to;
	} ranges[ZONES_PORTS];
	size_t count;
};

struct flow {
	char name[ZONES_NAME_BYTES + 1], why[ZONES_WHY_BYTES + 1];
	int from, to; // indices of zones, or ZONES_ANY
	struct ports tcp, udp;
	bool ping; // echo requests
	bool both; // also the other way round
};

// What must never be blocked. A lifeline is more: whatever comes from and goes to it passes the
// blocks, also where the other end is blocked.
struct kept {
	struct prefix prefix;
	char why[ZONES_WHY_BYTES + 1];
	bool lifeline;
};

struct zones {
	bool deny;          // what no flow allows between zones
	bool clear_at_stop; // remove the table when guard is stopped in order
	uint32_t longest_s; // no block is longer
	struct zone zones[ZONES_MOST];
	size_t zone_count;
	struct flow flows[ZONES_FLOWS];
	size_t flow_count;
	struct kept kept[ZONES_KEPT];
	size_t kept_count;
	struct prefix reach[ZONES_REACH]; // what a quarantined host still reaches
	size_t reach_count;
};

void zones_init(struct zones *zones); // none, nothing denied, blocks of a day at most
// ERR_SYNTAX, ERR_INVALID, ERR_LIMIT; zones is unchanged then.
enum err zones_parse(struct bytes text, struct zones *ret_zones, struct yaml_fault *fault);
// Why a block of this prefix is refused, or NULL; into `ret_why` goes the sentence.
bool zones_keep(const struct zones *zones, const struct prefix *prefix, char ret_why[240]);
// "90", "90s", "5m", "1h", "2d" into seconds; 0 when it is not a time.
uint32_t zones_seconds(const char *text);
