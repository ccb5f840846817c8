#include "parent/report.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static void status_field(const char *text, const char *key, char *ret, size_t room)
{
	const char *at = strstr(text, key);
	ret[0] = 0;
	if (!at)
		return;
	at += strlen(key);
	at += strspn(at, ": \t");
	size_t length = strcspn(at, " \n\t");
	snprintf(ret, room, "%.*s", (int)(length < room ? length : room - 1), at);
}

void report_child(const struct child *child, pid_t pid, struct buf *out)
{
	static const char *const states[] = {"down", "starting", "ready"};
	char path[64], text[4096] = "", rss[24], seccomp[8], nnp[8], caps[24];
	snprintf(path, sizeof path, "/proc/%d/status", (int)pid);
	int fd = pid ? open(path, O_RDONLY | O_CLOEXEC) : -1;
	if (fd >= 0) {
		ssize_t got = read(fd, text, sizeof text - 1);
		close(fd);
		text[got > 0 ? got : 0] = 0;
	}
	status_field(text, "VmRSS", rss, sizeof rss);
	status_field(text, "Seccomp", seccomp, sizeof seccomp);
	status_field(text, "NoNewPrivs", nnp, sizeof nnp);
	status_field(text, "CapEff", caps, sizeof caps);
	buf_printf(out, "%s %d %s %lld %u %s %s %s %s %s %u\n", child->name, (int)pid,
		states[child->state], (long long)child->since_us, child->restarts, child->user,
		*rss ? rss : "0", *seccomp ? seccomp : "0", *nnp ? nnp : "0", *caps ? caps : "-",
		child->landlock);
}
