#include "cli/talk.h"

#include "common/base/text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// What would do something to a terminal is written as \uXXXX: the same, for programs.
void print_json(const json_t *json)
{
	char *text = json_dumps(json, JSON_INDENT(2));
	if (text && !text_is_tame(text, true)) {
		free(text);
		text = json_dumps(json, JSON_INDENT(2) | JSON_ENSURE_ASCII);
	}
	for (const char *at = text ? text : "{}"; *at; at++)
		*at == 0x7f ? fputs("\\u007f", stdout) : putchar(*at);
	putchar('\n');
	free(text);
}

// For people: nothing that somebody wrote acts on their terminal, or looks like a line of ours.
static void tame(json_t *json, bool lines)
{
	const char *key;
	json_t *one;
	size_t i;
	json_object_foreach(json, key, one)
		tame(one, strcmp(key, "checkpoint") == 0 || (lines && strcmp(key, "text") == 0));
	json_array_foreach(json, i, one) tame(one, false);
	const char *text = json_string_value(json);
	char *own = text && !text_is_tame(text, lines) ? strdup(text) : NULL;
	if (!own)
		return;
	text_tame(own, lines);
	json_string_set(json, own);
	free(own);
}

const char *json_word(const json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));
	return text ? text : "";
}

// The server's words are those of /api or, where it stores what is FHIR, of an OperationOutcome.
static int refused(const json_t *json, uint16_t status, struct trouble *ret)
{
	const json_t *issue = json_array_get(json_object_get(json, "issue"), 0);
	const char *message = json_word(json, "message"), *code = json_word(json, "error");
	const char *words = *message ? message : json_word(issue, "diagnostics");
	if (!*code)
		code = json_word(issue, "code");
	ret->status = status == 404 ? EXIT_NOT_WHOLE : EXIT_REFUSED;
	snprintf(ret->code, sizeof ret->code, "%s", *code ? code : "refused");
	snprintf(ret->message, sizeof ret->message, "%s (%u)",
		*words ? words : "The server refused", status);
	return ret->status;
}

static enum err ask_once(const struct invocation *invocation, const struct client_ask *ask,
	struct buf *body, uint16_t *ret_status)
{
	struct client *client;
	enum err err = client_open(invocation->config, &client);
	if (err)
		return err;
	err = client_ask(client, ask, ret_status, body);
	client_close(client);
	return err;
}

int talk_quietly(const struct invocation *invocation, const struct client_ask *ask,
	json_t **ret_json, struct trouble *ret_trouble)
{
	struct buf body = {0};
	uint16_t status = 0;
	int result = EXIT_FINE;
	enum err err = ask_once(invocation, ask, &body, &status);
	if (err) {
		ret_trouble->status = result = EXIT_UNREACHABLE;
		snprintf(ret_trouble->code, sizeof ret_trouble->code, "no-server");
		snprintf(ret_trouble->message, sizeof ret_trouble->message,
			"no server answers at %s/run/hospitaller.sock (%s)",
			invocation->config->state, err_text(err));
		buf_done(&body);
		return result;
	}
	json_t *json = json_loadb((const char *)body.at, body.size, JSON_DECODE_ANY, NULL);
	buf_done(&body);
	if (status < 300) {
		*ret_json = json;
	} else {
		tame(json, false);
		result = refused(json, status, ret_trouble);
		json_decref(json);
	}
	return result;
}

int talk(const struct invocation *invocation, const struct client_ask *ask, json_t **ret_json)
{
	struct trouble trouble;
	int result = talk_quietly(invocation, ask, ret_json, &trouble);
	return result ? fail_with(invocation, result, trouble.code, trouble.message) : EXIT_FINE;
}

void talk_tame(json_t *answer)
{
	tame(answer, true); // a letter and a checkpoint have lines of their own
}

int talk_and_show(const struct invocation *invocation, const struct client_ask *ask,
	void (*show)(const json_t *answer))
{
	json_t *answer = NULL;
	int result = talk(invocation, ask, &answer);
	if (!result && invocation->json && !answer)
		puts("{\"state\": \"done\"}");
	else if (!result && invocation->json)
		print_json(answer);
	if (!result && !invocation->json && show) {
		talk_tame(answer);
		show(answer);
	}
	json_decref(answer);
	return result;
}
