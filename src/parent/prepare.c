#include "parent/prepare.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <netdb.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <sys/capability.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

// Who owns which part of the state; nobody reads another role's.
static const struct {
	const char *name, *user;
	mode_t mode;
} folders[] = {{"", "root", 0755}, {"run", "root", 0755}, {"keys", "hospitaller-vault", 0700},
	{"records", "hospitaller-vault", 0700}, {"trail", "hospitaller-vault", 0700},
	{"identity", "hospitaller-vault", 0700}, {"watch", "hospitaller-watch", 0700},
	{"gate", "hospitaller-gate", 0700}, {"courier", "hospitaller-courier", 0700},
	{"guard", "hospitaller-guard", 0700}};

enum err prepare_state(const struct config *config, char ret_problem[PREPARE_PROBLEM_BYTES])
{
	char path[512];
	for (size_t i = 0; i < sizeof folders / sizeof *folders; i++) {
		struct passwd *user = getpwnam(folders[i].user);
		if (!user) {
			snprintf(ret_problem, PREPARE_PROBLEM_BYTES,
				"there is no user '%s'; make it with: "
				"useradd --system --no-create-home --shell /usr/sbin/nologin %s",
				folders[i].user, folders[i].user);
			return ERR_NOT_FOUND;
		}
		snprintf(path, sizeof path, "%s/%s", config->state, folders[i].name);
		if ((mkdir(path, folders[i].mode) != 0 && errno != EEXIST) ||
			chown(path, user->pw_uid, user->pw_gid) != 0 ||
			chmod(path, folders[i].mode) != 0) {
			snprintf(ret_problem, PREPARE_PROBLEM_BYTES, "%.200s: %s", path,
				strerror(errno));
			return ERR_IO;
		}
	}
	return OK;
}

static bool split_address(const char *address, char host[128], char port[16])
{
	const char *colon = strrchr(address, ':');
	const char *from = address, *to = colon;
	if (!colon || strlen(colon + 1) >= 16)
		return false;
	if (*from == '[' && to[-1] == ']') {
		from++;
		to--;
	}
	if (to < from || to - from >= 128)
		return false;
	memcpy(host, from, (size_t)(to - from));
	host[to - from] = 0;
	strcpy(port, colon + 1);
	return true;
}

enum err prepare_listen(const char *address, int *ret_fd, char ret_problem[PREPARE_PROBLEM_BYTES])
{
	char host[128], port[16];
	const struct addrinfo hints = {.ai_socktype = SOCK_STREAM,
		.ai_flags = AI_PASSIVE | AI_NUMERICHOST | AI_NUMERICSERV};
	struct addrinfo *found = NULL;
	int one = 1;
	if (!split_address(address, host, port) ||
		getaddrinfo(*host ? host : NULL, port, &hints, &found) != 0) {
		snprintf(ret_problem, PREPARE_PROBLEM_BYTES, "'%s' is not an address and a port",
			address);
		return ERR_INVALID;
	}
	int fd = socket(found->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	bool fine = fd >= 0 && setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one) == 0 &&
		    bind(fd, found->ai_addr, found->ai_addrlen) == 0 && listen(fd, 1024) == 0;
	freeaddrinfo(found);
	if (!fine) {
		snprintf(ret_problem, PREPARE_PROBLEM_BYTES, "cannot listen at %s: %s", address,
			strerror(errno));
		if (fd >= 0)
			close(fd);
		return ERR_IO;
	}
	*ret_fd = fd;
	return OK;
}

enum err prepare_local(
	const struct config *config, int *ret_fd, char ret_problem[PREPARE_PROBLEM_BYTES])
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int size = snprintf(address.sun_path, sizeof address.sun_path, "%s/run/hospitaller.sock",
		config->state);
	if (size < 0 || (size_t)size >= sizeof address.sun_path) {
		snprintf(ret_problem, PREPARE_PROBLEM_BYTES,
			"the state folder's path is too long for a socket");
		return ERR_LIMIT;
	}
	(void)unlink(address.sun_path);
	struct group *group = getgrnam("hospitaller");
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	bool fine = fd >= 0 && bind(fd, (struct sockaddr *)&address, sizeof address) == 0 &&
		    chmod(address.sun_path, 0660) == 0 &&
		    chown(address.sun_path, 0, group ? group->gr_gid : 0) == 0 &&
		    listen(fd, 32) == 0;
	if (!fine) {
		snprintf(ret_problem, PREPARE_PROBLEM_BYTES, "%s: %s", address.sun_path,
			strerror(errno));
		if (fd >= 0)
			close(fd);
		return ERR_IO;
	}
	*ret_fd = fd;
	return OK;
}

enum err prepare_drop(void)
{
	const struct rlimit none = {RLIM_INFINITY, RLIM_INFINITY};
	(void)!setrlimit(
		RLIMIT_MEMLOCK, &none); // where it may not, the roles say that they may be swapped
	// The last is for guard: never in effect here, and left out where we have not got it.
	static const cap_value_t kept[] = {CAP_SETUID, CAP_SETGID, CAP_KILL, CAP_NET_ADMIN};
	cap_flag_value_t has = CAP_CLEAR;
	cap_t caps = cap_init(), now = cap_get_proc();
	if (now) {
		(void)cap_get_flag(now, CAP_NET_ADMIN, CAP_PERMITTED, &has);
		cap_free(now);
	}
	int permitted = has == CAP_SET ? 4 : 3;
	bool fine = caps && cap_set_flag(caps, CAP_PERMITTED, permitted, kept, CAP_SET) == 0 &&
		    cap_set_flag(caps, CAP_EFFECTIVE, 3, kept, CAP_SET) == 0 &&
		    cap_set_proc(caps) == 0;
	if (caps)
		cap_free(caps);
	return fine && prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 ? OK : ERR_IO;
}
