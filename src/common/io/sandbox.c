#include "common/io/sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <linux/landlock.h>
#include <pwd.h>
#include <seccomp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

// Newer than the headers of the oldest Debian we build on; the kernel is asked what it has.
#ifndef LANDLOCK_ACCESS_FS_REFER
#define LANDLOCK_ACCESS_FS_REFER (1ULL << 13)
#endif
#ifndef LANDLOCK_ACCESS_FS_TRUNCATE
#define LANDLOCK_ACCESS_FS_TRUNCATE (1ULL << 14)
#endif

struct ruleset_attr { // of ABI 4 and later: files and TCP
	uint64_t files, net;
};

static const uint64_t read_access = LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR;
static const uint64_t write_access =
	LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_REMOVE_FILE |
	LANDLOCK_ACCESS_FS_REMOVE_DIR | LANDLOCK_ACCESS_FS_MAKE_REG | LANDLOCK_ACCESS_FS_MAKE_DIR |
	LANDLOCK_ACCESS_FS_TRUNCATE | LANDLOCK_ACCESS_FS_REFER;

const char *const sandbox_common_calls[] = {"read", "readv", "write", "writev", "pread64",
	"pwrite64", "close", "close_range", "fstat", "newfstatat", "stat", "lstat", "statx",
	"lseek", "mmap", "munmap", "mprotect", "mremap", "madvise", "brk", "futex", "rt_sigaction",
	"rt_sigprocmask", "rt_sigreturn", "sigaltstack", "epoll_create1", "epoll_ctl", "epoll_wait",
	"epoll_pwait", "epoll_pwait2", "poll", "ppoll", "recvmsg", "recvfrom", "sendmsg", "sendto",
	"getsockopt", "getpid", "gettid", "getuid", "geteuid", "getgid", "getegid", "clock_gettime",
	"clock_getres", "clock_nanosleep", "nanosleep", "gettimeofday", "getrandom", "exit",
	"exit_group", "fcntl", "ioctl", "eventfd2", "pipe2", "timerfd_create", "timerfd_settime",
	"restart_syscall", "sched_yield", "sched_getaffinity", "clone", "clone3", "set_robust_list",
	"rseq", "prlimit64", "tgkill", "uname", "sysinfo", "getrusage", "membarrier", "socketpair",
	"dup", "dup2", "dup3", "accept4", "shutdown", "prctl", "getcpu", NULL};

// Without libcap, which the roles do not need otherwise.
static enum err capabilities(struct __user_cap_data_struct data[2], bool set)
{
	struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
	return syscall(set ? SYS_capset : SYS_capget, &header, data) == 0 ? OK : ERR_IO;
}

bool sandbox_has_capability(int capability)
{
	struct __user_cap_data_struct data[2] = {0};
	return capabilities(data, false) == OK &&
	       data[capability / 32].effective >> (capability % 32) & 1;
}

enum err sandbox_become_with(const char *user, int capability)
{
	struct __user_cap_data_struct has[2] = {0}, only[2] = {0};
	uint32_t bit = 1u << (capability % 32);
	struct __user_cap_data_struct *part = &only[capability / 32];
	if (capabilities(has, false) || prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0) != 0)
		return ERR_IO;
	enum err err = sandbox_become(user);
	if (!err && has[capability / 32].permitted & bit)
		part->permitted = part->effective = part->inheritable = bit;
	if (!err)
		err = capabilities(only, true);
	if (!err && part->permitted &&
		prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, capability, 0, 0) != 0)
		err = ERR_IO;
	return err;
}

enum err sandbox_become(const char *user)
{
	struct passwd *entry = getpwnam(user);
	if (!entry)
		return ERR_NOT_FOUND;
	if (setgroups(0, NULL) != 0 ||
		setresgid(entry->pw_gid, entry->pw_gid, entry->pw_gid) != 0 ||
		setresuid(entry->pw_uid, entry->pw_uid, entry->pw_uid) != 0)
		return ERR_IO;
	return OK;
}

static uint64_t known_to(int abi)
{
	uint64_t all = (1ULL << 13) - 1; // of ABI 1
	if (abi >= 2)
		all |= LANDLOCK_ACCESS_FS_REFER;
	if (abi >= 3)
		all |= LANDLOCK_ACCESS_FS_TRUNCATE;
	return all;
}

static enum err allow_path(int ruleset, const struct sandbox_path *path, uint64_t handled)
{
	struct landlock_path_beneath_attr rule = {0};
	struct stat stat;
	if (path->access & SANDBOX_READ)
		rule.allowed_access |= read_access;
	if (path->access & SANDBOX_WRITE)
		rule.allowed_access |= write_access;
	if (path->access & SANDBOX_EXECUTE)
		rule.allowed_access |= LANDLOCK_ACCESS_FS_EXECUTE;
	rule.allowed_access &= handled;
	int fd = open(path->path, O_PATH | O_CLOEXEC);
	if (fd < 0)
		return errno == ENOENT ? OK : ERR_IO;
	if (fstat(fd, &stat) == 0 && !S_ISDIR(stat.st_mode)) // a file takes only a file's rights
		rule.allowed_access &= LANDLOCK_ACCESS_FS_READ_FILE |
				       LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_EXECUTE |
				       LANDLOCK_ACCESS_FS_TRUNCATE;
	rule.parent_fd = fd;
	long result = syscall(SYS_landlock_add_rule, ruleset, LANDLOCK_RULE_PATH_BENEATH, &rule, 0);
	close(fd);
	return result == 0 ? OK : ERR_IO;
}

// As of ABI 4; older headers have no name for it.
static enum err allow_port(int ruleset, uint16_t port)
{
	const struct {
		uint64_t access, port;
	} rule = {2, port}; // connecting
	return syscall(SYS_landlock_add_rule, ruleset, 2, &rule, 0) == 0 ? OK : ERR_IO;
}

static enum err landlock(const struct sandbox *sandbox, int abi)
{
	struct ruleset_attr attr = {.files = known_to(abi), .net = abi >= 4 ? 3 : 0};
	size_t size = abi >= 4 ? sizeof attr : sizeof attr.files;
	int ruleset = (int)syscall(SYS_landlock_create_ruleset, &attr, size, 0);
	if (ruleset < 0)
		return ERR_IO;
	enum err err = OK;
	for (size_t i = 0; i < sandbox->path_count && !err; i++)
		err = allow_path(ruleset, &sandbox->paths[i], attr.files);
	for (size_t i = 0; i < sandbox->port_count && !err && abi >= 4; i++)
		err = allow_port(ruleset, sandbox->ports[i]);
	if (!err && syscall(SYS_landlock_restrict_self, ruleset, 0) != 0)
		err = ERR_IO;
	close(ruleset);
	return err;
}

static enum err allow_calls(scmp_filter_ctx filter, const char *const *names)
{
	for (; names && *names; names++) {
		int number = seccomp_syscall_resolve_name(*names);
		if (number == __NR_SCMP_ERROR)
			continue; // older or other machines do not have every call
		if (seccomp_rule_add(filter, SCMP_ACT_ALLOW, number, 0) != 0)
			return ERR_IO;
	}
	return OK;
}

static enum err allow_sockets(scmp_filter_ctx filter, const int *families)
{
	int number = seccomp_syscall_resolve_name("socket");
	for (; families && *families; families++) {
		const struct scmp_arg_cmp same =
			SCMP_A0_32(SCMP_CMP_EQ, (scmp_datum_t)*families, 0);
		if (seccomp_rule_add(filter, SCMP_ACT_ALLOW, number, 1, same) != 0)
			return ERR_IO;
	}
	return OK;
}

// A call that is not allowed fails with EPERM where nobody asked for it, and ends the process for
// the ones that only an attacker wants.
static enum err filter_calls(const struct sandbox *sandbox)
{
	static const char *const fatal[] = {"execve", "execveat", "ptrace", "process_vm_readv",
		"process_vm_writev", "mount", "bpf", "kexec_load", "init_module", "finit_module",
		"setuid", "setgid", "setresuid", "setresgid", "keyctl", "userfaultfd", NULL};
	scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ERRNO(EPERM));
	if (!filter)
		return ERR_IO;
	enum err err = allow_calls(filter, sandbox_common_calls);
	if (!err)
		err = allow_calls(filter, sandbox->calls);
	if (!err)
		err = allow_sockets(filter, sandbox->families);
	for (size_t i = 0; fatal[i] && !err; i++) {
		int number = seccomp_syscall_resolve_name(fatal[i]);
		if (number != __NR_SCMP_ERROR &&
			seccomp_rule_add(filter, SCMP_ACT_KILL_PROCESS, number, 0) != 0)
			err = ERR_IO;
	}
	if (!err && seccomp_load(filter) != 0)
		err = ERR_IO;
	seccomp_release(filter);
	return err;
}

static void lack(struct sandbox_report *report, const char *words)
{
	size_t at = strlen(report->missing);
	snprintf(report->missing + at, sizeof report->missing - at, "%s%s", at ? "; " : "", words);
}

// Keys and records are in this memory: none of it goes to a swap device. Pages are locked when they
// are used, so nothing is taken that is not needed. The parent lifts the limit while it may.
static void stay_in_memory(struct sandbox_report *report)
{
	struct rlimit limit;
	if (getrlimit(RLIMIT_MEMLOCK, &limit) != 0 || limit.rlim_cur != RLIM_INFINITY ||
		mlockall(MCL_CURRENT | MCL_FUTURE | MCL_ONFAULT) != 0)
		lack(report, "memory may be swapped out");
}

static bool reaches_internet(const struct sandbox *sandbox)
{
	for (const int *family = sandbox->families; family && *family; family++)
		if (*family == AF_INET || *family == AF_INET6)
			return true;
	return false;
}

static const char *family_text(int family)
{
	return family == AF_INET      ? "IPv4"
	       : family == AF_INET6   ? "IPv6"
	       : family == AF_NETLINK ? "netlink"
				      : "other";
}

static void put_words(const struct sandbox *sandbox, struct sandbox_report *report)
{
	char sockets[80] = "";
	size_t at = 0;
	for (const int *family = sandbox->families; family && *family && at < 60; family++)
		at += (size_t)snprintf(sockets + at, sizeof sockets - at, "%s%s", at ? ", " : " (",
			family_text(*family));
	if (at)
		snprintf(sockets + at, sizeof sockets - at, " sockets alone)");
	snprintf(report->words, sizeof report->words, "confined: %s%s%sLandlock %d, %s%s%s",
		report->seccomp ? "seccomp" : "", report->seccomp ? sockets : "",
		report->seccomp ? ", " : "", report->landlock_abi,
		sandbox->keeps ? sandbox->keeps : "no capabilities",
		*report->missing ? "; lacking: " : "", report->missing);
}

// The leak check stops the process from outside, as a debugger does, which no role allows. Only the
// builds with sanitizers know this way out; nobody runs a hospital with them.
static bool stays_open(void)
{
#ifdef SANDBOX_MAY_STAY_OPEN
	return getenv("HOSPITALLER_UNCONFINED") != NULL;
#else
	return false;
#endif
}

static enum err enter(const struct sandbox *sandbox, struct sandbox_report *ret_report)
{
	struct sandbox_report report = {0};
	const struct rlimit none = {0, 0};
	if (stays_open()) {
		lack(&report, "everything: this is a test of a build with sanitizers");
		put_words(sandbox, &report);
		*ret_report = report;
		return OK;
	}
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 || setrlimit(RLIMIT_CORE, &none) != 0)
		return ERR_IO;
	// What was handed over goes to no further program.
	(void)prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
	if (!sandbox->keep_exec && prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0)
		return ERR_IO;
	long abi = syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);
	report.landlock_abi = abi > 0 ? (int)abi : 0;
	if (abi <= 0)
		lack(&report, "this kernel has no Landlock");
	else if (landlock(sandbox, (int)abi))
		return ERR_IO;
	else if (abi < 4 && reaches_internet(sandbox))
		lack(&report, "this kernel's Landlock does not know ports");
	if (!sandbox->keep_exec) {
		stay_in_memory(&report);
		report.seccomp = true;
		enum err err = filter_calls(sandbox);
		if (err)
			return err;
	}
	put_words(sandbox, &report);
	*ret_report = report;
	return OK;
}

enum err sandbox_enter(const struct sandbox *sandbox, struct sandbox_report *ret_report)
{
	enum err err = enter(sandbox, ret_report);
	if (err)
		snprintf(ret_report->words, sizeof ret_report->words,
			"this role cannot be confined: %s", err_text(err));
	return err;
}
