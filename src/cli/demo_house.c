#include "cli/demo_house.h"

#include "common/base/time.h"

#include <arpa/inet.h>
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
	LOG_BYTES = 500,
	OPEN_FILES = 16,
	COMMAND_WORDS = 12,
	NEEDED_BYTES = 400 << 20
};

static bool complain(const struct demo_house *h, const char *what)
{
	char line[LOG_BYTES] = "", last[LOG_BYTES] = "";
	FILE *log = fopen(h->log, "re");
	while (log && fgets(line, sizeof line, log))
		memcpy(last, line, sizeof last);
	if (log)
		fclose(log);
	last[strcspn(last, "\n")] = 0;
	fail(h->show->invocation, EXIT_REFUSED, "%s%s%s", what, *last ? ": " : "", last);
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

// Where the settings say, beside this program (as ./start puts it), or where the sources are.
struct wanted {
	const char *holds; // a file in it
	const char *beside[2];
};

static bool find_folder(const struct demo_house *h, const struct wanted *wanted, const char *given,
	char ret_path[DEMO_PATH_BYTES])
{
	char file[DEMO_PATH_BYTES + 40];
	const char *slash = strrchr(h->self, '/');
	for (int i = -1; i < 2; i++) {
		if (i < 0)
			snprintf(ret_path, DEMO_PATH_BYTES, "%s", given);
		else
			snprintf(ret_path, DEMO_PATH_BYTES, "%.*s/%s", (int)(slash - h->self),
				h->self, wanted->beside[i]);
		snprintf(file, sizeof file, "%s/%s", ret_path, wanted->holds);
		if (access(file, R_OK) == 0)
			return true;
	}
	return false;
}

static bool write_settings(struct demo_house *h, int port)
{
	static const struct wanted rules = {"policy/hospital.yaml", {"rules", "../../rules"}},
				   modules = {"hospitaller_gate.so", {".", "gate/nginx"}};
	const struct config *given = h->show->invocation->config;
	char rules_at[DEMO_PATH_BYTES], modules_at[DEMO_PATH_BYTES];
	FILE *file = fopen(h->settings, "wxe");
	if (!file || !find_folder(h, &rules, given->rules, rules_at) ||
		!find_folder(h, &modules, given->modules, modules_at)) {
		if (file)
			fclose(file);
		return false;
	}
	fprintf(file,
		"state: \"%s\"\nlisten: \"127.0.0.1:%d\"\nname: \"A private house (simulated, clock turned)\"\n"
		"rules: \"%s\"\nconsole: \"%s/console\"\nmodules: \"%s\"\nnginx: \"%s\"\nworkers: \"1\"\n"
		"destinations: \"%s/none\"\ntest: \"" TURNED_OPTION ",cheap-passwords\"\n",
		h->state, port, rules_at, h->folder, modules_at, given->nginx, h->folder);
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
	char console[160];
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
	snprintf(console, sizeof console, "%s/console", h->folder);
	return port && chmod(h->folder, 0711) == 0 && mkdir(console, 0755) == 0 &&
	       mkdir(h->state, 0755) == 0 && mkdir(h->town, 0700) == 0 && write_settings(h, port);
}

static int remove_one(const char *path, const struct stat *file, int kind, struct FTW *where)
{
	(void)file;
	(void)kind;
	(void)where;
	return remove(path);
}

// ---- Programs.

enum kind {
	SERVER,
	QUIETLY,
	SHOWN
};

static pid_t start(const struct demo_house *h, const char *const *arguments, enum kind kind)
{
	pid_t pid = fork();
	if (pid)
		return pid;
	int log =
		kind == SHOWN ? -1 : open(h->log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
	if (log >= 0) {
		dup2(log, STDOUT_FILENO);
		dup2(log, STDERR_FILENO);
	}
	demo_signals(SIG_UNBLOCK);
	prctl(PR_SET_PDEATHSIG, SIGTERM);
	if (kind == SERVER) {  // its playbooks may want an address blocked: not on this machine
		setpgid(0, 0); // Ctrl-C reaches us, and we stop it
		prctl(PR_CAPBSET_DROP, CAP_NET_ADMIN, 0, 0, 0);
	}
	execv(arguments[0], (char *const *)(uintptr_t)arguments);
	_exit(127);
}

static bool finish(pid_t pid)
{
	int status = -1;
	return pid > 0 && waitpid(pid, &status, 0) == pid && WIFEXITED(status) &&
	       WEXITSTATUS(status) == 0;
}

static bool run(const struct demo_house *h, const char *const *arguments)
{
	return finish(start(h, arguments, QUIETLY));
}

bool demo_house_command(const struct demo_house *h, const char *const *words)
{
	const char *arguments[3 + COMMAND_WORDS + 1] = {h->self, "--config", h->settings};
	printf("\n  $ hospitaller");
	for (size_t i = 0; words[i] && i < COMMAND_WORDS; i++) {
		arguments[3 + i] = words[i];
		printf(strchr(words[i], ' ') ? " \"%s\"" : " %s", words[i]);
	}
	puts("");
	fflush(stdout);
	return finish(start(h, arguments, SHOWN));
}

static bool start_server(struct demo_house *h)
{
	const char *const arguments[] = {h->self, "--config", h->settings, "run", NULL};
	h->server = start(h, arguments, SERVER);
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
		return complain(h,
			"the private house finds no folder, or not the rules and the gate's module");
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

void demo_house_close(struct demo_house *h)
{
	if (h->server > 0) {
		kill(h->server, SIGTERM);
		for (int waited_ms = 0; waited_ms < STOP_MS; waited_ms += STEP_MS) {
			if (waitpid(h->server, NULL, WNOHANG) != 0)
				break;
			usleep(STEP_MS * 1000);
		}
	}
	if (*h->folder)
		nftw(h->folder, remove_one, OPEN_FILES, FTW_DEPTH | FTW_PHYS);
}
