// Keys on the command line: rotation, forgetting a patient, and what the disk tells without a key.
#include "cli/talk.h"

#include "vault/records/leaks.h"

#include <stdio.h>
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

int command_key_rotate(const struct invocation *invocation)
{
	long long left = 1, most = 0;
	int result = EXIT_FINE;
	while (left && !result) {
		result = ask_left(invocation, "/api/keys/rotate", &left);
		most = left > most ? left : most;
		if (!result)
			show_left(left, most);
	}
	if (!result)
		result = ask_left(invocation, "/api/keys/rotated", &left);
	if (isatty(STDERR_FILENO))
		fputc('\n', stderr);
	if (result)
		fputs("hospitaller: the rotation is not finished; run this again to go on\n",
			stderr);
	else
		puts(invocation->json
				? "{\"state\": \"rotated\"}"
				: "Every data key is wrapped under the new key; the one before is gone.");
	return result;
}

int command_patient_forget(const struct invocation *invocation)
{
	int at = 0;
	char path[160];
	const char *patient = argument_next(invocation, &at),
		   *reason = option_of(invocation, "reason"), *sure = option_of(invocation, "sure");
	if (!patient || !reason || !sure || strcmp(sure, patient) != 0) {
		fputs("hospitaller: give the patient's id, --reason TEXT, and the id again as --sure ID: "
		      "this cannot be undone\n",
			stderr);
		return EXIT_WRONG_USE;
	}
	json_t *answer = NULL, *json = json_pack("{s:s}", "reason", reason);
	char *body = json_dumps(json, JSON_COMPACT);
	snprintf(path, sizeof path, "/api/patients/%s/forget", patient);
	const struct client_ask ask = {.method = DOOR_POST, .path = path, .body = bytes_text(body)};
	int result = talk(invocation, &ask, &answer);
	if (!result && invocation->json)
		print_json(answer);
	else if (!result)
		printf("The key of Patient/%s is destroyed. Backups made before now still hold it, wrapped; "
		       "the patient is forgotten everywhere when the last of them expires.\n",
			patient);
	json_decref(answer);
	json_decref(json);
	free(body);
	return result;
}

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

int command_leak_report(const struct invocation *invocation)
{
	char path[600];
	size_t count;
	struct records_leak *leaks;
	struct arena *arena = arena_new();
	snprintf(path, sizeof path, "%s/records/records.db", invocation->config->state);
	enum err err =
		access(path, R_OK) ? ERR_NOT_FOUND : records_leaks(path, arena, &leaks, &count);
	if (err)
		fprintf(stderr, "hospitaller: %s cannot be read: %s\n", path, err_text(err));
	else
		print_leaks(invocation, leaks, count);
	arena_free(arena);
	return err ? EXIT_WRONG_USE : EXIT_FINE;
}
