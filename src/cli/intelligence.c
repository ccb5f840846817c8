// What is known of attacks: how the sources stand, one value, a file more, and what is shared back.
#include "cli/talk.h"

#include "common/base/text.h"
#include "common/format/json.h"
#include "watch/intelligence/import.h"
#include "watch/intelligence/table.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static long long number(const json_t *json, const char *key)
{
	return (long long)json_integer_value(json_object_get(json, key));
}

static void show_sightings(const json_t *answer)
{
	json_t *one;
	size_t i;
	json_array_foreach(json_object_get(answer, "sightings"), i, one)
	{
		const json_t *who = json_object_get(one, "who");
		const char *name = json_word(who, "name");
		printf("seen %lld times from %s to %s: %s %s, %s\n", number(one, "count"),
			json_word(one, "first"), json_word(one, "last"), json_word(one, "kind"),
			json_word(one, "value"),
			*name                      ? name
			: *json_word(one, "actor") ? json_word(one, "actor")
						   : "nobody signed in");
	}
}

static void show_source(const json_t *one)
{
	json_t *left;
	size_t at;
	printf("%-28s %-6s %9lld indicators  fetched %s\n", json_word(one, "name"),
		json_word(one, "kind"), number(one, "indicators"),
		*json_word(one, "fetched") ? json_word(one, "fetched") : "never");
	if (*json_word(one, "problem"))
		printf("    %s\n", json_word(one, "problem"));
	if (number(one, "left_out"))
		printf("    left out: %lld\n", number(one, "left_out"));
	json_array_foreach(json_object_get(one, "examples"), at, left)
		printf("        %s: %s\n", json_word(left, "id"), json_word(left, "why"));
}

static void show_status(const json_t *answer)
{
	json_t *one;
	size_t i;
	printf("%lld %s of %lld %s, %.1f MB; %lld on one of %lld warning lists\n",
		number(answer, "indicators"),
		text_plural((uint64_t)number(answer, "indicators"), "indicator", "indicators"),
		number(answer, "sources"),
		text_plural((uint64_t)number(answer, "sources"), "source", "sources"),
		(double)number(answer, "memory_bytes") / 1e6, number(answer, "on_warning_lists"),
		number(answer, "warning_lists"));
	json_array_foreach(json_object_get(answer, "problems"), i, one)
		printf("%s\n", json_string_value(one));
	json_array_foreach(json_object_get(answer, "list"), i, one) show_source(one);
	show_sightings(answer);
}

static int run_status(const struct invocation *invocation)
{
	const struct client_ask ask = {.method = DOOR_GET, .path = "/api/intelligence"};
	return talk_and_show(invocation, &ask, show_status);
}

const struct command command_intelligence_status = {
	.usage = {.words = "intelligence status",
		.summary =
			"Shows the sources of indicators, how they stand, and what was seen last.",
		.help = "What could not be used of a source is shown with its id and why. The look is itself on the trail."},
	.run = run_status,
};

static void show_look(const json_t *answer)
{
	json_t *one;
	size_t i;
	if (!json_array_size(json_object_get(answer, "indicators")))
		puts("nothing is known of it");
	json_array_foreach(json_object_get(answer, "indicators"), i, one)
	{
		const char *list = json_word(one, "warning_list");
		bool expired = json_is_true(json_object_get(one, "expired"));
		printf("%s %s: %s\n    from %s%s%s, %lld of 100 sure, TLP %s\n    since %s, until %s%s%s%s\n",
			json_word(one, "kind"), json_word(one, "value"), json_word(one, "name"),
			json_word(one, "source"), *json_word(one, "author") ? " by " : "",
			json_word(one, "author"), number(one, "sure"), json_word(one, "tlp"),
			*json_word(one, "since") ? json_word(one, "since") : "unknown",
			*json_word(one, "until") ? json_word(one, "until") : "it is taken back",
			expired ? "; expired: it matches nothing" : "",
			*list ? "; matches nothing, for it is on the warning list " : "", list);
	}
	show_sightings(answer);
}

static int run_look(const struct invocation *invocation)
{
	struct door_param param = {"value", argument_of(invocation, 0)};
	const struct client_ask ask = {.method = DOOR_GET,
		.path = "/api/intelligence/look",
		.params = &param,
		.param_count = 1};
	return talk_and_show(invocation, &ask, show_look);
}

const struct command command_intelligence_look = {
	.usage = {.words = "intelligence look",
		.summary =
			"Shows what is known of an address, a domain, a URL, a hash, a user agent.",
		.help = "Also what is known and does not match, and why: expired, or on a warning list. The look is itself on the trail.",
		.arguments = {{.name = "VALUE", .help = "As it was seen."}}},
	.run = run_look,
};

// ---- A file more. Works offline: watch reads its folder by itself.

struct trying {
	size_t count, left;
	bool quiet;
};

static void on_take(void *context, const struct indicator *indicator)
{
	struct trying *t = context;
	t->count += !indicator->revoked;
}

static void on_left(void *context, const char *id, const char *why)
{
	struct trying *t = context;
	t->left++;
	if (!t->quiet)
		fprintf(stderr, "left out: %s: %s\n", id, why);
}

static enum err read_file(const char *path, struct buf *out)
{
	enum {
		MOST = 128 * 1024 * 1024
	};
	struct stat info;
	FILE *file = fopen(path, "re");
	if (!file)
		return ERR_IO;
	bool fits =
		fstat(fileno(file), &info) == 0 && S_ISREG(info.st_mode) && info.st_size <= MOST;
	if (fits) {
		buf_reserve(out, (size_t)info.st_size + 1);
		out->size = fread(out->at, 1, (size_t)info.st_size, file);
	}
	bool failed = ferror(file);
	fclose(file);
	return failed ? ERR_IO : fits ? OK : ERR_LIMIT;
}

// Whole or not at all, and watch's own.
static bool put(const char *folder, const char *name, struct bytes text)
{
	char path[600], hidden[620];
	struct stat owner;
	snprintf(path, sizeof path, "%s/%s", folder, name);
	snprintf(hidden, sizeof hidden, "%s/.%s.new", folder, name);
	if (stat(folder, &owner) != 0)
		return false;
	FILE *file = fopen(hidden, "we");
	if (!file)
		return false;
	bool fine = fwrite(text.at, 1, text.size, file) == text.size &&
		    fchmod(fileno(file), 0640) == 0 &&
		    (geteuid() != 0 || fchown(fileno(file), owner.st_uid, owner.st_gid) == 0) &&
		    fflush(file) == 0 && fsync(fileno(file)) == 0;
	fine = fclose(file) == 0 && fine && rename(hidden, path) == 0;
	if (!fine)
		unlink(hidden);
	return fine;
}

static const char *wrong_name(const char *value)
{
	size_t size =
		strspn(value, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.");
	return *value == '.' || value[size] || size > 60
		       ? "a name of letters, digits, - _ and . is expected"
		       : NULL;
}

static int say(const struct invocation *invocation, const struct trying *t, const char *name)
{
	json_t *json = json_pack("{s:s, s:I, s:I}", "source", name ? name : "", "indicators",
		(json_int_t)t->count, "left_out", (json_int_t)t->left);
	if (invocation->json)
		print_json(json);
	else
		printf("%zu %s, %zu left out%s%s\n", t->count,
			text_plural(t->count, "indicator", "indicators"), t->left,
			name ? "; kept as the source " : "; nothing was kept", name ? name : "");
	json_decref(json);
	return EXIT_FINE;
}

static int keep(const struct invocation *invocation, struct bytes text, const struct trying *t)
{
	char folder[560];
	const char *path = argument_of(invocation, 0), *name = option_of(invocation, "as");
	const char *slash = strrchr(path, '/');
	name = name ? name : slash ? slash + 1 : path;
	if (option_of(invocation, "check"))
		return say(invocation, t, NULL);
	if (wrong_name(name))
		return fail(invocation, EXIT_WRONG_USE, "--as: %s", wrong_name(name));
	snprintf(folder, sizeof folder, "%s/watch/feeds", invocation->config->state);
	if (!put(folder, name, text))
		return fail(invocation, EXIT_NOT_WHOLE, "%s/%s cannot be written: %s", folder, name,
			strerror(errno));
	return say(invocation, t, name);
}

static int run_import(const struct invocation *invocation)
{
	const char *path = argument_of(invocation, 0);
	struct buf text = {0};
	struct trying t = {.quiet = invocation->json};
	const struct indicator_taker taker = {on_take, on_left, &t};
	int result;
	json_init();
	enum err err = read_file(path, &text);
	if (err)
		result = fail(
			invocation, EXIT_WRONG_USE, "%s: cannot be read (%s)", path, err_text(err));
	else if ((err = import_try(buf_bytes(&text), &taker)))
		result = fail(invocation, EXIT_NOT_WHOLE,
			"%s: neither STIX 2.1, nor MISP, nor a list (%s)", path, err_text(err));
	else if (!t.count)
		result = fail(
			invocation, EXIT_NOT_WHOLE, "%s: there is nothing in it to match", path);
	else
		result = keep(invocation, buf_bytes(&text), &t);
	buf_done(&text);
	return result;
}

const struct command command_intelligence_import = {
	.usage = {.words = "intelligence import",
		.summary =
			"Gives watch a file of indicators: STIX 2.1, a MISP event, or a plain list.",
		.help = "Says what could not be used, with its id and why. The file goes to STATE/watch/feeds, which watch looks at every two seconds: the same name again replaces it, removing it there takes its indicators back. Needs no server, but the right to write there.",
		.options = {{.name = "as",
				    .value = "NAME",
				    .help = "The name of the source; else the file's.",
				    .wrong = wrong_name},
			{.name = "check", .help = "Only say what is in it."}},
		.arguments = {{.name = "FILE", .help = "At most 128 MiB; JSON at most 32 MiB."}}},
	.run = run_import,
};

// ---- Sharing back.

static int gather(const struct invocation *invocation, json_t *objects, long long *ret_withheld)
{
	char from[24] = "0";
	*ret_withheld = 0;
	for (bool more = true; more;) {
		const struct door_param params[] = {{"identity", option_of(invocation, "identity")},
			{"tlp", option_of(invocation, "tlp")}, {"from", from}};
		const struct client_ask ask = {.method = DOOR_GET,
			.path = "/api/intelligence/share",
			.params = (struct door_param *)params,
			.param_count = 3};
		json_t *answer = NULL;
		int result = talk(invocation, &ask, &answer);
		if (result)
			return result;
		json_array_extend(objects, json_object_get(answer, "objects"));
		*ret_withheld += number(answer, "withheld");
		more = json_object_get(answer, "next") != NULL;
		snprintf(from, sizeof from, "%lld", number(answer, "next"));
		json_decref(answer);
	}
	return EXIT_FINE;
}

// Deterministic as its content: the bundle is called after the identity in it.
static json_t *bundle(json_t *objects)
{
	const char *identity = json_word(json_array_get(objects, 0), "id");
	char id[64];
	snprintf(id, sizeof id, "bundle--%.36s", strlen(identity) > 10 ? identity + 10 : "");
	return json_pack("{s:s, s:s, s:O}", "type", "bundle", "id", id, "objects", objects);
}

static int write_out(const struct invocation *invocation, const json_t *json)
{
	const char *path = option_of(invocation, "out");
	FILE *file = path ? fopen(path, "we") : stdout;
	if (!file)
		return fail(invocation, EXIT_NOT_WHOLE, "%s: %s", path, strerror(errno));
	bool fine = json_dumpf(json, file, JSON_INDENT(2)) == 0 && fputc('\n', file) != EOF;
	fine = (path ? fclose(file) : fflush(file)) == 0 && fine;
	return fine ? EXIT_FINE
		    : fail(invocation, EXIT_NOT_WHOLE, "it cannot be written: %s", strerror(errno));
}

static int run_share(const struct invocation *invocation)
{
	long long withheld;
	json_t *objects = json_array();
	int result = gather(invocation, objects, &withheld);
	if (!result) {
		json_t *json = bundle(objects);
		result = write_out(invocation, json);
		fprintf(stderr, "%zu %s; %lld %s withheld for their TLP\n",
			json_array_size(objects),
			text_plural(json_array_size(objects), "object", "objects"), withheld,
			text_plural((uint64_t)withheld, "sighting", "sightings"));
		json_decref(json);
	}
	json_decref(objects);
	return result;
}

static const char *wrong_tlp(const char *value)
{
	enum tlp tlp = tlp_find(value);
	return tlp && tlp <= TLP_AMBER ? NULL : "clear, green or amber is expected";
}

const struct command command_intelligence_share = {
	.usage = {.words = "intelligence share",
		.summary =
			"Writes our sightings as a STIX 2.1 bundle, for those who share with us.",
		.help = "In it are indicators as their makers wrote them, how often they were seen and from when to when: no person, no record, no address of ours. What is red or amber+strict is never shared; without a TLP something counts as amber.",
		.options = {{.name = "out", .value = "FILE", .help = "Else it is printed."},
			{.name = "identity",
				.value = "NAME",
				.help = "Who shares.",
				.otherwise = "Hospitaller"},
			{.name = "tlp",
				.value = "COLOUR",
				.help = "How closely kept it may be at most: clear, green or amber.",
				.otherwise = "amber",
				.wrong = wrong_tlp}}},
	.run = run_share,
};
