#include "cli/demo_house.h"

#include "common/base/time.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <linux/capability.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
	READY_MS = 30000,
	STEP_MS = 50,
	STOP_MS = 15000,
	OPEN_FILES = 16,
	NEEDED_BYTES = 400 << 20
};

static bool complain(const struct demo_house *h, const char *what)
{
	fail(h->show->invocation, EXIT_REFUSED, "%s; what it wrote is in %s", what, h->log);
	return false;
}

// ---- Its folder.

static int free_port(void)
{
	struct sockaddr_in any = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t size = sizeof any;
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), port = 0;
	if (fd >= 0 && bind(fd, (struct sockaddr *)&any, size) == 0 &&
		getsockname(fd, (struct sockaddr *)&any, &size) == 0)
		port = ntohs(any.sin_port);
	if (fd >= 0)
		close(fd);
	return port;
}

static bool write_settings(struct demo_house *h, int port)
{
	const struct config *given = h->show->invocation->config;
	FILE *file = fopen(h->settings, "wxe");
	if (!file)
		return false;
	fprintf(file,
		"state: \"%s\"\nlisten: \"127.0.0.1:%d\"\nname: \"A private house (simulated, clock turned)\"\n"
		"rules: \"%s\"\nconsole: \"%s\"\nmodules: \"%s\"\nnginx: \"%s\"\nworkers: \"1\"\n"
		"destinations: \"%s/none\"\ntest: \"" TURNED_OPTION ",cheap-passwords\"\n",
		h->state, port, given->rules, given->console, given->modules, given->nginx,
		h->folder);
	return fclose(file) == 0;
}

// In memory where there is room: what is thrown away after two minutes need not wait for a disk.
static const char *place(void)
{
	struct statvfs memory;
	bool room = statvfs("/dev/shm", &memory) == 0 &&
		    (uint64_t)memory.f_bavail * memory.f_frsize > NEEDED_BYTES;
	return room ? "/dev/shm" : "/tmp";
}

static bool make_folder(struct demo_house *h)
{
	int port = free_port();
	snprintf(h->folder, sizeof h->folder, "%s/hospitaller-slow-XXXXXX", place());
	if (!mkdtemp(h->folder))
		return false;
	snprintf(h->state, sizeof h->state, "%s/state", h->folder);
	snprintf(h->town, sizeof h->town, "%s/town", h->folder);
	snprintf(h->settings, sizeof h->settings, "%s/settings.yaml", h->folder);
	snprintf(h->log, sizeof h->log, "%s/log", h->folder);
	snprintf(h->clock, sizeof h->clock, "%s/" TURNED_FILE, h->state);
	snprintf(h->url, sizeof h->url, "https://127.0.0.1:%d", port);
	config_defaults(&h->config);
	h->config.state = h->state;
	// The roles have users of their own and come through here; what is secret is closed further
	// in.
	return port && chmod(h->folder, 0711) == 0 && mkdir(h->state, 0755) == 0 &&
	       mkdir(h->town, 0700) == 0 && write_settings(h, port);
}

static int remove_one(const char *path, const struct stat *file, int kind, struct FTW *where)
{
	(void)file;
	(void)kind;
	(void)where;
	return remove(path);
}

// ---- Programs.

static pid_t start(const struct demo_house *h, const char *const *arguments, bool server)
{
	pid_t pid = fork();
	if (pid)
		return pid;
	int log = open(h->log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
	if (log >= 0) {
		dup2(log, STDOUT_FILENO);
		dup2(log, STDERR_FILENO);
	}
	prctl(PR_SET_PDEATHSIG, SIGTERM);
	if (server) // its playbooks may want an address blocked: not on this machine
		prctl(PR_CAPBSET_DROP, CAP_NET_ADMIN, 0, 0, 0);
	execv(arguments[0], (char *const *)(uintptr_t)arguments);
	_exit(127);
}

static bool run(const struct demo_house *h, const char *const *arguments)
{
	int status = -1;
	pid_t pid = start(h, arguments, false);
	while (pid > 0 && waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	return pid > 0 && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

static bool start_server(struct demo_house *h)
{
	const char *const arguments[] = {h->self, "--config", h->settings, "run", NULL};
	h->server = start(h, arguments, true);
	for (int waited_ms = 0; h->server > 0 && waited_ms < READY_MS; waited_ms += STEP_MS) {
		json_t *answer = demo_ask(&h->invocation, "/api/status");
		json_decref(answer);
		if (answer)
			return true;
		if (waitpid(h->server, NULL, WNOHANG) == h->server)
			h->server = 0;
		usleep(STEP_MS * 1000);
	}
	return false;
}

// ---- Its hospital.

// Noon of the day before the hospital's first one: then accounts are made.
static bool turn_to_beginning(struct demo_house *h)
{
	char path[200], text[40], problem[TURNED_PROBLEM_BYTES];
	int64_t first_us;
	snprintf(path, sizeof path, "%s/truth/rosters.json", h->town);
	json_t *json = json_load_file(path, 0, NULL);
	snprintf(text, sizeof text, "%.10sT00:00:00Z", json_word(json, "first_day"));
	bool fine = time_parse(text, &first_us) == OK &&
		    turned_open(h->clock, &h->turned, problem) == OK;
	if (fine)
		turned_set(&h->turned, first_us - 43200 * 1000000ll);
	json_decref(json);
	return fine;
}

static bool make_hospital(struct demo_house *h, const char *const size[3])
{
	const char *const arguments[] = {h->program, "make", "--patients", size[0], "--staff",
		size[1], "--days", size[2], "--out", h->town, NULL};
	return run(h, arguments);
}

static bool make_records(struct demo_house *h)
{
	char bundles[200];
	snprintf(bundles, sizeof bundles, "%s/bundles", h->town);
	const char *const arguments[] = {h->self, "--config", h->settings, "import", bundles, NULL};
	return run(h, arguments);
}

static bool make_accounts(struct demo_house *h)
{
	const char *const arguments[] = {h->program, "accounts", "--care", "--state", h->state,
		"--dir", h->town, "--url", h->url, "--hospitaller", h->self, "--clock", h->clock,
		NULL};
	return run(h, arguments);
}

bool demo_house_open(
	struct demo_house *h, const struct invocation *invocation, const char *const size[3])
{
	struct show *show = h->show;
	*h = (struct demo_house){.show = show, .invocation = *invocation};
	h->invocation.config = &h->config;
	ssize_t length = readlink("/proc/self/exe", h->self, sizeof h->self - 1);
	h->self[length > 0 ? length : 0] = 0;
	if (!demo_find_program(h->program))
		return complain(h, "hospital-sim is not beside this program: it plays the story");
	if (!make_folder(h))
		return complain(h, "the private house has no place in /tmp");
	if (!make_hospital(h, size) || !turn_to_beginning(h))
		return complain(h, "the private house's hospital cannot be made");
	if (!start_server(h))
		return complain(h, "the private house does not start");
	if (!make_records(h))
		return complain(h, "the private house's records cannot be imported");
	show_line(show, "HOUSE", "It runs, with its records. Its staff get accounts.");
	if (!make_accounts(h))
		return complain(h, "the private house's staff cannot be given accounts");
	return true;
}

void demo_house_close(struct demo_house *h, bool keep)
{
	if (h->server > 0) {
		kill(h->server, SIGTERM);
		for (int waited_ms = 0; waited_ms < STOP_MS; waited_ms += STEP_MS) {
			if (waitpid(h->server, NULL, WNOHANG) != 0)
				break;
			usleep(STEP_MS * 1000);
		}
	}
	if (!keep && *h->folder)
		nftw(h->folder, remove_one, OPEN_FILES, FTW_DEPTH | FTW_PHYS);
}
