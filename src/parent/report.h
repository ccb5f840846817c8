// report: what the kernel says of a role, as a line for the vault to show.
#pragma once

#include "common/base/bytes.h"
#include "parent/child.h"

// Appends: name pid state since_us restarts user rss_kib seccomp no_new_privs caps landlock.
void report_child(const struct child *child, pid_t pid, struct buf *out);
