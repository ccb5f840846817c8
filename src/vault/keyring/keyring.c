#include "vault/keyring/keyring.h"

#include "common/base/text.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { SALT_BYTES = 16, SECRET_FILE_BYTES = 4096, RING_KEYS = 5, PASSPHRASE_RANDOM = 32 };

// Made once, for a machine that starts in seconds: 64 MiB, three passes (RFC 9106, second choice).
static const struct password_cost cost = {.memory_kib = 65536, .passes = 3, .lanes = 4};
static const char ring_context[] = "hospitaller ring 1";

static enum err read_file(const char *path, struct buf *ret)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return errno == ENOENT ? ERR_NOT_FOUND : ERR_IO;
	buf_reserve(ret, SECRET_FILE_BYTES);
	ssize_t got = read(fd, ret->at, SECRET_FILE_BYTES);
	close(fd);
	if (got < 0)
		return ERR_IO;
	ret->size = (size_t)got;
	return OK;
}

// New and durable, or not there at all.
static enum err write_file(const char *path, struct bytes content)
{
	char next[512];
	snprintf(next, sizeof next, "%s.next", path);
	int fd = open(next, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0400);
	if (fd < 0)
		return ERR_IO;
	bool fine = write(fd, content.at, content.size) == (ssize_t)content.size && fsync(fd) == 0;
	close(fd);
	return fine && rename(next, path) == 0 ? OK : ERR_IO;
}

static enum err read_or_make(const char *path, size_t random_bytes, bool as_text, struct buf *ret)
{
	uint8_t random[64];
	char text[2 * sizeof random + 1];
	enum err err = read_file(path, ret);
	if (err != ERR_NOT_FOUND)
		return err;
	crypto_random(random, random_bytes);
	text_hex(bytes_of(random, random_bytes), text);
	if (as_text)
		buf_add_text(ret, text);
	else
		buf_add(ret, random, random_bytes);
	crypto_wipe(random, sizeof random);
	crypto_wipe(text, sizeof text);
	return write_file(path, buf_bytes(ret));
}

static void take(struct cursor *in, void *to, size_t size)
{
	struct bytes from = get_raw(in, size);
	if (from.size)
		memcpy(to, from.at, from.size);
}

static enum err unpack(struct bytes plain, struct keyring *ring)
{
	uint8_t seed[SIGN_SEED_BYTES];
	struct cursor in = cursor_of(plain);
	take(&in, ring->trail_seal.bytes, KEY_BYTES);
	take(&in, ring->trail_search.bytes, KEY_BYTES);
	take(&in, ring->identity.bytes, KEY_BYTES);
	take(&in, ring->watch.bytes, KEY_BYTES);
	take(&in, seed, sizeof seed);
	enum err err = cursor_end(&in);
	if (!err)
		err = sign_key_from_seed(seed, &ring->trail_sign);
	crypto_wipe(seed, sizeof seed);
	return err;
}

static enum err make_ring(const char *path, const struct keyring *ring, struct buf *ret_plain)
{
	struct sealer *sealer = sealer_new();
	struct buf sealed = {0};
	uint8_t random[RING_KEYS * KEY_BYTES];
	crypto_random(random, sizeof random);
	buf_add(ret_plain, random, sizeof random);
	crypto_wipe(random, sizeof random);
	enum err err = sealer_seal(
		sealer, &ring->kek, bytes_text(ring_context), buf_bytes(ret_plain), &sealed);
	if (!err)
		err = write_file(path, buf_bytes(&sealed));
	buf_done(&sealed);
	sealer_free(sealer);
	return err;
}

static enum err open_ring(const char *path, const struct keyring *ring, struct buf *ret_plain)
{
	struct sealer *sealer = sealer_new();
	struct buf sealed = {0};
	enum err err = read_file(path, &sealed);
	if (!err)
		err = sealer_open(
			sealer, &ring->kek, bytes_text(ring_context), buf_bytes(&sealed), ret_plain);
	buf_done(&sealed);
	sealer_free(sealer);
	return err;
}

static enum err unlock(const char *dir, const char *passphrase_path, struct keyring *ring)
{
	char path[512];
	struct buf passphrase = {0}, salt = {0};
	snprintf(path, sizeof path, "%s/passphrase", dir);
	enum err err = *passphrase_path ? read_file(passphrase_path, &passphrase)
					: read_or_make(path, PASSPHRASE_RANDOM, true, &passphrase);
	snprintf(path, sizeof path, "%s/salt", dir);
	if (!err)
		err = read_or_make(path, SALT_BYTES, false, &salt);
	while (passphrase.size && (passphrase.at[passphrase.size - 1] == '\n' ||
					  passphrase.at[passphrase.size - 1] == '\r'))
		passphrase.size--;
	if (!err && (passphrase.size < 20 || salt.size != SALT_BYTES))
		err = ERR_INVALID;
	if (!err)
		err = password_key(buf_bytes(&passphrase), buf_bytes(&salt), &cost, &ring->kek);
	buf_done(&passphrase);
	buf_done(&salt);
	return err;
}

enum err keyring_open(const char *dir, const char *passphrase_path, struct keyring *ret_keyring,
	char ret_problem[256])
{
	char path[512];
	struct keyring ring = {0};
	struct buf plain = {0};
	enum err err = unlock(dir, passphrase_path, &ring);
	if (err) {
		snprintf(ret_problem, 256, "the passphrase cannot be used: %s", err_text(err));
		return err;
	}
	snprintf(path, sizeof path, "%s/ring", dir);
	err = open_ring(path, &ring, &plain);
	if (err == ERR_NOT_FOUND)
		err = make_ring(path, &ring, &plain);
	if (!err)
		err = unpack(buf_bytes(&plain), &ring);
	if (err)
		snprintf(ret_problem, 256, "the key ring cannot be opened: %s",
			err == ERR_CORRUPT ? "the passphrase is not the one it was made with"
					   : err_text(err));
	else
		*ret_keyring = ring;
	buf_done(&plain);
	keyring_wipe(&ring);
	return err;
}

void keyring_wipe(struct keyring *keyring)
{
	crypto_wipe(keyring, sizeof *keyring);
}
