// A request as it comes over the network, "METHOD target", headers, an empty line and a form: what
// is made of it keeps what ask.h promises, and arrives at the vault as it was sent.
#include "fuzz.h"

#include "request.h"

#include "common/base/text.h"

#include <jansson.h>
#include <string.h>

static void check_path(const char *path)
{
	fuzz_rule(path[0] == '/' && strlen(path) <= DOOR_PATH_BYTES, "a path that can be sent");
	fuzz_rule(text_is_utf8(bytes_text(path)), "the path is text");
	fuzz_rule(!strstr(path, "//") && !strstr(path, "/../") && !strstr(path, "/./"),
		"no empty and no relative segment");
	const char *last = strrchr(path, '/');
	fuzz_rule(strcmp(last, "/..") != 0 && strcmp(last, "/.") != 0, "nor at the end");
	for (const char *c = path; *c; c++)
		fuzz_rule(
			(unsigned char)*c >= 32 && *c != 127 && *c != '\\', "no control character");
}

static void check_params(const struct door_ask *ask)
{
	fuzz_rule(ask->param_count <= DOOR_PARAMS, "not too many parameters");
	for (size_t i = 0; i < ask->param_count; i++) {
		const struct door_param *param = &ask->params[i];
		fuzz_rule(strlen(param->name) <= DOOR_PARAM_NAME_BYTES &&
				  strlen(param->value) <= DOOR_PARAM_VALUE_BYTES,
			"no long parameter");
		fuzz_rule(text_is_clean(bytes_text(param->name)) &&
				  text_is_clean(bytes_text(param->value)),
			"parameters are text");
	}
}

static const char *word(const char *text)
{
	return text ? text : "";
}

// As the gate sends it and the vault reads it. All parameters together may be too much.
static void send(const struct door_ask *ask, struct arena *arena)
{
	static struct channel *gate, *vault;
	int fds[2];
	struct frame frame = {0};
	struct door_ask seen;
	if (!gate) {
		fuzz_rule(channel_pair(fds) == OK, "a pair");
		gate = channel_new(fds[0], &door_table, MESSAGE_BACK);
		vault = channel_new(fds[1], &door_table, MESSAGE_FORTH);
	}
	enum err err = door_ask_send(gate, ask, bytes_of(NULL, 0));
	fuzz_rule(err == OK || (err == ERR_LIMIT && ask->param_count > 1),
		"it is within the ceilings");
	if (err)
		return;
	fuzz_rule(channel_flush(gate) == OK && channel_fill(vault) == OK &&
			  channel_next(vault, &frame),
		"it arrives");
	fuzz_rule(door_ask_parse(frame.payload, arena, &seen) == OK, "the vault reads it");
	fuzz_rule(strcmp(seen.path, ask->path) == 0 && strcmp(seen.token, word(ask->token)) == 0 &&
			  strcmp(seen.if_match, word(ask->if_match)) == 0 &&
			  seen.method == ask->method && seen.param_count == ask->param_count &&
			  seen.console == ask->console,
		"unchanged");
}

static void refused(const struct http_refusal *refusal, struct bytes target, struct arena *arena)
{
	fuzz_rule(refusal->status >= 400 && refusal->status < 500, "the client is told");
	struct bytes body = http_refusal_body(refusal, target, arena);
	json_t *json = json_loadb((const char *)body.at, body.size, 0, NULL);
	fuzz_rule(json_is_object(json), "in JSON");
	json_decref(json);
}

static void ask_with(const struct http_head *head, struct bytes form, struct arena *arena)
{
	struct door_ask ask;
	struct http_refusal refusal = {0};
	if (http_ask(head, arena, &ask, &refusal)) {
		refused(&refusal, head->target, arena);
		return;
	}
	fuzz_rule(head->header_count <= HTTP_HEADERS_MOST, "no header is overlooked");
	check_path(ask.path);
	check_params(&ask);
	fuzz_rule(http_body_limit(&ask) <= DOOR_BODY_BYTES, "a body has a ceiling");
	if (http_is_form(&ask) && http_add_form(form, arena, &ask, &refusal)) {
		refused(&refusal, head->target, arena);
		return;
	}
	check_params(&ask);
	send(&ask, arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *at, size_t size)
{
	struct http_header headers[REQUEST_HEADERS];
	struct bytes rest = bytes_of(at, size);
	struct arena *arena = arena_new();
	struct http_head head = request_head(&rest, headers, arena);
	ask_with(&head, rest, arena);
	arena_free(arena);
	return 0;
}
