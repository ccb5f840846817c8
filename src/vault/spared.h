// spared: whom and what no playbook touches, and how much they may do in an hour, from
// rules/playbooks/never-touch.yaml. Read anew before each act, so that a line counts as soon as it
// is written; a file that cannot be read spares everybody.
#pragma once

#include "common/base/bytes.h"
#include "common/format/prefix.h"

enum {
	SPARED_MOST = 500
};

struct spared {
	const char *accounts[SPARED_MOST], *roles[SPARED_MOST], *patients[SPARED_MOST];
	size_t account_count, role_count, patient_count;
	struct prefix addresses[SPARED_MOST];
	size_t address_count;
	unsigned an_hour, by_itself, by_itself_account;
};

struct spared_problem {
	unsigned line;
	char text[160];
};

// Pure: the file as a structure in the arena.
enum err spared_parse(struct bytes text, struct arena *arena, struct spared *ret,
	struct spared_problem *ret_problem);
enum err spared_load(const char *path, struct arena *arena, struct spared *ret,
	struct spared_problem *ret_problem);
bool spared_has(const char *const *list, size_t count, const char *text);
bool spared_address(const struct spared *spared, const struct prefix *prefix);
