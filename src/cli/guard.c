// hospitaller guard: containment on the command line. `check` works offline.
#include "cli/talk.h"

#include "common/base/text.h"
#include "common/io/file.h"
#include "guard/ruleset.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// ---- Offline.

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

static int run_check(const struct invocation *invocation)
{
	const char *path = argument_of(invocation, 0);
	struct buf text = {0}, rules = {0};
	struct yaml_fault problem = {0};
	struct zones *zones = calloc(1, sizeof *zones);
	int result = EXIT_FINE;
	if (!zones)
		abort();
	enum err err = file_read(path, ZONES_FILE_BYTES, &text); // past it the parser says so
	if (err && err != ERR_LIMIT) {
		result = fail(invocation, EXIT_WRONG_USE, "%s: cannot be read", path);
	} else if (zones_parse(buf_bytes(&text), zones, &problem)) {
		result = fail(
			invocation, EXIT_NOT_WHOLE, "%s:%u: %s", path, problem.line, problem.text);
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

const struct command command_guard_check = {
	.usage = {.words = "guard check",
		.summary = "Prints the ruleset that a zones file makes.",
		.help = "Needs no server. Ends with 1, and says file and line, when the file is wrong.",
		.arguments = {{.name = "FILE", .help = "As the setting zones names one."}}},
	.run = run_check,
};

// ---- With the server.

static void print_line(const json_t *line)
{
	const char *kind = json_word(line, "kind"), *address = json_word(line, "address");
	long long packets = (long long)json_integer_value(json_object_get(line, "packets")),
		  bytes = (long long)json_integer_value(json_object_get(line, "bytes")),
		  seconds = (long long)json_integer_value(json_object_get(line, "seconds"));
	const char *where = *json_word(line, "case") ? json_word(line, "case") : "-";
	long long places = (long long)json_integer_value(json_object_get(line, "places"));
	if (strcmp(kind, "knock") == 0)
		printf("%-10s %-28s %9lld %-6s %10lld packets %12lld bytes dropped  most at %s\n",
			kind, address, places, text_plural((uint64_t)places, "place", "places"),
			packets, bytes, json_word(line, "name"));
	else if (*address)
		printf("%-10s %-28s %7lld s left  %10lld packets %12lld bytes dropped  %-12s %s\n",
			kind, address, seconds, packets, bytes, where, json_word(line, "reason"));
	else
		printf("%-10s %-28s %16s %10lld packets %12lld bytes %s\n", kind,
			json_word(line, "name"), "", packets, bytes,
			strcmp(kind, "denied") == 0 ? "dropped" : "allowed");
}

static int run_list(const struct invocation *invocation)
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
		talk_tame(answer);
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
	char *body = json_dumps(json, JSON_COMPACT);
	snprintf(path, sizeof path, "/api/guard/%s", verb);
	const struct client_ask ask = {.method = DOOR_POST, .path = path, .body = bytes_text(body)};
	int result = talk(invocation, &ask, &answer);
	if (!result && invocation->json)
		print_json(answer);
	talk_tame(answer);
	if (!result && !invocation->json)
		puts(json_word(answer, "message"));
	json_decref(answer);
	json_decref(json);
	free(body);
	return result;
}

static const char *wrong_time(const char *value)
{
	return zones_seconds(value) ? NULL : "a time such as 30m, 1h or 60s is expected";
}

const struct command command_guard_list = {
	.usage = {.words = "guard list",
		.summary = "Shows what is blocked, for how long, and what was dropped."},
	.run = run_list,
};

static void add_option(const struct invocation *invocation, const char *name, json_t *json)
{
	const char *value = option_of(invocation, name);
	if (value)
		json_object_set_new(json, name, json_string(value));
}

static int contain(const struct invocation *invocation, const char *verb)
{
	json_t *json = json_pack("{s:s, s:I}", "address", argument_of(invocation, 0), "seconds",
		(json_int_t)zones_seconds(option_of(invocation, "for")));
	add_option(invocation, "reason", json);
	add_option(invocation, "case", json);
	return order(invocation, verb, json);
}

static int lift(const struct invocation *invocation, const char *verb)
{
	json_t *json = json_pack("{s:s}", "address", argument_of(invocation, 0));
	add_option(invocation, "reason", json);
	return order(invocation, verb, json);
}

// Of whatever contains an address: it ends, it has a reason, it may belong to a case.
#define CONTAIN_OPTIONS                                                                            \
	{                                                                                          \
		{.name = "for",                                                                    \
			.value = "TIME",                                                           \
			.otherwise = "1h",                                                         \
			.wrong = wrong_time,                                                       \
			.help = "It ends by itself."},                                             \
			{.name = "reason",                                                         \
				.value = "TEXT",                                                   \
				.required = true,                                                  \
				.help = "Stays on the trail."},                                    \
			{.name = "case", .value = "ID", .help = "What it belongs to."},            \
	}

static int run_block(const struct invocation *invocation)
{
	return contain(invocation, "block");
}

const struct command command_guard_block = {
	.usage = {.words = "guard block",
		.summary = "Drops everything from and to an address, for a time.",
		.help = "What the zones file says is never blocked is refused, whoever asks.",
		.arguments = {{.name = "ADDRESS", .help = "IPv4 or IPv6, or a prefix."}},
		.options = CONTAIN_OPTIONS},
	.run = run_block,
};

static int run_unblock(const struct invocation *invocation)
{
	return lift(invocation, "unblock");
}

const struct command command_guard_unblock = {
	.usage = {.words = "guard unblock",
		.summary = "Lifts a block.",
		.arguments = {{.name = "ADDRESS", .help = "As guard list shows it."}},
		.options = {{.name = "reason", .value = "TEXT", .help = "Stays on the trail."}}},
	.run = run_unblock,
};

static int run_quarantine(const struct invocation *invocation)
{
	return contain(invocation, "quarantine");
}

const struct command command_guard_quarantine = {
	.usage = {.words = "guard quarantine",
		.summary = "Cuts a host off from all but a few, for a time.",
		.arguments = {{.name = "ADDRESS", .help = "Of the host."}},
		.options = CONTAIN_OPTIONS},
	.run = run_quarantine,
};

static int run_release(const struct invocation *invocation)
{
	return lift(invocation, "release");
}

const struct command command_guard_release = {
	.usage = {.words = "guard release",
		.summary = "Lifts a quarantine.",
		.arguments = {{.name = "ADDRESS", .help = "As guard list shows it."}},
		.options = {{.name = "reason", .value = "TEXT", .help = "Stays on the trail."}}},
	.run = run_release,
};

static int run_apply(const struct invocation *invocation)
{
	return order(invocation, "apply",
		json_pack("{s:I}", "seconds",
			(json_int_t)zones_seconds(option_of(invocation, "confirm-within"))));
}

const struct command command_guard_apply = {
	.usage = {.words = "guard apply",
		.summary = "Applies the zones file; undone unless confirmed in time.",
		.options = {{.name = "confirm-within",
			.value = "TIME",
			.otherwise = "60s",
			.wrong = wrong_time,
			.help = "How long until the zones before come back."}}},
	.run = run_apply,
};

static int run_confirm(const struct invocation *invocation)
{
	return order(invocation, "confirm", json_object());
}

const struct command command_guard_confirm = {
	.usage = {.words = "guard confirm", .summary = "Keeps the zones that were applied."},
	.run = run_confirm,
};

static int run_rollback(const struct invocation *invocation)
{
	return order(invocation, "rollback", json_object());
}

const struct command command_guard_rollback = {
	.usage = {.words = "guard rollback",
		.summary = "Undoes the zones that were applied, at once."},
	.run = run_rollback,
};
