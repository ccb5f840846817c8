#include "cli/talk.h"

#include <stdio.h>

void print_json(const json_t *json)
{
	char *text = json_dumps(json, JSON_INDENT(2));
	puts(text ? text : "{}");
	free(text);
}

const char *json_word(const json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));
	return text ? text : "";
}

static int refused(const json_t *json, uint16_t status)
{
	const json_t *issue = json_array_get(json_object_get(json, "issue"), 0);
	const char *message = json_word(json, "message");
	const char *words = *message ? message : json_word(issue, "diagnostics");
	fprintf(stderr, "hospitaller: %s (%u)\n", *words ? words : "the server refused", status);
	return EXIT_REFUSED;
}

int talk(const struct invocation *invocation, const struct client_ask *ask, json_t **ret_json)
{
	struct client *client;
	struct buf body = {0};
	uint16_t status = 0;
	enum err err = client_open(invocation->config, &client);
	if (!err)
		err = client_ask(client, ask, &status, &body);
	if (err) {
		fprintf(stderr, "hospitaller: no server answers at %s/run/hospitaller.sock (%s)\n",
			invocation->config->state, err_text(err));
		return EXIT_UNREACHABLE;
	}
	client_close(client);
	json_t *json = json_loadb((const char *)body.at, body.size, JSON_DECODE_ANY, NULL);
	buf_done(&body);
	if (status >= 300) {
		int result = refused(json, status);
		json_decref(json);
		return result;
	}
	*ret_json = json;
	return EXIT_FINE;
}
