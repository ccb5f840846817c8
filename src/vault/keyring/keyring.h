// keyring: the keys of the house, unlocked once at start.
//
// A passphrase (a file that only the vault's user can read) and a salt give, by Argon2id, the key
// that opens a small file, `ring`. In it, made at random at first start: the key-encryption key
// that wraps the records' data keys, and the keys of the trail, of identity and of watch. While the
// key-encryption key is being rotated the ring holds the one before, too.
#pragma once

#include "common/crypto/crypto.h"

struct keyring {
	struct key kek, old_kek; // old_kek only while `rotating`
	bool rotating;
	struct key trail_seal, trail_search, identity, watch;
	struct sign_key trail_sign;
};

// Where the ring is, and what opens it: "" is DIR/passphrase. Borrowed.
struct keyring_place {
	const char *dir, *passphrase_path;
};

// Reads, or makes at first start, DIR/salt, DIR/ring and, when `passphrase_path` is empty,
// DIR/passphrase. ERR_CORRUPT when the passphrase does not open the ring. Wipe with keyring_wipe().
// This and the two below cost 64 MiB and a tenth of a second: not for an event loop.
enum err keyring_open(
	const struct keyring_place *place, struct keyring *ret_keyring, char ret_problem[256]);
void keyring_wipe(struct keyring *keyring);

// Puts a new key-encryption key into the ring, beside the one before; durable when it returns. When
// a rotation is under way already, gives the new key of that one again.
enum err keyring_rotate(const struct keyring_place *place, struct key *ret_kek);
// Drops the key before: nothing may be wrapped under it any more.
enum err keyring_rotated(const struct keyring_place *place);
