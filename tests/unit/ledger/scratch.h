// scratch: a folder for one test, and a ledger in it.
#pragma once

#include "vault/ledger/ledger.h"
#include "vault/ledger/verify.h"

struct scratch {
	char dir[64], trail[96], witness[96];
	struct ledger_options options;
	char vkey[NOTE_VKEY_BYTES];
};

void scratch_make(struct scratch *scratch);
void scratch_remove(struct scratch *scratch);
struct ledger *scratch_open(struct scratch *scratch);                              // fails the test
enum err scratch_try(struct scratch *scratch, struct ledger_problem *ret_problem); // opens, closes
// Appends `count` reads of Patient/p<seq % 10> by actor-<seq % 3>; durable when it returns.
void scratch_fill(struct ledger *ledger, unsigned count);
struct verify_report scratch_verify(const struct scratch *scratch);

void scratch_file_read(const char *dir, const char *name, struct buf *ret_bytes);
void scratch_file_write(const char *dir, const char *name, struct bytes bytes);
void copy_tree(const char *from, const char *to);
