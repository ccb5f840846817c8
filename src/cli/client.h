// client: asks the running vault over the server's own socket, in the door's messages.
#pragma once

#include "common/base/bytes.h"
#include "common/config/config.h"
#include "common/message/door.h"

struct client;

// ERR_CLOSED when no server answers.
enum err client_open(const struct config *config, struct client **ret_client);
void client_close(struct client *client);

struct client_ask {
	enum door_method method;
	const char *path;
	const struct door_param *params;
	size_t param_count;
	struct bytes body;
};
// Waits for the answer; its body is appended to ret_body.
enum err client_ask(struct client *client, const struct client_ask *ask, uint16_t *ret_status,
	struct buf *ret_body);
