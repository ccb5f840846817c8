#include "vault/ledger/segment.h"

#include <stdio.h>
#include <string.h>

static const uint8_t magic[4] = {'H', 'L', 'G', '1'};
enum {
	DIGEST_AT = 32
};

void segment_path(const char *dir, uint32_t segment, char ret_path[SEGMENT_PATH_BYTES])
{
	snprintf(ret_path, SEGMENT_PATH_BYTES, "%s/segments/%08u.seg", dir, segment);
}

size_t segment_group_bytes(uint32_t payload_bytes)
{
	size_t size = SEGMENT_HEADER_BYTES + (size_t)payload_bytes;
	return (size + SEGMENT_ALIGN - 1) / SEGMENT_ALIGN * SEGMENT_ALIGN;
}

static struct hash digest(const uint8_t *header, struct bytes payload)
{
	struct hasher *hasher = hasher_new();
	hasher_add(hasher, bytes_of(header, DIGEST_AT));
	hasher_add(hasher, payload);
	struct hash hash = hasher_end(hasher);
	hasher_free(hasher);
	return hash;
}

void group_encode(const struct group *group, struct bytes payload, uint8_t *header)
{
	struct buf buf = {0};
	buf_add(&buf, magic, sizeof magic);
	put_u32(&buf, group->count);
	put_u64(&buf, group->first);
	put_u64(&buf, group->number);
	put_u32(&buf, (uint32_t)payload.size);
	put_u32(&buf, 0);
	memcpy(header, buf.at, DIGEST_AT);
	struct hash hash = digest(header, payload);
	memcpy(header + DIGEST_AT, hash.bytes, HASH_BYTES);
	buf_done(&buf);
}

enum err group_parse(struct bytes bytes, struct group *ret_group, struct bytes *ret_payload)
{
	static const uint8_t nothing[SEGMENT_HEADER_BYTES];
	struct cursor in = cursor_of(bytes);
	struct bytes header = get_raw(&in, SEGMENT_HEADER_BYTES);
	if (in.err || memcmp(header.at, nothing, sizeof nothing) == 0)
		return ERR_NOT_FOUND;
	struct cursor h = cursor_of(header);
	struct bytes mark = get_raw(&h, sizeof magic);
	struct group group = {.count = get_u32(&h), .first = get_u64(&h), .number = get_u64(&h)};
	group.payload_bytes = get_u32(&h);
	if (memcmp(mark.at, magic, sizeof magic) != 0 || get_u32(&h) != 0 ||
		group.payload_bytes > SEGMENT_GROUP_BYTES)
		return ERR_SYNTAX;
	struct bytes payload = get_raw(&in, group.payload_bytes);
	if (in.err)
		return ERR_CORRUPT;
	struct hash want = digest(header.at, payload);
	if (memcmp(want.bytes, header.at + DIGEST_AT, HASH_BYTES) != 0)
		return ERR_CORRUPT;
	struct bytes entry;
	uint32_t count = 0;
	for (in = cursor_of(payload); group_next(&in, &entry);)
		count++;
	if (in.err || count != group.count || !count)
		return ERR_CORRUPT;
	*ret_group = group;
	*ret_payload = payload;
	return OK;
}

bool group_next(struct cursor *in, struct bytes *ret_entry)
{
	if (!cursor_left(in))
		return false;
	size_t size = get_u16(in);
	*ret_entry = get_raw(in, size);
	return !in->err;
}
