// channel: framed messages between two roles over one stream socket.
//
// A frame is u32 payload size, u16 message type, u16 zero, payload; little-endian. The channel
// does not know an event loop: its owner asks channel_fd() for the descriptor, calls
// channel_fill() when it is readable and channel_flush() when it is writable and wanted, so the
// same code serves libevent and nginx. Many frames queued between two flushes leave in one write,
// and one fill yields as many frames as the other side sent: under load a wake-up serves many.
//
// Who checks: the receiver, against the constant table of the pair (common/message). A frame of a
// type the table does not know for this direction, or larger than the table allows, breaks the
// channel: nothing after it is believed.
#pragma once

#include "common/base/bytes.h"

enum {
	CHANNEL_HEADER_BYTES = 8,
	CHANNEL_FRAME_BYTES = 64 * 1024,         // no payload is larger, whatever a table says
	CHANNEL_QUEUE_BYTES = 128 * 1024 * 1024, // past this the peer does not read: ERR_BUSY
	CHANNEL_ROOM_BYTES = 112 * 1024 * 1024,  // of it for what is large and can be refused
	CHANNEL_SMALL_BYTES = 64 * 1024,
};

// One line of a pair's table.
struct message_rule {
	uint16_t type;
	const char *name;
	const char *meaning; // one plain sentence; docs/roles.md is made from it
	uint8_t directions;  // MESSAGE_FORTH, MESSAGE_BACK, or both
	uint32_t most_bytes; // of the payload
};
enum {
	MESSAGE_FORTH = 1,
	MESSAGE_BACK = 2
};

struct message_table {
	const char *pair;         // "gate - vault"
	const char *forth, *back; // who sends in which direction
	const struct message_rule *rules;
	size_t count;
};

struct channel;

struct frame {
	uint16_t type;
	struct bytes payload; // borrowed until the next channel_fill()
};

// Takes over fd (a connected, non-blocking stream socket); `receives` is the direction in which
// frames come in here. The table must outlive the channel.
struct channel *channel_new(int fd, const struct message_table *table, uint8_t receives);
void channel_free(struct channel *channel); // closes; NULL is fine

int channel_fd(const struct channel *channel);

// Reads what is there. OK also when nothing was; ERR_CLOSED at the end; ERR_IO.
enum err channel_fill(struct channel *channel);
// There is probably more to read: an owner that is told only of changes (edge-triggered, as nginx)
// must fill again until this is false.
bool channel_more(const struct channel *channel);
// The next whole frame that was read: true and ret_frame, or false. A frame against the table
// makes this false and channel_broken() say why.
bool channel_next(struct channel *channel, struct frame *ret_frame);
const char *channel_broken(const struct channel *channel); // NULL while all is well

// Starts a frame at the end of the queue and returns the buffer to append the payload to with
// put_*(); channel_end() completes it. Only one frame is open at a time.
struct buf *channel_begin(struct channel *channel, uint16_t type);
void channel_end(struct channel *channel); // asserts the table's size
size_t channel_queued_bytes(const struct channel *channel);
// May so much be queued? What is small always may: a sender asks before it queues what a peer made
// large, so that many large ones at once are refused one by one and do not break the channel.
bool channel_has_room(const struct channel *channel, size_t size_bytes);
// Writes as much as the socket takes. OK also when some is left (channel_queued_bytes).
enum err channel_flush(struct channel *channel);

// A connected pair of non-blocking, close-on-exec stream sockets with large buffers.
enum err channel_pair(int ret_fds[2]);
