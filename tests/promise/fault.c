// fault: makes syncs slow or failing, for the promises about them. Preloaded into the server by
// tests; what it does is told by files in the trail's folder, which the vault may look at.
//   fault-delay   every fdatasync takes two seconds
//   fault-eio     every fdatasync and fsync fails with EIO
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

static int told(const char *what)
{
	char path[600];
	const char *dir = getenv("FAULT_DIR");
	if (!dir)
		return 0;
	snprintf(path, sizeof path, "%s/%s", dir, what);
	return access(path, F_OK) == 0;
}

static int faulty(const char *name, int fd)
{
	int (*real)(int) = (int (*)(int))dlsym(RTLD_NEXT, name);
	if (told("fault-eio")) {
		errno = EIO;
		return -1;
	}
	if (told("fault-delay"))
		nanosleep(&(struct timespec){.tv_sec = 2}, NULL);
	return real(fd);
}

int fdatasync(int fd)
{
	return faulty("fdatasync", fd);
}

int fsync(int fd)
{
	return faulty("fsync", fd);
}
