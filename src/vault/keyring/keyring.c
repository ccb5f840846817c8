#include "vault/keyring/keyring.h"

#include "common/base/text.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum {
	SALT_BYTES = 16,
	SECRET_FILE_BYTES = 4096,
	PASSPHRASE_RANDOM = 32
};

// Made once, for a machine that starts in seconds: 64 MiB, three passes (RFC 9106, second choice).
static const struct password_cost cost = {.memory_kib = 65536, .passes = 3, .lanes = 4};
static const char ring_context[] = "hospitaller ring 2";

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

// A rename survives power loss once its folder was synced.
static enum err sync_folder(const char *path)
{
	char dir[512];
	snprintf(dir, sizeof dir, "%s", path);
	char *slash = strrchr(dir, '/');
	if (slash)
		*slash = 0;
	int fd = open(slash ? dir : ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	bool fine = fd >= 0 && fsync(fd) == 0;
	if (fd >= 0)
		close(fd);
	return fine ? OK : ERR_IO;
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
	return fine && rename(next, path) == 0 ? sync_folder(path) : ERR_IO;
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

// What the ring holds, as it is kept while it is open.
struct ring {
	struct key root; // from the passphrase; opens the ring
	struct key keks[2], trail_seal, trail_search, identity, watch;
	bool rotating; // keks[1], the one before, still wraps something
	uint8_t seed[SIGN_SEED_BYTES];
};

static void pack(const struct ring *ring, struct buf *out)
{
	const struct key *keys[] = {&ring->keks[0], &ring->keks[1], &ring->trail_seal,
		&ring->trail_search, &ring->identity, &ring->watch};
	for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
		buf_add(out, keys[i]->bytes, KEY_BYTES);
	buf_add(out, ring->seed, sizeof ring->seed);
	put_u8(out, ring->rotating);
}

static enum err unpack(struct bytes plain, struct ring *ring)
{
	struct cursor in = cursor_of(plain);
	struct key *keys[] = {&ring->keks[0], &ring->keks[1], &ring->trail_seal,
		&ring->trail_search, &ring->identity, &ring->watch};
	for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
		take(&in, keys[i]->bytes, KEY_BYTES);
	take(&in, ring->seed, sizeof ring->seed);
	ring->rotating = get_u8(&in);
	return cursor_end(&in);
}

static enum err ring_write(const char *path, const struct ring *ring)
{
	struct sealer *sealer = sealer_new();
	struct buf plain = {0}, sealed = {0};
	pack(ring, &plain);
	enum err err = sealer_seal(
		sealer, &ring->root, bytes_text(ring_context), buf_bytes(&plain), &sealed);
	if (!err)
		err = write_file(path, buf_bytes(&sealed));
	buf_done(&plain);
	buf_done(&sealed);
	sealer_free(sealer);
	return err;
}

static enum err ring_make(const char *path, struct ring *ring)
{
	struct key root = ring->root;
	crypto_random(ring, sizeof *ring);
	ring->root = root;
	ring->rotating = false;
	crypto_wipe(&ring->keks[1], sizeof ring->keks[1]);
	crypto_wipe(&root, sizeof root);
	return ring_write(path, ring);
}

static enum err ring_read(const char *path, struct ring *ring)
{
	struct sealer *sealer = sealer_new();
	struct buf sealed = {0}, plain = {0};
	enum err err = read_file(path, &sealed);
	if (!err)
		err = sealer_open(
			sealer, &ring->root, bytes_text(ring_context), buf_bytes(&sealed), &plain);
	if (!err)
		err = unpack(buf_bytes(&plain), ring);
	buf_done(&sealed);
	buf_done(&plain);
	sealer_free(sealer);
	return err;
}

static enum err unlock(const struct keyring_place *place, struct ring *ring)
{
	char path[512];
	struct buf passphrase = {0}, salt = {0};
	snprintf(path, sizeof path, "%s/passphrase", place->dir);
	enum err err = *place->passphrase_path
			       ? read_file(place->passphrase_path, &passphrase)
			       : read_or_make(path, PASSPHRASE_RANDOM, true, &passphrase);
	snprintf(path, sizeof path, "%s/salt", place->dir);
	if (!err)
		err = read_or_make(path, SALT_BYTES, false, &salt);
	while (passphrase.size && (passphrase.at[passphrase.size - 1] == '\n' ||
					  passphrase.at[passphrase.size - 1] == '\r'))
		passphrase.size--;
	if (!err && (passphrase.size < 20 || salt.size != SALT_BYTES))
		err = ERR_INVALID;
	if (!err)
		err = password_key(buf_bytes(&passphrase), buf_bytes(&salt), &cost, &ring->root);
	buf_done(&passphrase);
	buf_done(&salt);
	return err;
}

static enum err hand_out(const struct ring *ring, struct keyring *ret_keyring)
{
	struct keyring keys = {.kek = ring->keks[0],
		.old_kek = ring->keks[1],
		.rotating = ring->rotating,
		.trail_seal = ring->trail_seal,
		.trail_search = ring->trail_search,
		.identity = ring->identity,
		.watch = ring->watch};
	enum err err = sign_key_from_seed(ring->seed, &keys.trail_sign);
	if (!err)
		*ret_keyring = keys;
	keyring_wipe(&keys);
	return err;
}

enum err keyring_open(
	const struct keyring_place *place, struct keyring *ret_keyring, char ret_problem[256])
{
	char path[512];
	struct ring ring = {0};
	enum err err = unlock(place, &ring);
	if (err) {
		snprintf(ret_problem, 256, "the passphrase cannot be used: %s", err_text(err));
		return err;
	}
	snprintf(path, sizeof path, "%s/ring", place->dir);
	err = ring_read(path, &ring);
	if (err == ERR_NOT_FOUND)
		err = ring_make(path, &ring);
	if (!err)
		err = hand_out(&ring, ret_keyring);
	if (err)
		snprintf(ret_problem, 256, "the key ring cannot be opened: %s",
			err == ERR_CORRUPT ? "the passphrase is not the one it was made with"
					   : err_text(err));
	crypto_wipe(&ring, sizeof ring);
	return err;
}

enum err keyring_rotate(const struct keyring_place *place, struct key *ret_kek)
{
	char path[512];
	struct ring ring = {0};
	snprintf(path, sizeof path, "%s/ring", place->dir);
	enum err err = unlock(place, &ring);
	if (!err)
		err = ring_read(path, &ring);
	if (!err && !ring.rotating) {
		ring.keks[1] = ring.keks[0];
		ring.rotating = true;
		crypto_random(ring.keks[0].bytes, KEY_BYTES);
		err = ring_write(path, &ring);
	}
	if (!err)
		*ret_kek = ring.keks[0];
	crypto_wipe(&ring, sizeof ring);
	return err;
}

enum err keyring_rotated(const struct keyring_place *place)
{
	char path[512];
	struct ring ring = {0};
	snprintf(path, sizeof path, "%s/ring", place->dir);
	enum err err = unlock(place, &ring);
	if (!err)
		err = ring_read(path, &ring);
	if (!err && ring.rotating) {
		ring.rotating = false;
		crypto_wipe(&ring.keks[1], sizeof ring.keks[1]);
		err = ring_write(path, &ring);
	}
	crypto_wipe(&ring, sizeof ring);
	return err;
}

void keyring_wipe(struct keyring *keyring)
{
	crypto_wipe(keyring, sizeof *keyring);
}
