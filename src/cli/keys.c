// Keys on the command line: rotation, forgetting a patient, and what the disk tells without a key.
#include "cli/talk.h"

#include "common/base/text.h"
#include "vault/records/leaks.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int ask_left(const struct invocation *invocation, const char *path, long long *ret_left)
{
	json_t *answer = NULL;
	const struct client_ask ask = {.method = DOOR_POST, .path = path};
	int result = talk(invocation, &ask, &answer);
	if (!result)
		*ret_left = (long long)json_integer_value(json_object_get(answer, "left"));
	json_decref(answer);
	return result;
}

static void show_left(long long left, long long most)
{
	int bar = most ? (int)(30 * (most - left) / most) : 30;
	if (isatty(STDERR_FILENO))
		fprintf(stderr, "\r[%.*s%.*s] %lld keys left   ", bar,
			"##############################", 30 - bar,
			"..............................", left);
}

static int run_rotate(const struct invocation *invocation)
{
	long long left = 1, most = 0;
	int result = EXIT_FINE;
	while (left && !result) {
		result = ask_left(invocation, "/api/keys/rotate", &left);
		most = left > most ? left : most;
		if (!result && !invocation->json)
			show_left(left, most);
	}
	if (!result)
		result = ask_left(invocation, "/api/keys/rotated", &left);
	if (isatty(STDERR_FILENO) && !invocation->json)
		fputc('\n', stderr);
	if (result && !invocation->json)
		fputs("hospitaller: the rotation is not finished; run this again to go on\n",
			stderr);
	if (!result)
		puts(invocation->json
				? "{\"state\": \"rotated\"}"
				: "Every data key is wrapped under the new key; the one before is gone.");
	return result;
}

const struct command command_key_rotate = {
	.usage = {.words = "key rotate",
		.summary = "Wraps every data key under a new key-encryption key.",
		.help = "The door stays open meanwhile. Should it be interrupted, run it again: it goes on."},
	.run = run_rotate,
};

static const char *wrong_id(const char *value)
{
	return text_is_id(value) ? NULL : "this is not the id of a patient";
}

static int run_forget(const struct invocation *invocation)
{
	char path[160];
	const char *patient = argument_of(invocation, 0);
	json_t *answer = NULL,
	       *json = json_pack("{s:s}", "reason", option_of(invocation, "reason"));
	char *body = json ? json_dumps(json, JSON_COMPACT) : NULL;
	json_decref(json);
	if (!body)
		return fail(invocation, EXIT_WRONG_USE, "the reason is not UTF-8");
	if (strcmp(option_of(invocation, "sure"), patient) != 0) {
		free(body);
		return fail(invocation, EXIT_WRONG_USE,
			"--sure names another patient; this cannot be undone, so nothing was done");
	}
	snprintf(path, sizeof path, "/api/patients/%s/forget", patient);
	const struct client_ask ask = {.method = DOOR_POST, .path = path, .body = bytes_text(body)};
	int result = talk(invocation, &ask, &answer);
	if (!result && invocation->json)
		print_json(answer);
	else if (!result)
		printf("The key of Patient/%s is destroyed. Backups made before now still hold it, wrapped: "
		       "they open nothing any more once `hospitaller key rotate` has ended; those that "
		       "hold STATE/keys, too, when they are gone.\n",
			patient);
	json_decref(answer);
	free(body);
	return result;
}

const struct command command_patient_forget = {
	.usage = {.words = "patient forget",
		.summary = "Destroys a patient's key, for ever.",
		.help = "What was sealed under it can be read by nobody any more. Backups made before still hold the wrapped key, and open until the next 'key rotate' has ended; those that hold STATE/keys, too, until they are gone. The act stays on the trail, with its reason.",
		.arguments = {{.name = "ID",
			.wrong = wrong_id,
			.help = "The patient's id, as in Patient/ID."}},
		.options = {{.name = "reason",
				    .value = "TEXT",
				    .required = true,
				    .help = "Why, in ten characters or more."},
			{.name = "sure",
				.value = "ID",
				.required = true,
				.wrong = wrong_id,
				.help = "The patient's id once more, for this cannot be undone."}}},
	.run = run_forget,
};

static void print_leaks(
	const struct invocation *invocation, const struct records_leak *leaks, size_t count)
{
	json_t *list = json_array();
	for (size_t i = 0; i < count; i++) {
		if (!invocation->json)
			printf("%12lld  %s\n", (long long)leaks[i].value, leaks[i].words);
		json_array_append_new(
			list, json_pack("{s:s, s:I, s:s}", "name", leaks[i].name, "value",
				      (json_int_t)leaks[i].value, "meaning", leaks[i].words));
	}
	json_t *whole = json_pack("{s:o}", "leaks", list);
	if (invocation->json)
		print_json(whole);
	json_decref(whole);
}

static int run_leaks(const struct invocation *invocation)
{
	char path[600];
	size_t count;
	struct records_leak *leaks;
	int result = EXIT_FINE;
	struct arena *arena = arena_new();
	snprintf(path, sizeof path, "%s/records/records.db", invocation->config->state);
	enum err err =
		access(path, R_OK) ? ERR_NOT_FOUND : records_leaks(path, arena, &leaks, &count);
	if (err)
		result = fail(invocation, err == ERR_NOT_FOUND ? EXIT_NOT_WHOLE : EXIT_WRONG_USE,
			"%s cannot be read: %s", path, err_text(err));
	else
		print_leaks(invocation, leaks, count);
	arena_free(arena);
	return result;
}

const struct command command_leak_report = {
	.usage = {.words = "leak-report",
		.summary = "Measures what the records' disk tells somebody without a key.",
		.help = "Reads the database under the state folder, as a thief of the disk would: needs no key and no server."},
	.run = run_leaks,
};
