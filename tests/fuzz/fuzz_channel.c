// The bytes between two roles. Even first byte: a stream of frames, given in pieces, as the vault
// reads it from the gate. Odd: one message to a control socket, with as many descriptors as the
// second byte says; none of them may be left open by accident.
#include "fuzz.h"

#include "common/io/wire.h"
#include "common/message/door.h"

#include <dirent.h>
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
	MOST_FDS = 4
};

static size_t open_descriptors(void)
{
	size_t count = 0;
	DIR *dir = opendir("/proc/self/fd");
	while (dir && readdir(dir))
		count++;
	if (dir)
		closedir(dir);
	return count;
}

static uint32_t most_bytes(uint16_t type)
{
	for (size_t i = 0; i < door_table.count; i++)
		if (door_table.rules[i].type == type &&
			door_table.rules[i].directions & MESSAGE_FORTH)
			return door_table.rules[i].most_bytes;
	fuzz_rule(0, "a message of this direction");
	return 0;
}

// All frames that are there; they must be the bytes that were sent, in order.
static void take_frames(struct channel *channel, struct bytes sent, size_t *at)
{
	struct frame frame;
	while (channel_next(channel, &frame)) {
		fuzz_rule(frame.payload.size <= most_bytes(frame.type), "within the table's size");
		*at += CHANNEL_HEADER_BYTES;
		fuzz_rule(*at + frame.payload.size <= sent.size &&
				  (!frame.payload.size || memcmp(sent.at + *at, frame.payload.at,
								  frame.payload.size) == 0),
			"what was sent");
		*at += frame.payload.size;
	}
}

static void stream(struct bytes sent, size_t piece)
{
	int fds[2];
	size_t taken = 0;
	enum err err = OK;
	fuzz_rule(channel_pair(fds) == OK, "a pair");
	struct channel *channel = channel_new(fds[0], &door_table, MESSAGE_FORTH);
	for (size_t at = 0; at < sent.size; at += piece) {
		size_t size = sent.size - at < piece ? sent.size - at : piece;
		fuzz_rule(write(fds[1], sent.at + at, size) == (ssize_t)size, "it is sent");
		fuzz_rule(channel_fill(channel) == OK, "it is read");
		take_frames(channel, sent, &taken);
	}
	// At once, whoever else looks at our descriptors in /proc and so holds this one open.
	fuzz_rule(shutdown(fds[1], SHUT_WR) == 0, "it is closed");
	close(fds[1]);
	err = channel_fill(channel);
	fuzz_rule(err == ERR_CLOSED, "the end is noticed");
	fuzz_rule(channel_broken(channel) ||
			  sent.size - taken < CHANNEL_HEADER_BYTES + CHANNEL_FRAME_BYTES,
		"what is left is less than a frame");
	channel_free(channel);
}

static void send_with(int socket, struct bytes payload, size_t fd_count)
{
	char room[CMSG_SPACE(MOST_FDS * sizeof(int))] = {0};
	int fds[MOST_FDS];
	struct iovec part = {(void *)(uintptr_t)payload.at, payload.size};
	struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1};
	for (size_t i = 0; i < fd_count; i++)
		fds[i] = STDERR_FILENO;
	if (fd_count) {
		message.msg_control = room;
		message.msg_controllen = CMSG_SPACE(fd_count * sizeof(int));
		struct cmsghdr *header = CMSG_FIRSTHDR(&message);
		header->cmsg_level = SOL_SOCKET;
		header->cmsg_type = SCM_RIGHTS;
		header->cmsg_len = CMSG_LEN(fd_count * sizeof(int));
		memcpy(CMSG_DATA(header), fds, fd_count * sizeof(int));
	}
	fuzz_rule(sendmsg(socket, &message, 0) == (ssize_t)payload.size, "it is sent");
}

static void control(struct bytes payload, size_t fd_count)
{
	static struct wire wire, again;
	static size_t before;
	int fds[2];
	if (!payload.size)
		return;
	if (!before)
		before = open_descriptors();
	fuzz_rule(wire_pair(fds) == OK, "a pair");
	send_with(fds[0], payload, fd_count);
	enum err err = wire_receive(fds[1], &wire);
	if (!err) {
		fuzz_rule(wire.kind >= WIRE_CHANNEL && wire.kind < WIRE_KINDS, "a message we know");
		fuzz_rule(strlen(wire.text) + 8 == payload.size, "all of its text");
		fuzz_rule(fd_count <= 1 && (wire.fd >= 0) == (fd_count == 1),
			"one descriptor or none");
		fuzz_rule(wire_send(fds[1], &wire) == OK && wire_receive(fds[0], &again) == OK,
			"it can be sent again");
		fuzz_rule(again.kind == wire.kind && again.index == wire.index &&
				  again.value == wire.value && strcmp(again.text, wire.text) == 0,
			"the same");
		if (wire.fd >= 0)
			close(wire.fd);
		if (again.fd >= 0)
			close(again.fd);
	}
	close(fds[0]);
	close(fds[1]);
	fuzz_rule(open_descriptors() == before, "no descriptor is left");
}

int LLVMFuzzerTestOneInput(const uint8_t *at, size_t size)
{
	if (size < 2)
		return 0;
	struct bytes rest = bytes_of(at + 2, size - 2);
	if (at[0] % 2)
		control(rest, at[1] % (MOST_FDS + 1));
	else
		stream(rest, (size_t)at[1] + 1);
	return 0;
}
