// note: signed checkpoints, as other people's tools read them.
//
// C2SP signed-note with Ed25519 signatures, whose text is a C2SP tlog-checkpoint: the origin, the
// tree's size and its root. A verifier needs the public key in C2SP's vkey form:
// NAME+KEYID+BASE64(0x01, public key).
#pragma once

#include "common/crypto/crypto.h"

enum {
	NOTE_BYTES = 1024,
	NOTE_ORIGIN_BYTES = 128,
	NOTE_VKEY_BYTES = 256
};

struct checkpoint {
	char origin[NOTE_ORIGIN_BYTES];
	uint64_t size;
	struct hash root;
};

// The vkey text of a public key. ERR_LIMIT for a long name, ERR_INVALID for one with '+' or space.
enum err note_vkey(
	const char *name, const uint8_t public[SIGN_PUBLIC_BYTES], char ret_vkey[NOTE_VKEY_BYTES]);
enum err note_vkey_parse(
	const char *vkey, char ret_name[NOTE_ORIGIN_BYTES], uint8_t ret_public[SIGN_PUBLIC_BYTES]);

// Text of a signed checkpoint, with its NUL. The origin is also the key's name.
enum err note_sign(
	const struct checkpoint *checkpoint, const struct sign_key *key, char ret_note[NOTE_BYTES]);
// ERR_SYNTAX, ERR_LIMIT; ERR_CORRUPT when no signature is by that key (name and public).
enum err note_open(struct bytes note, const char *vkey, struct checkpoint *ret_checkpoint);
