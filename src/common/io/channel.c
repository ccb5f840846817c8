#include "common/io/channel.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
	FILL_BYTES = 256 * 1024,
	SOCKET_BYTES = 1024 * 1024
};

struct channel {
	int fd;
	const struct message_table *table;
	uint8_t receives;
	const char *broken;
	struct buf in, out;
	size_t in_at;   // parsed so far
	size_t out_at;  // written so far
	size_t open_at; // where the open frame's header is
	bool open;
	bool more; // the last fill took all that it had room for
};

struct channel *channel_new(int fd, const struct message_table *table, uint8_t receives)
{
	struct channel *channel = calloc(1, sizeof *channel);
	if (!channel)
		abort();
	channel->fd = fd;
	channel->table = table;
	channel->receives = receives;
	return channel;
}

void channel_free(struct channel *channel)
{
	if (!channel)
		return;
	close(channel->fd);
	buf_done(&channel->in);
	buf_done(&channel->out);
	free(channel);
}

int channel_fd(const struct channel *channel)
{
	return channel->fd;
}

static void drop_parsed(struct channel *channel)
{
	if (!channel->in_at)
		return;
	buf_drop_front(&channel->in, channel->in_at);
	channel->in_at = 0;
}

enum err channel_fill(struct channel *channel)
{
	drop_parsed(channel);
	buf_reserve(&channel->in, FILL_BYTES);
	struct buf *in = &channel->in;
	size_t room = in->room - in->size;
	ssize_t got = recv(channel->fd, in->at + in->size, room, MSG_DONTWAIT);
	channel->more = got > 0 && (size_t)got == room;
	if (got > 0) {
		in->size += (size_t)got;
		return OK;
	}
	if (got == 0)
		return ERR_CLOSED;
	if (errno == EAGAIN || errno == EINTR)
		return OK;
	return errno == ECONNRESET ? ERR_CLOSED : ERR_IO;
}

bool channel_more(const struct channel *channel)
{
	return channel->more;
}

static const struct message_rule *rule_find(const struct message_table *table, uint16_t type)
{
	for (size_t i = 0; i < table->count; i++)
		if (table->rules[i].type == type)
			return &table->rules[i];
	return NULL;
}

static const char *frame_problem(const struct channel *channel, uint16_t type, uint32_t size)
{
	const struct message_rule *rule = rule_find(channel->table, type);
	if (!rule)
		return "a message that the table does not know";
	if (!(rule->directions & channel->receives))
		return "a message in the wrong direction";
	if (size > rule->most_bytes || size > CHANNEL_FRAME_BYTES)
		return "a message larger than the table allows";
	return NULL;
}

bool channel_next(struct channel *channel, struct frame *ret_frame)
{
	if (channel->broken || channel->in.size - channel->in_at < CHANNEL_HEADER_BYTES)
		return false;
	struct cursor cursor = cursor_of(
		bytes_of(channel->in.at + channel->in_at, channel->in.size - channel->in_at));
	uint32_t size = get_u32(&cursor);
	uint16_t type = get_u16(&cursor);
	uint16_t zero = get_u16(&cursor);
	channel->broken = zero ? "a header that is not ours" : frame_problem(channel, type, size);
	if (channel->broken || cursor_left(&cursor) < size)
		return false;
	*ret_frame = (struct frame){type, get_raw(&cursor, size)};
	channel->in_at += CHANNEL_HEADER_BYTES + size;
	return true;
}

const char *channel_broken(const struct channel *channel)
{
	return channel->broken;
}

struct buf *channel_begin(struct channel *channel, uint16_t type)
{
	assert(!channel->open);
	channel->open = true;
	channel->open_at = channel->out.size;
	put_u32(&channel->out, 0);
	put_u16(&channel->out, type);
	put_u16(&channel->out, 0);
	return &channel->out;
}

void channel_end(struct channel *channel)
{
	assert(channel->open);
	channel->open = false;
	uint8_t *header = channel->out.at + channel->open_at;
	size_t size = channel->out.size - channel->open_at - CHANNEL_HEADER_BYTES;
	const struct message_rule *rule =
		rule_find(channel->table, (uint16_t)(header[4] | header[5] << 8));
	assert(rule && rule->directions & (uint8_t)~channel->receives);
	assert(size <= rule->most_bytes && size <= CHANNEL_FRAME_BYTES);
	for (unsigned i = 0; i < 4; i++)
		header[i] = (uint8_t)(size >> (8 * i));
}

size_t channel_queued_bytes(const struct channel *channel)
{
	return channel->out.size - channel->out_at;
}

bool channel_has_room(const struct channel *channel, size_t size_bytes)
{
	return size_bytes <= CHANNEL_SMALL_BYTES ||
	       channel_queued_bytes(channel) + size_bytes <= CHANNEL_ROOM_BYTES;
}

enum err channel_flush(struct channel *channel)
{
	struct buf *out = &channel->out;
	while (channel->out_at < out->size) {
		ssize_t sent = send(channel->fd, out->at + channel->out_at,
			out->size - channel->out_at, MSG_DONTWAIT | MSG_NOSIGNAL);
		if (sent < 0 && errno == EINTR)
			continue;
		if (sent < 0 && errno == EAGAIN)
			break;
		if (sent < 0)
			return errno == EPIPE || errno == ECONNRESET ? ERR_CLOSED : ERR_IO;
		channel->out_at += (size_t)sent;
	}
	if (channel->out_at == out->size) {
		buf_clear(out);
		channel->out_at = 0;
	} else if (channel->out_at > out->size / 2) {
		buf_drop_front(out, channel->out_at);
		channel->out_at = 0;
	}
	return channel_queued_bytes(channel) > CHANNEL_QUEUE_BYTES ? ERR_BUSY : OK;
}

enum err channel_pair(int ret_fds[2])
{
	int fds[2], size = SOCKET_BYTES;
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, fds) < 0)
		return ERR_IO;
	for (int i = 0; i < 2; i++) { // smaller buffers only cost speed
		(void)setsockopt(fds[i], SOL_SOCKET, SO_SNDBUF, &size, sizeof size);
		ret_fds[i] = fds[i];
	}
	return OK;
}
