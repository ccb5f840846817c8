// hospitaller guard: containment on the command line. `check` works offline.
#include "cli/talk.h"

#include "guard/ruleset.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int wrong_use(const char *words)
{
	fprintf(stderr, "hospitaller: %s; see `hospitaller guard --help`\n", words);
	return EXIT_WRONG_USE;
}

// ---- Offline.

static enum err read_file(const char *path, struct buf *text)
{
	FILE *file = fopen(path, "re");
	if (!file)
		return ERR_IO;
	buf_reserve(text, ZONES_FILE_BYTES + 1);
	text->size = fread(text->at, 1, ZONES_FILE_BYTES + 1, file);
	bool failed = ferror(file);
	fclose(file);
	return failed ? ERR_IO : OK;
}

// A lifeline that no flow names is cut off by the zones: a person should see it before.
static void warn_lifelines(const struct zones *zones)
{
	char text[PREFIX_TEXT_BYTES];
	for (size_t i = 0; i < zones->kept_count && zones->deny; i++) {
		bool named = false, in_zone = false;
		for (size_t z = 0; z < zones->zone_count; z++)
			for (size_t p = 0; p < zones->zones[z].prefix_count; p++) {
				if (!prefix_overlaps(
					    &zones->zones[z].prefixes[p], &zones->kept[i].prefix))
					continue;
				in_zone = true;
				for (size_t f = 0; f < zones->flow_count; f++)
					named |= zones->flows[f].from == (int)z ||
						 zones->flows[f].to == (int)z;
			}
		prefix_text(&zones->kept[i].prefix, text);
		if (zones->kept[i].lifeline && in_zone && !named)
			fprintf(stderr,
				"hospitaller: no flow names the zone of lifeline %s: it speaks only within its zone\n",
				text);
	}
}

static int check(const char *path)
{
	struct buf text = {0}, rules = {0};
	struct zones_problem problem = {0};
	struct zones *zones = calloc(1, sizeof *zones);
	enum err err = !path ? ERR_NOT_FOUND : read_file(path, &text);
	int result = EXIT_FINE;
	if (!zones)
		abort();
	if (!path) {
		result = wrong_use("name the file to check");
	} else if (err) {
		fprintf(stderr, "hospitaller: %s: cannot be read\n", path);
		result = EXIT_WRONG_USE;
	} else if (zones_parse(buf_bytes(&text), zones, &problem)) {
		fprintf(stderr, "hospitaller: %s:%u: %s\n", path, problem.line, problem.text);
		result = EXIT_NOT_WHOLE;
	} else {
		warn_lifelines(zones);
		ruleset_whole(zones, &rules);
		fwrite(rules.at, 1, rules.size, stdout);
	}
	buf_done(&text);
	buf_done(&rules);
	free(zones);
	return result;
}

// ---- With the server.

static void print_line(const json_t *line)
{
	const char *kind = json_word(line, "kind"), *address = json_word(line, "address");
	long long packets = (long long)json_integer_value(json_object_get(line, "packets")),
		  bytes = (long long)json_integer_value(json_object_get(line, "bytes")),
		  seconds = (long long)json_integer_value(json_object_get(line, "seconds"));
	const char *where = *json_word(line, "case") ? json_word(line, "case") : "-";
	if (*address)
		printf("%-10s %-28s %7lld s left  %10lld packets %12lld bytes dropped  %-12s %s\n",
			kind, address, seconds, packets, bytes, where, json_word(line, "reason"));
	else
		printf("%-10s %-28s %16s %10lld packets %12lld bytes %s\n", kind,
			json_word(line, "name"), "", packets, bytes,
			strcmp(kind, "denied") == 0 ? "dropped" : "allowed");
}

static int list(const struct invocation *invocation)
{
	json_t *answer = NULL, *line;
	size_t i;
	const struct client_ask ask = {.method = DOOR_GET, .path = "/api/guard"};
	int result = talk(invocation, &ask, &answer);
	if (result)
		return result;
	if (invocation->json) {
		print_json(answer);
	} else {
		long long left =
			(long long)json_integer_value(json_object_get(answer, "confirm_seconds"));
		printf("%s\n", json_word(answer, "zones"));
		if (left)
			printf("these zones are undone in %lld s unless confirmed\n", left);
		json_array_foreach(json_object_get(answer, "lines"), i, line) print_line(line);
	}
	json_decref(answer);
	return EXIT_FINE;
}

static int order(const struct invocation *invocation, const char *verb, json_t *json)
{
	char path[64];
	json_t *answer = NULL;
	const char *reason = option_of(invocation, "reason"), *of = option_of(invocation, "case");
	if (reason)
		json_object_set_new(json, "reason", json_string(reason));
	if (of)
		json_object_set_new(json, "case", json_string(of));
	char *body = json_dumps(json, JSON_COMPACT);
	snprintf(path, sizeof path, "/api/guard/%s", verb);
	const struct client_ask ask = {.method = DOOR_POST, .path = path, .body = bytes_text(body)};
	int result = talk(invocation, &ask, &answer);
	if (!result && invocation->json)
		print_json(answer);
	else if (!result)
		puts(json_word(answer, "message"));
	json_decref(answer);
	json_decref(json);
	free(body);
	return result;
}

static int on_address(const struct invocation *invocation, const char *verb, const char *address)
{
	bool timed = strcmp(verb, "block") == 0 || strcmp(verb, "quarantine") == 0;
	const char *time = option_of(invocation, "for");
	uint32_t seconds = zones_seconds(time ? time : "1h");
	if (!address)
		return wrong_use("which address?");
	if (timed && (!option_of(invocation, "reason") || !seconds))
		return wrong_use("give --reason TEXT, and a time such as --for 30m");
	json_t *json = json_pack("{s:s}", "address", address);
	if (timed)
		json_object_set_new(json, "seconds", json_integer(seconds));
	return order(invocation, verb, json);
}

static int apply(const struct invocation *invocation)
{
	const char *time = option_of(invocation, "confirm-within");
	uint32_t seconds = zones_seconds(time ? time : "60s");
	if (!seconds)
		return wrong_use("--confirm-within is a time such as 60s");
	return order(invocation, "apply", json_pack("{s:I}", "seconds", (json_int_t)seconds));
}

int command_guard(const struct invocation *invocation)
{
	static const char *const addresses[] = {"block", "unblock", "quarantine", "release"};
	int at = 0;
	const char *verb = argument_next(invocation, &at), *what = argument_next(invocation, &at);
	if (!verb)
		return wrong_use("what should guard do?");
	for (size_t i = 0; i < sizeof addresses / sizeof *addresses; i++)
		if (strcmp(verb, addresses[i]) == 0)
			return on_address(invocation, verb, what);
	if (strcmp(verb, "list") == 0)
		return list(invocation);
	if (strcmp(verb, "check") == 0)
		return check(what);
	if (strcmp(verb, "apply") == 0)
		return apply(invocation);
	if (strcmp(verb, "confirm") == 0 || strcmp(verb, "rollback") == 0)
		return order(invocation, verb, json_object());
	return wrong_use("guard does not know that word");
}
