// hospitaller status: the roles and how the kernel confines them.
#include "cli/talk.h"

#include <stdio.h>
#include <string.h>

static long long number(const json_t *object, const char *key)
{
	return (long long)json_integer_value(json_object_get(object, key));
}

static void print_role(const json_t *role)
{
	const json_t *c = json_object_get(role, "confinement");
	const char *caps = json_word(c, "capabilities");
	bool none = strspn(caps, "0") == strlen(caps);
	printf("%-12s %-9s %7lld  %-18s %6lld MB  %3lld  %-8s %-9s %-12s %s\n",
		json_word(role, "name"), json_word(role, "state"), number(role, "pid"),
		json_word(role, "user"), number(role, "memory_bytes") / 1048576,
		number(role, "restarts"),
		json_is_true(json_object_get(c, "seccomp")) ? "seccomp" : "-",
		json_is_true(json_object_get(c, "no_new_privileges")) ? "no-new" : "-",
		strcmp(json_word(c, "landlock"), "0") == 0 ? "-" : "landlock",
		none ? "no capabilities" : caps);
}

static void show_status(const json_t *answer)
{
	json_t *role;
	size_t i;
	printf("hospitaller %s, since %s\n\n", json_word(answer, "version"),
		json_word(answer, "since"));
	printf("%-12s %-9s %7s  %-18s %9s  %3s  %s\n", "role", "state", "pid", "user", "memory",
		"new", "confined by");
	json_array_foreach(json_object_get(answer, "roles"), i, role) print_role(role);
	const json_t *records = json_object_get(answer, "records"),
		     *trail = json_object_get(answer, "trail");
	const json_t *vault = json_object_get(answer, "vault"),
		     *watch = json_object_get(answer, "watch");
	printf("\nrecords   %lld resources, %lld versions, %lld patients, %lld MB\n",
		number(records, "resources"), number(records, "versions"),
		number(records, "patients"), number(records, "bytes") / 1048576);
	printf("trail     %lld entries, %lld durable, %lld signed for, %lld indexed\n",
		number(trail, "size"), number(trail, "durable"), number(trail, "checkpoint"),
		number(trail, "indexed"));
	printf("vault     %lld requests, %lld refused; waiting: %lld for the trail, %lld for a commit, %lld for a "
	       "password\n",
		number(vault, "requests"), number(vault, "denials"), number(vault, "waiting_trail"),
		number(vault, "waiting_commit"), number(vault, "hashing"));
	printf("watch     at entry %lld, %lld behind\n", number(watch, "place"),
		number(watch, "lag"));
}

static int run_status(const struct invocation *invocation)
{
	const struct client_ask ask = {.method = DOOR_GET, .path = "/api/status"};
	return talk_and_show(invocation, &ask, show_status);
}

const struct command command_status = {
	.usage = {.words = "status",
		.summary =
			"Shows each role, how the kernel confines it, what waits, and how far watch lags.",
		.help = "The column new counts how often a role was started again."},
	.run = run_status,
};
