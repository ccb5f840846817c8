// keeper_in: what the files of the keeper share; nobody else includes it.
#pragma once

#include "guard/keeper.h"

const char *keeper_path(const struct keeper *keeper, const char *name, char ret_path[512]);
[[gnu::format(printf, 2, 3)]] void answer_refuse(
	struct ward_answer *answer, const char *format, ...);
[[gnu::format(printf, 2, 3)]] void answer_say(struct ward_answer *answer, const char *format, ...);
enum err keeper_save_blocks(struct keeper *keeper);
uint32_t block_seconds_left(const struct block *block, int64_t now_us);

// The rules of `zones`, with what this server needs; nothing changes when the kernel refuses.
enum err keeper_rules(
	struct keeper *keeper, const struct zones *zones, char ret_problem[FIREWALL_PROBLEM_BYTES]);
// What this server needs may have changed since the rules were made.
enum err keeper_renew(struct keeper *keeper, char ret_problem[FIREWALL_PROBLEM_BYTES]);
enum err keeper_read_zones(const char *path, struct zones *ret_zones, struct buf *text,
	char ret_problem[FIREWALL_PROBLEM_BYTES]);
// The zones before; whatever fails is tried again by the one who calls.
enum err keeper_undo(struct keeper *keeper, char ret_problem[FIREWALL_PROBLEM_BYTES]);

// The orders (keeper_block.c, keeper_zones.c).
void keeper_block(
	struct keeper *keeper, const struct ward_order *order, struct ward_answer *answer);
void keeper_unblock(
	struct keeper *keeper, const struct ward_order *order, struct ward_answer *answer);
void keeper_apply(
	struct keeper *keeper, const struct ward_order *order, struct ward_answer *answer);
void keeper_confirm(struct keeper *keeper, struct ward_answer *answer);
void keeper_rollback(struct keeper *keeper, struct ward_answer *answer);
