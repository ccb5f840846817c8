// wire: small messages, with at most one descriptor, between the parent and its roles.
//
// Every role has one control socket (SOCK_SEQPACKET) to the parent, at CONTROL_FD. Over it the
// parent hands out channels: when a role was restarted, its peers get new ones the same way. Fixed
// layout, little-endian: u8 kind, u8 index, u16 zero, u32 value, text to the end.
#pragma once

#include "common/base/err.h"

#include <stdbool.h>
#include <stdint.h>

enum {
	CONTROL_FD = 3,
	WIRE_TEXT_BYTES = 8192
};

enum wire_kind {
	WIRE_CHANNEL = 1, // parent → role: a channel to the role that text names; index tells
			  // several apart
	WIRE_LOCAL, // parent → vault: a connection of the command line; value is the user's id
	WIRE_HELLO, // gate's worker → parent: the other end of its own control socket; value is its
		    // process, index how far Landlock confines it
	WIRE_ROLES,  // parent → vault: one line of fields for each role (docs/roles.md)
	WIRE_READY,  // role → parent: confined and serving; value is Landlock's version, or 0
	WIRE_STOP,   // parent → role: finish and exit
	WIRE_LOST,   // gate's worker → parent: its channel to the vault ended; it needs another
	WIRE_KEY,    // parent → vault, guard: from now on the key of orders
		     // (common/message/ward_proof.h)
	WIRE_FORGED, // guard → parent → vault: an order that the vault did not give; text says
		     // which, value how many since the last time
	WIRE_KINDS
};

struct wire {
	enum wire_kind kind;
	uint8_t index;
	uint32_t value;
	int fd; // -1: none; the receiver owns it
	char text[WIRE_TEXT_BYTES];
};

// ERR_BUSY when the socket is full, ERR_CLOSED when nobody is there.
enum err wire_send(int socket, const struct wire *wire);
// ERR_BUSY when nothing is there, ERR_CLOSED at the end, ERR_SYNTAX for what is not a wire message,
// also one with several descriptors: none of them stays open.
enum err wire_receive(int socket, struct wire *ret_wire);
enum err wire_pair(int ret_fds[2]); // non-blocking, close-on-exec
