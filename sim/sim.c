// hospital-sim: an invented hospital. See sim/README.md.
#include "accounts.h"
#include "make.h"
#include "misuse.h"
#include "work.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int help(void)
{
	puts("Usage: hospital-sim make --out DIR [--seed N] [--patients N] [--staff N] [--days N]\n"
	     "       hospital-sim accounts --state STATE --dir DIR --url URL --hospitaller PROGRAM [--demo]\n"
	     "       hospital-sim work --dir DIR --dry-run [--days N] [--misuse KINDS] [--seed N]\n"
	     "       hospital-sim work --dir DIR --url URL [--days N] [--speed X|max] [--misuse KINDS] [--seed N]\n"
	     "                         [--connections N] [--json]\n\n"
	     "make invents a hospital: FHIR bundles, who may have accounts, who is related to whom.\n"
	     "accounts gives its staff and one patient accounts by the real way in, and keeps their secrets in DIR.\n"
	     "--demo makes only the first account of each role.\n"
	     "work does what the staff who have accounts do in the hospital's last days, through the server:\n"
	     "--speed 60 makes a minute of an hour, --speed max does not wait at all. Each request is written\n"
	     "to DIR/truth/work.jsonl with its reason. --dry-run writes what all of the staff would do.\n\n"
	     "Kinds of misuse, by commas, or all (default: none):");
	for (size_t i = 0; i < misuse_kind_count; i++)
		printf("  %-10s %s\n", why_texts[misuse_kinds[i].why], misuse_kinds[i].help);
	return 0;
}

static const char *option(int argc, char **argv, const char *name, const char *otherwise)
{
	for (int i = 2; i + 1 < argc; i++)
		if (strcmp(argv[i], name) == 0)
			return argv[i + 1];
	return otherwise;
}

static int flag(int argc, char **argv, const char *name)
{
	for (int i = 2; i < argc; i++)
		if (strcmp(argv[i], name) == 0)
			return 1;
	return 0;
}

static int make(int argc, char **argv)
{
	const char *dir = option(argc, argv, "--out", NULL);
	const struct town_wish wish = {
		.seed = strtoull(option(argc, argv, "--seed", "1"), NULL, 10),
		.patients = (unsigned)strtoul(option(argc, argv, "--patients", "60"), NULL, 10),
		.staff = (unsigned)strtoul(option(argc, argv, "--staff", "40"), NULL, 10),
		.days = atoi(option(argc, argv, "--days", "60"))};
	if (!dir || !make_allows(&wish)) {
		fputs("hospital-sim: make needs --out, 1 to 1000000 patients, 12 to 100000 staff, 1 to 3650 days\n",
			stderr);
		return 2;
	}
	return make_files(&wish, dir);
}

static int work(int argc, char **argv)
{
	const char *speed = option(argc, argv, "--speed", "60");
	struct work_wish wish = {.dir = option(argc, argv, "--dir", NULL),
		.url = option(argc, argv, "--url", NULL),
		.seed = strtoull(option(argc, argv, "--seed", "1"), NULL, 10),
		.days = atoi(option(argc, argv, "--days", "1")),
		.speed = strcmp(speed, "max") == 0 ? 0 : strtod(speed, NULL),
		.connections =
			(unsigned)strtoul(option(argc, argv, "--connections", "16"), NULL, 10),
		.dry_run = flag(argc, argv, "--dry-run"),
		.json = flag(argc, argv, "--json")};
	if (!misuse_parse(option(argc, argv, "--misuse", "none"), &wish.misuse))
		return 2;
	if (!wish.dir || (!wish.url && !wish.dry_run) || wish.days < 1 || wish.connections < 1 ||
		wish.connections > WORK_CONNECTIONS || wish.speed < 0 ||
		(wish.speed == 0 && strcmp(speed, "max") != 0)) {
		fprintf(stderr,
			"hospital-sim: work needs --dir, --url or --dry-run, a speed above 0 or max, "
			"1 to %d connections, 1 day\n",
			WORK_CONNECTIONS);
		return 2;
	}
	return work_do(&wish);
}

static int accounts(int argc, char **argv)
{
	const struct accounts_wish wish = {.dir = option(argc, argv, "--dir", ""),
		.state = option(argc, argv, "--state", ""),
		.url = option(argc, argv, "--url", ""),
		.hospitaller = option(argc, argv, "--hospitaller", "hospitaller"),
		.demo = flag(argc, argv, "--demo")};
	return accounts_make(&wish);
}

static const struct {
	const char *name;
	int (*run)(int argc, char **argv);
} commands[] = {{"make", make}, {"accounts", accounts}, {"work", work}};

int main(int argc, char **argv)
{
	if (argc < 2 || flag(argc + 1, argv - 1, "--help"))
		return argc < 2 ? help(), 2 : help();
	for (size_t i = 0; i < sizeof commands / sizeof *commands; i++)
		if (strcmp(argv[1], commands[i].name) == 0)
			return commands[i].run(argc, argv);
	fputs("hospital-sim: make, accounts or work; see --help\n", stderr);
	return 2;
}
