#include "cli/client.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

struct client {
	struct channel *channel;
	uint32_t next_id;
};

enum err client_open(const struct config *config, struct client **ret_client)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	snprintf(address.sun_path, sizeof address.sun_path, "%s/run/hospitaller.sock",
		config->state);
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return ERR_IO;
	if (connect(fd, (struct sockaddr *)&address, sizeof address) != 0) {
		close(fd);
		return ERR_CLOSED;
	}
	struct client *client = calloc(1, sizeof *client);
	if (!client)
		abort();
	client->channel = channel_new(fd, &door_table, MESSAGE_BACK);
	*ret_client = client;
	return OK;
}

void client_close(struct client *client)
{
	if (!client)
		return;
	channel_free(client->channel);
	free(client);
}

static enum err wait_for(struct client *client, short events)
{
	struct pollfd one = {channel_fd(client->channel), events, 0};
	return poll(&one, 1, -1) > 0 ? OK : ERR_IO;
}

static enum err send_all(struct client *client)
{
	enum err err = OK;
	while (!err && channel_queued_bytes(client->channel)) {
		err = channel_flush(client->channel);
		if (!err && channel_queued_bytes(client->channel))
			err = wait_for(client, POLLOUT);
	}
	return err;
}

struct receiving {
	struct arena *arena;
	struct door_answer answer;
	bool begun;
	size_t got;
	struct buf *body;
};

static enum err take(struct receiving *r, const struct frame *frame)
{
	uint32_t id;
	struct bytes more;
	enum err err;
	if (frame->type == DOOR_ANSWER) {
		err = door_answer_parse(frame->payload, r->arena, &r->answer);
		more = r->answer.body_first;
		r->begun = !err;
	} else {
		err = door_more_parse(frame->payload, &id, &more);
	}
	if (err)
		return err;
	buf_add_bytes(r->body, more);
	r->got += more.size;
	return OK;
}

static enum err receive_all(struct client *client, struct receiving *r)
{
	struct frame frame;
	enum err err = OK;
	while (!err && (!r->begun || r->got < r->answer.body_size)) {
		err = wait_for(client, POLLIN);
		if (!err)
			err = channel_fill(client->channel);
		while (!err && channel_next(client->channel, &frame))
			err = take(r, &frame);
		if (!err && channel_broken(client->channel))
			err = ERR_SYNTAX;
	}
	return err;
}

enum err client_ask(struct client *client, const struct client_ask *ask, uint16_t *ret_status,
	struct buf *ret_body)
{
	struct receiving r = {.arena = arena_new(), .body = ret_body};
	const struct door_ask out = {.id = ++client->next_id,
		.method = ask->method,
		.path = ask->path,
		.params = ask->params,
		.param_count = ask->param_count,
		.peer = "local",
		.host = "localhost",
		.content_type = "application/json",
		.user_agent = "hospitaller"};
	enum err err = door_ask_send(client->channel, &out, ask->body);
	if (!err)
		err = send_all(client);
	if (!err)
		err = receive_all(client, &r);
	if (!err)
		*ret_status = r.answer.status;
	arena_free(r.arena);
	return err;
}
