#include "common/crypto/note.h"

#include "common/base/text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
	ED25519_TYPE = 1,
	KEY_ID_BYTES = 4
};

// The first four bytes of SHA-256 over name, newline, type, key.
static void key_id(const char *name, const uint8_t public[SIGN_PUBLIC_BYTES], uint8_t ret_id[4])
{
	struct buf buf = {0};
	buf_add_text(&buf, name);
	put_u8(&buf, '\n');
	put_u8(&buf, ED25519_TYPE);
	buf_add(&buf, public, SIGN_PUBLIC_BYTES);
	struct hash hash = crypto_sha256(buf_bytes(&buf));
	memcpy(ret_id, hash.bytes, KEY_ID_BYTES);
	buf_done(&buf);
}

static bool name_is_fine(const char *name)
{
	size_t length = strlen(name);
	return length && length < NOTE_ORIGIN_BYTES && !strpbrk(name, "+ \t\r\n");
}

enum err note_vkey(
	const char *name, const uint8_t public[SIGN_PUBLIC_BYTES], char ret_vkey[NOTE_VKEY_BYTES])
{
	uint8_t id[KEY_ID_BYTES], typed[1 + SIGN_PUBLIC_BYTES] = {ED25519_TYPE};
	char hex[2 * KEY_ID_BYTES + 1], key[64];
	if (!name_is_fine(name))
		return ERR_INVALID;
	key_id(name, public, id);
	memcpy(typed + 1, public, SIGN_PUBLIC_BYTES);
	text_hex(bytes_of(id, sizeof id), hex);
	text_base64(bytes_of(typed, sizeof typed), key);
	snprintf(ret_vkey, NOTE_VKEY_BYTES, "%s+%s+%s", name, hex, key);
	return OK;
}

enum err note_vkey_parse(
	const char *vkey, char ret_name[NOTE_ORIGIN_BYTES], uint8_t ret_public[SIGN_PUBLIC_BYTES])
{
	char name[NOTE_ORIGIN_BYTES] = "", again[NOTE_VKEY_BYTES];
	uint8_t typed[1 + SIGN_PUBLIC_BYTES + 2];
	size_t size = 0, length = strcspn(vkey, "+");
	// The key itself may hold a '+': it is what follows the second one.
	const char *key = vkey[length] ? strchr(vkey + length + 1, '+') : NULL;
	if (length >= sizeof name || !key)
		return ERR_SYNTAX;
	memcpy(name, vkey, length);
	enum err err = text_unbase64(bytes_text(key + 1), typed, sizeof typed, &size);
	if (err || size != 1 + SIGN_PUBLIC_BYTES || typed[0] != ED25519_TYPE)
		return ERR_SYNTAX;
	err = note_vkey(name, typed + 1, again);
	if (err || strcmp(again, vkey) != 0) // the key id must be the one that follows
		return ERR_SYNTAX;
	memcpy(ret_name, name, sizeof name);
	memcpy(ret_public, typed + 1, SIGN_PUBLIC_BYTES);
	return OK;
}

enum err note_sign(
	const struct checkpoint *checkpoint, const struct sign_key *key, char ret_note[NOTE_BYTES])
{
	char root[64], line[128], text[NOTE_BYTES / 2];
	uint8_t raw[KEY_ID_BYTES + SIGNATURE_BYTES];
	if (!name_is_fine(checkpoint->origin))
		return ERR_INVALID;
	text_base64(bytes_of(checkpoint->root.bytes, HASH_BYTES), root);
	snprintf(text, sizeof text, "%s\n%llu\n%s\n", checkpoint->origin,
		(unsigned long long)checkpoint->size, root);
	key_id(checkpoint->origin, key->public, raw);
	enum err err = sign_message(key, bytes_text(text), raw + KEY_ID_BYTES);
	if (err)
		return err;
	text_base64(bytes_of(raw, sizeof raw), line);
	snprintf(ret_note, NOTE_BYTES, "%s\n\xe2\x80\x94 %s %s\n", text, checkpoint->origin, line);
	return OK;
}

// The line from *at up to its newline, which is consumed; false when there is none.
static bool next_line(const char **at, char *ret_line, size_t most)
{
	const char *end = strchr(*at, '\n');
	if (!end || (size_t)(end - *at) >= most)
		return false;
	memcpy(ret_line, *at, (size_t)(end - *at));
	ret_line[end - *at] = 0;
	*at = end + 1;
	return true;
}

static enum err parse_text(const char *text, struct checkpoint *ret)
{
	char size[24], root[64], *end;
	size_t root_size = 0;
	struct checkpoint c = {0};
	if (!next_line(&text, c.origin, sizeof c.origin) || !next_line(&text, size, sizeof size) ||
		!next_line(&text, root, sizeof root))
		return ERR_SYNTAX;
	if (size[0] < '0' || size[0] > '9' || (size[0] == '0' && size[1]))
		return ERR_SYNTAX;
	c.size = strtoull(size, &end, 10);
	if (*end || strlen(size) > 19)
		return ERR_SYNTAX;
	enum err err = text_unbase64(bytes_text(root), c.root.bytes, HASH_BYTES, &root_size);
	if (err || root_size != HASH_BYTES)
		return ERR_SYNTAX;
	*ret = c;
	return OK;
}

static bool signature_holds(const char *line, const char *vkey, struct bytes text)
{
	char name[NOTE_ORIGIN_BYTES];
	uint8_t public[SIGN_PUBLIC_BYTES], id[KEY_ID_BYTES],
		raw[KEY_ID_BYTES + SIGNATURE_BYTES + 2];
	size_t size = 0, dash = strlen("\xe2\x80\x94 ");
	if (note_vkey_parse(vkey, name, public) || !text_starts(line, "\xe2\x80\x94 "))
		return false;
	line += dash;
	size_t length = strlen(name);
	if (strncmp(line, name, length) != 0 || line[length] != ' ')
		return false;
	if (text_unbase64(bytes_text(line + length + 1), raw, sizeof raw, &size))
		return false;
	key_id(name, public, id);
	return size == KEY_ID_BYTES + SIGNATURE_BYTES && memcmp(raw, id, KEY_ID_BYTES) == 0 &&
	       sign_verify(public, text, raw + KEY_ID_BYTES) == OK;
}

enum err note_open(struct bytes note, const char *vkey, struct checkpoint *ret_checkpoint)
{
	char all[NOTE_BYTES + 1], line[NOTE_BYTES];
	struct checkpoint checkpoint;
	if (note.size > NOTE_BYTES)
		return ERR_LIMIT;
	if (!text_is_utf8(note))
		return ERR_SYNTAX;
	memcpy(all, note.at, note.size);
	all[note.size] = 0;
	char *blank = strstr(all, "\n\n");
	if (!blank)
		return ERR_SYNTAX;
	struct bytes text = bytes_of(note.at, (size_t)(blank - all) + 1);
	enum err err = parse_text(all, &checkpoint);
	if (err)
		return err;
	const char *at = blank + 2;
	while (next_line(&at, line, sizeof line)) {
		if (signature_holds(line, vkey, text)) {
			*ret_checkpoint = checkpoint;
			return OK;
		}
	}
	return ERR_CORRUPT;
}
