// hospital-sim: an invented hospital. See sim/README.md.
#include "accounts.h"
#include "make.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int help(void)
{
	puts("Usage: hospital-sim make --out DIR [--seed N] [--patients N] [--staff N] [--days N]\n"
	     "       hospital-sim accounts --state STATE --dir DIR --url URL --hospitaller PROGRAM [--demo]\n\n"
	     "make invents a hospital: FHIR bundles, who may have accounts, who is related to whom.\n"
	     "accounts gives its staff accounts by the real way in, and keeps their secrets in DIR.\n"
	     "--demo makes only the first account of each role.");
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
	const struct town_wish wish = {.seed = strtoull(option(argc, argv, "--seed", "1"), NULL, 10),
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

int main(int argc, char **argv)
{
	if (argc < 2 || flag(argc + 1, argv - 1, "--help"))
		return argc < 2 ? help(), 2 : help();
	if (strcmp(argv[1], "make") == 0)
		return make(argc, argv);
	if (strcmp(argv[1], "accounts") == 0) {
		const struct accounts_wish wish = {.dir = option(argc, argv, "--dir", ""),
			.state = option(argc, argv, "--state", ""), .url = option(argc, argv, "--url", ""),
			.hospitaller = option(argc, argv, "--hospitaller", "hospitaller"),
			.demo = flag(argc, argv, "--demo")};
		return accounts_make(&wish);
	}
	fputs("hospital-sim: make or accounts; see --help\n", stderr);
	return 2;
}
