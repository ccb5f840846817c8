#include "common/io/wire.h"

#include "common/base/bytes.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
	HEADER_BYTES = 8
};

union control {
	struct cmsghdr align;
	char room[CMSG_SPACE(sizeof(int))];
};

static void attach(struct msghdr *message, union control *control, int fd)
{
	memset(control, 0, sizeof *control);
	message->msg_control = control->room;
	message->msg_controllen = sizeof control->room;
	struct cmsghdr *header = CMSG_FIRSTHDR(message);
	header->cmsg_level = SOL_SOCKET;
	header->cmsg_type = SCM_RIGHTS;
	header->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(header), &fd, sizeof fd);
}

enum err wire_send(int socket, const struct wire *wire)
{
	struct buf buf = {0};
	union control control;
	put_u8(&buf, (uint8_t)wire->kind);
	put_u8(&buf, wire->index);
	put_u16(&buf, 0);
	put_u32(&buf, wire->value);
	buf_add_text(&buf, wire->text);
	struct iovec part = {buf.at, buf.size};
	struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1};
	if (wire->fd >= 0)
		attach(&message, &control, wire->fd);
	ssize_t sent = sendmsg(socket, &message, MSG_NOSIGNAL | MSG_DONTWAIT);
	int problem = errno;
	if (wire->kind == WIRE_KEY)
		explicit_bzero(buf.at, buf.size);
	buf_done(&buf);
	if (sent >= 0)
		return OK;
	return problem == EAGAIN                                                  ? ERR_BUSY
	       : problem == EPIPE || problem == ECONNRESET || problem == ENOTCONN ? ERR_CLOSED
										  : ERR_IO;
}

// The room for one descriptor has, by its alignment, place for two: all that came are counted, and
// those that nobody asked for are closed, or a hostile peer could use up our descriptors.
static enum err received_fd(struct msghdr *message, int *ret_fd)
{
	struct cmsghdr *header = CMSG_FIRSTHDR(message);
	size_t count = 0;
	int fds[sizeof(union control) / sizeof(int)] = {-1};
	if (header && header->cmsg_level == SOL_SOCKET && header->cmsg_type == SCM_RIGHTS) {
		count = (header->cmsg_len - CMSG_LEN(0)) / sizeof(int);
		memcpy(fds, CMSG_DATA(header), count * sizeof(int));
	}
	if (count <= 1 && !(message->msg_flags & (MSG_CTRUNC | MSG_TRUNC))) {
		*ret_fd = fds[0];
		return OK;
	}
	for (size_t i = 0; i < count; i++)
		close(fds[i]);
	return ERR_SYNTAX;
}

static enum err parse(struct bytes payload, struct wire *wire)
{
	struct cursor in = cursor_of(payload);
	wire->kind = (enum wire_kind)get_u8(&in);
	wire->index = get_u8(&in);
	uint16_t zero = get_u16(&in);
	wire->value = get_u32(&in);
	struct bytes text = get_raw(&in, cursor_left(&in));
	if (in.err || zero || wire->kind < WIRE_CHANNEL || wire->kind >= WIRE_KINDS ||
		text.size >= sizeof wire->text || (text.size && memchr(text.at, 0, text.size)))
		return ERR_SYNTAX;
	if (text.size)
		memcpy(wire->text, text.at, text.size);
	wire->text[text.size] = 0;
	return OK;
}

enum err wire_receive(int socket, struct wire *ret_wire)
{
	uint8_t room[HEADER_BYTES + WIRE_TEXT_BYTES];
	union control control;
	struct iovec part = {room, sizeof room};
	struct msghdr message = {.msg_iov = &part,
		.msg_iovlen = 1,
		.msg_control = control.room,
		.msg_controllen = sizeof control.room};
	ssize_t got = recvmsg(socket, &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
	if (got < 0)
		return errno == EAGAIN || errno == EINTR ? ERR_BUSY
		       : errno == ECONNRESET             ? ERR_CLOSED
							 : ERR_IO;
	if (got == 0)
		return ERR_CLOSED;
	int fd = -1;
	enum err err = received_fd(&message, &fd);
	if (!err)
		err = parse(bytes_of(room, (size_t)got), ret_wire);
	if (!err && ret_wire->kind == WIRE_KEY)
		explicit_bzero(room, (size_t)got); // whoever has it, wipes theirs
	if (err && fd >= 0)
		close(fd);
	ret_wire->fd = err ? -1 : fd;
	return err;
}

enum err wire_pair(int ret_fds[2])
{
	int fds[2];
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, fds) < 0)
		return ERR_IO;
	ret_fds[0] = fds[0];
	ret_fds[1] = fds[1];
	return OK;
}
