// sandbox: how a role confines itself, as the first thing it does.
//
// no_new_privs, no core dump, no swapping, not traceable by its user, no capability, Landlock
// (files it may touch; no TCP, but to the ports that are named), seccomp (calls it may make). Where
// the kernel lacks one of these the report says so, and the role's first log line repeats it. After
// sandbox_enter() nothing can be undone, by design of the kernel.
#pragma once

#include "common/base/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum sandbox_access {
	SANDBOX_READ = 1,  // files and folders below the path
	SANDBOX_WRITE = 2, // also make, change, rename and remove below it
	SANDBOX_EXECUTE = 4,
};

struct sandbox_path {
	const char *path; // one that does not exist is left out
	unsigned access;
};

struct sandbox {
	const struct sandbox_path *paths;
	size_t path_count;
	const char *const *calls; // names of the system calls allowed; NULL-ended
	const int *families;   // of the sockets that may be made (AF_…), ended by 0; NULL: none
	const uint16_t *ports; // of TCP, to which it may connect; by kernels that know how
	size_t port_count;
	const char *keeps; // what it is left with, for its first line; NULL: "no capabilities"
	bool keep_exec;    // the profile is for a program that is executed next (nginx)
};

struct sandbox_report {
	char missing[256]; // what the kernel lacks, in words; "" when everything holds
	char words[480];   // all of it, as a role's first log line
	int landlock_abi;  // 0 when there is none
	bool seccomp;
};

// ERR_IO when the kernel has a mechanism and refuses it: then the role must not start, and of the
// report only `words` is there, which say so.
enum err sandbox_enter(const struct sandbox *sandbox, struct sandbox_report *ret_report);

// Runs as that user and group from now on, without supplementary groups or capabilities. For the
// parent's children, before they execute the role.
enum err sandbox_become(const char *user);
// The same, and one capability (CAP_…) goes with it through the next exec, as an ambient one. The
// caller must have it permitted; where it has not, the role starts without: OK all the same, for
// the role itself says what it lacks.
enum err sandbox_become_with(const char *user, int capability);
bool sandbox_has_capability(int capability); // of this process, in effect

// Calls that every role of ours needs (memory, threads, descriptors it has, time, exit). A role's
// own list is appended by sandbox_enter().
extern const char *const sandbox_common_calls[];
