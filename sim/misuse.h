// misuse: what staff do with records that is no work of theirs. Written from what people have been
// known to do, without any thought of how it might be noticed.
#pragma once

#include "schedule.h"

struct misuse_kind {
	enum why why;
	const char *help;
};
extern const struct misuse_kind misuse_kinds[];
extern const size_t misuse_kind_count;

void misuse_schedule(struct schedule *schedule);
// "snoop,vip", "all" or "none" as bits; 0 and a complaint on standard error for anything else.
int misuse_parse(const char *text, unsigned *ret_bits);
