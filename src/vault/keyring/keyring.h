// keyring: the keys of the house, unlocked once at start.
//
// A passphrase (a file that only the vault's user can read) and a salt give the key-encryption key
// by Argon2id. Under it a small file, `ring`, holds the keys of the trail and of identity, made at
// random at first start; the records' data keys are wrapped under it in their own database.
#pragma once

#include "common/crypto/crypto.h"

struct keyring {
	struct key kek;
	struct key trail_seal, trail_search, identity, watch;
	struct sign_key trail_sign;
};

// Reads, or makes at first start, DIR/salt, DIR/ring and, when `passphrase_path` is empty,
// DIR/passphrase. ERR_CORRUPT when the passphrase does not open the ring. Wipe with keyring_wipe().
enum err keyring_open(const char *dir, const char *passphrase_path, struct keyring *ret_keyring,
	char ret_problem[256]);
void keyring_wipe(struct keyring *keyring);
