// segment: the files that hold the trail's sealed entries.
//
// DIR/segments/00000000.seg and so on, SEGMENT_BYTES each, written full of zeros before use so
// that a later fdatasync has no metadata to write. A segment is a sequence of groups; a group is
// what one fdatasync made durable:
//
//   header  64 bytes: magic "HLG1", u32 count, u64 first, u64 group, u32 payload size, u32 zero,
//           32 bytes SHA-256 over the 32 bytes before it and the payload
//   payload count times: u16 size, sealed entry
//   padding zeros up to the next multiple of SEGMENT_ALIGN
//
// Groups are numbered without gaps over all segments; a group never crosses a segment. The digest
// tells a group that was torn by power loss from one that was whole; it is not what protects the
// trail: the Merkle tree is. Pure reading lives here, shared by the ledger and the verifier.
#pragma once

#include "common/base/bytes.h"
#include "common/crypto/crypto.h"

enum {
	SEGMENT_BYTES = 16 * 1024 * 1024,
	SEGMENT_ALIGN = 512,
	SEGMENT_HEADER_BYTES = 64,
	SEGMENT_GROUP_BYTES = 8 * 1024 * 1024, // the largest group with its header
	SEGMENT_ENTRY_BYTES = 65535,
	SEGMENT_PATH_BYTES = 512,
};

struct group {
	uint32_t count, payload_bytes;
	uint64_t first;  // sequence number of its first entry
	uint64_t number; // of the group
};

void segment_path(const char *dir, uint32_t segment, char ret_path[SEGMENT_PATH_BYTES]);
size_t segment_group_bytes(uint32_t payload_bytes); // header, payload and padding

// Writes a header in front of a payload: `header` has SEGMENT_HEADER_BYTES.
void group_encode(const struct group *group, struct bytes payload, uint8_t *header);
// The group at the start of `bytes`. ERR_NOT_FOUND when there are only zeros in the header's
// place, ERR_SYNTAX when there is something else, ERR_CORRUPT when the digest does not match or the
// payload is not `count` entries.
enum err group_parse(struct bytes bytes, struct group *ret_group, struct bytes *ret_payload);
// Walks a payload: the next entry, or false at the end; `in` keeps an error.
bool group_next(struct cursor *in, struct bytes *ret_entry);
