#include "courier/courier.h"

#include "common/base/log.h"
#include "common/base/text.h"
#include "common/base/time.h"
#include "common/io/loop.h"
#include "common/io/sandbox.h"
#include "courier/desk.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
	LOOK_S = 2,
	DNS_PORT = 53,
	PATHS = 6
};

struct role {
	const struct config *config;
	struct event_base *base;
	struct control control;
	struct event *look;
	struct desk desk;
	uint64_t mark; // of the files when they were read
};

static const char *const resolver_files[] = {"/etc/resolv.conf", "/etc/hosts", "/etc/nsswitch.conf",
	"/etc/gai.conf", "/etc/host.conf", NULL};

static uint64_t mark_file(uint64_t mark, const char *path)
{
	struct stat info = {0};
	if (stat(path, &info) != 0)
		info = (struct stat){0};
	const uint64_t parts[] = {info.st_ino, (uint64_t)info.st_size, info.st_mode, info.st_gid,
		(uint64_t)info.st_mtim.tv_sec, (uint64_t)info.st_mtim.tv_nsec};
	for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
		mark = (mark ^ parts[i]) * 0x9e3779b97f4a7c15;
	return mark;
}

// Of everything that was read before the role confined itself, and of what names are resolved with.
// Landlock binds files, not names: when one is replaced (a DHCP client does) or changed, the role
// ends and starts again, confined to what is there now. The queue is on disk.
static uint64_t mark_files(const struct role *role)
{
	const struct destinations *all = role->desk.destinations;
	uint64_t mark = mark_file(1, role->config->destinations);
	mark = mark_file(mark, "/etc/ssl/certs/ca-certificates.crt");
	for (size_t i = 0; resolver_files[i]; i++)
		mark = mark_file(mark, resolver_files[i]);
	for (size_t i = 0; i < all->count; i++)
		for (size_t f = 0; all->list[i].files[f]; f++)
			mark = mark_file(mark, all->list[i].files[f]);
	return mark;
}

static void on_look(evutil_socket_t fd, short what, void *context)
{
	struct role *role = context;
	(void)fd;
	(void)what;
	if (mark_files(role) == role->mark)
		return;
	log_info("the destinations, a file of theirs or of the resolver changed: starting again");
	event_base_loopexit(role->base, NULL);
}

static void on_message(void *context, const struct wire *wire)
{
	struct role *role = context;
	if (wire->kind == WIRE_CHANNEL && wire->fd >= 0 && strcmp(wire->text, "watch") == 0)
		desk_watch(&role->desk, wire->fd);
	else if (wire->fd >= 0)
		close(wire->fd);
}

// The ports that are named, and the resolver's.
static size_t ports_of(const struct destinations *all, uint16_t ports[DESTINATIONS_MOST + 1])
{
	size_t count = 0;
	ports[count++] = DNS_PORT;
	for (size_t i = 0; i < all->count; i++)
		ports[count++] = (uint16_t)destination_end(&all->list[i])->port;
	return all->count ? count : 0;
}

static enum err confine(const struct role *role, const char *dir, int *ret_landlock_abi)
{
	static const char *const calls[] = {"openat", "open", "access", "faccessat", "faccessat2",
		"readlink", "getdents64", "mkdir", "mkdirat", "unlink", "unlinkat", "rename",
		"renameat", "renameat2", "fsync", "connect", "getpeername", "getsockname",
		"setsockopt", "sendmmsg", "recvmmsg", "fadvise64", NULL};
	static const int families[] = {AF_INET, AF_INET6, 0};
	struct sandbox_path paths[PATHS] = {{dir, SANDBOX_READ | SANDBOX_WRITE}};
	uint16_t ports[DESTINATIONS_MOST + 1];
	for (size_t i = 0; resolver_files[i]; i++)
		paths[i + 1] = (struct sandbox_path){resolver_files[i], SANDBOX_READ};
	const struct sandbox sandbox = {.paths = paths,
		.path_count = PATHS, // certificates and secrets are in memory already
		.calls = calls,
		.families = families,
		.ports = ports,
		.port_count = ports_of(role->desk.destinations, ports)};
	struct sandbox_report report;
	enum err err = sandbox_enter(&sandbox, &report);
	(err ? log_error : log_info)("%s", report.words);
	*ret_landlock_abi = err ? 0 : report.landlock_abi;
	return err;
}

static void say_destinations(const struct role *role)
{
	const struct destinations *all = role->desk.destinations;
	if (*all->problem)
		log_error("%s:%u: %s", role->config->destinations, all->line, all->problem);
	else if (!all->count)
		log_info("no destinations are named: nothing goes out");
	for (size_t i = 0; i < all->count; i++)
		log_info("%s: %s to %s:%u%s", all->list[i].name,
			destination_kind_text(all->list[i].kind), all->list[i].end.host,
			all->list[i].end.port, all->list[i].proxy ? " through a proxy" : "");
}

static enum err start(struct role *role, const char *dir)
{
	const struct timeval interval = {LOOK_S, 0};
	enum err err = desk_open(&role->desk, dir);
	if (err) {
		log_error("the queue cannot be opened: %s", err_text(err));
		return err;
	}
	if (role->desk.queue.damaged)
		log_error("%zu %s damaged on the disk and set aside", role->desk.queue.damaged,
			text_plural(role->desk.queue.damaged, "errand was", "errands were"));
	role->control.message = on_message;
	role->control.context = role;
	role->look = event_new(role->base, -1, EV_PERSIST, on_look, role);
	if (!role->look || event_add(role->look, &interval) != 0)
		return ERR_IO;
	return control_init(&role->control, role->base);
}

int courier_main(const struct config *config)
{
	static struct role role;
	struct arena *arena = arena_new();
	char dir[480];
	int landlock_abi;
	log_init("courier", LOG_LEVEL_INFO);
	snprintf(dir, sizeof dir, "%s/courier", config->state);
	role.config = config;
	signal(SIGPIPE, SIG_IGN); // a receiver that goes away is an error, and not our end
	if (carrier_prepare())
		return 1;
	role.desk.destinations = destinations_load(config->destinations, arena);
	role.desk.destinations_path = config->destinations;
	role.desk.skip_address_check = config_test(config, "no-address-check");
	role.mark = mark_files(&role);
	role.desk.skip_sync = config_test(config, "no-queue-sync");
	if (confine(&role, dir, &landlock_abi))
		return 1;
	say_destinations(&role);
	role.desk.base = role.base = event_base_new();
	if (!role.base || start(&role, dir))
		return 1;
	control_ready(landlock_abi);
	event_base_dispatch(role.base);
	desk_close(&role.desk);
	control_done(&role.control);
	event_free(role.look);
	event_base_free(role.base);
	arena_free(arena);
	return 0;
}
