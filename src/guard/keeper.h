// keeper: carries out orders, or refuses them with a sentence. What always holds:
//
// - Nothing that must never be blocked is: the file's list, and what this server needs of the
// network
//   (network.h), asked anew for each block.
// - Every block ends: in the kernel by itself, at the time that the order says, and never later
// than
//   the zones file's longest block.
// - Zones that were applied and not confirmed in time are undone, also when guard is killed
// between:
//   whatever waits for its confirmation at start is undone.
// - What is in force is in STATE/guard: `confirmed.yaml`, `pending.yaml`, `blocks`.
// - Where nothing was asked (no zones file, no block), there is no table: the first order makes it.
// No loop and no log: who calls asks what happened.
#pragma once

#include "guard/blocks.h"
#include "guard/firewall.h"

struct keeper {
	char dir[480], source[480]; // STATE/guard; the zones file, or ""
	struct firewall *firewall;
	bool keep_nothing;     // only for the test that shows what the never-block list prevents
	struct zones zones;    // in force, with what this server needs
	struct zones previous; // while others wait for their confirmation
	bool waiting;
	bool idle;          // nothing was ever asked here: there is no table of ours
	int64_t undo_at_us; // monotonic; when waiting
	struct blocks blocks;
	char unable[FIREWALL_PROBLEM_BYTES]; // why nothing can be carried out; "" when it can
	int64_t minute;
	unsigned in_minute;                         // blocks ordered in it
	struct firewall_line lines[FIREWALL_LINES]; // as the kernel showed them last
	size_t line_count;
};

// Undoes what was not confirmed, sets up the table, puts back the blocks. Whatever is wrong with
// the firewall is left in `unable`: then every order is refused with it. `ret_notes` gets what a
// person should know, one sentence a line. ERR_IO: the state cannot be read. `keeper`
// is {0} but for `keep_nothing`.
enum err keeper_open(
	struct keeper *keeper, const char *dir, const char *source, struct buf *ret_notes);
// In order: the table stays, unless the zones file says otherwise.
void keeper_close(struct keeper *keeper);

void keeper_order(
	struct keeper *keeper, const struct ward_order *order, struct ward_answer *ret_answer);
// What is blocked and counted, beginning with number `from`; gives where to go on, or 0 at the end.
size_t keeper_counters(struct keeper *keeper, size_t from, struct ward_counters *ret_counters);
// Reads the kernel, so that keeper_counters() tells what is.
enum err keeper_refresh(struct keeper *keeper);
// What ended by itself since: true and an EXPIRED, until false.
bool keeper_expired(struct keeper *keeper, struct ward_answer *ret_answer);
