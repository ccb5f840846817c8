#include "vault/lures/lures.h"

#include "common/base/map.h"
#include "common/base/text.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
	LURES_FORMAT = 1,
	PLAIN_BYTES = LURES_FILE_BYTES - SEAL_OVERHEAD_BYTES
};
static_assert(LURES_MOST * (1 + 8 + 4 + LURE_ID_BYTES + LURE_LABEL_BYTES) + 16 <= PLAIN_BYTES,
	"all of them fit the file");

struct lures {
	char path[512];
	struct key key;
	struct lure **list;
	size_t count;
	struct map *by_name; // kind and id
};

static const char context[] = "hospitaller lures 1";
static const char *const kinds[LURE_KINDS] = {
	[LURE_PATIENT] = "patient", [LURE_ACCOUNT] = "account", [LURE_TOKEN] = "token"};

const char *lure_kind_text(enum lure_kind kind)
{
	return kind >= 1 && kind < LURE_KINDS ? kinds[kind] : "?";
}

enum lure_kind lure_kind_find(const char *text)
{
	for (int i = 1; i < LURE_KINDS; i++)
		if (strcmp(kinds[i], text) == 0)
			return (enum lure_kind)i;
	return 0;
}

// ---- In memory.

struct name {
	uint8_t bytes[1 + LURE_ID_BYTES];
	size_t size;
};

static struct name name_of(enum lure_kind kind, const char *id)
{
	struct name name = {.size = 1 + strnlen(id, LURE_ID_BYTES)};
	name.bytes[0] = (uint8_t)kind;
	memcpy(name.bytes + 1, id, name.size - 1);
	return name;
}

struct lure *lures_find(const struct lures *lures, enum lure_kind kind, const char *id)
{
	if (!lures || !lures->count)
		return NULL;
	struct name name = name_of(kind, id);
	return map_find(lures->by_name, bytes_of(name.bytes, name.size));
}

struct lure *lures_token(const struct lures *lures, const char *token)
{
	char hex[2 * HASH_BYTES + 1];
	if (!lures || !lures->count)
		return NULL;
	struct hash hash = crypto_sha256(bytes_text(token));
	text_hex(bytes_of(hash.bytes, HASH_BYTES), hex);
	return lures_find(lures, LURE_TOKEN, hex);
}

static void put_in(struct lures *lures, const struct lure *lure)
{
	struct name name = name_of(lure->kind, lure->id);
	struct lure *held = malloc(sizeof *held);
	lures->list = realloc(lures->list, (lures->count + 1) * sizeof *lures->list);
	if (!held || !lures->list)
		abort();
	*held = *lure;
	lures->list[lures->count++] = held;
	map_set(lures->by_name, bytes_of(name.bytes, name.size), held);
}

static void take_out(struct lures *lures, size_t at)
{
	struct lure *held = lures->list[at];
	struct name name = name_of(held->kind, held->id);
	map_remove(lures->by_name, bytes_of(name.bytes, name.size));
	lures->count--;
	memmove(&lures->list[at], &lures->list[at + 1], (lures->count - at) * sizeof *lures->list);
	crypto_wipe(held, sizeof *held);
	free(held);
}

size_t lures_count(const struct lures *lures)
{
	return lures->count;
}

const struct lure *lures_at(const struct lures *lures, size_t at)
{
	return lures->list[at];
}

// ---- On disk.

static void pack(const struct lures *lures, struct buf *out)
{
	put_u8(out, LURES_FORMAT);
	put_u32(out, (uint32_t)lures->count);
	for (size_t i = 0; i < lures->count; i++) {
		const struct lure *lure = lures->list[i];
		put_u8(out, (uint8_t)lure->kind);
		put_text(out, lure->id);
		put_text(out, lure->label);
		put_u64(out, (uint64_t)lure->made_us);
	}
	while (out->size < PLAIN_BYTES)
		put_u8(out, 0);
}

static enum err unpack(struct lures *lures, struct bytes plain)
{
	struct cursor in = cursor_of(plain);
	if (get_u8(&in) != LURES_FORMAT)
		return ERR_UNSUPPORTED;
	uint32_t count = get_u32(&in);
	for (uint32_t i = 0; i < count && !in.err; i++) {
		struct lure lure = {.kind = (enum lure_kind)get_u8(&in)};
		get_text_into(&in, lure.id, sizeof lure.id);
		get_text_into(&in, lure.label, sizeof lure.label);
		lure.made_us = (int64_t)get_u64(&in);
		if (!in.err)
			put_in(lures, &lure);
	}
	return in.err;
}

static enum err sync_folder(const char *path)
{
	char dir[512];
	snprintf(dir, sizeof dir, "%s", path);
	*strrchr(dir, '/') = 0;
	int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	bool fine = fd >= 0 && fsync(fd) == 0;
	if (fd >= 0)
		close(fd);
	return fine ? OK : ERR_IO;
}

static enum err write_sealed(const char *path, struct bytes sealed)
{
	char next[520];
	snprintf(next, sizeof next, "%s.next", path);
	int fd = open(next, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (fd < 0)
		return ERR_IO;
	size_t at = 0;
	ssize_t put = 1;
	for (; at < sealed.size && put > 0; at += put > 0 ? (size_t)put : 0)
		put = write(fd, sealed.at + at, sealed.size - at);
	bool fine = at == sealed.size && fsync(fd) == 0;
	close(fd);
	return fine && rename(next, path) == 0 ? sync_folder(path) : ERR_IO;
}

static enum err keep(const struct lures *lures)
{
	struct sealer *sealer = sealer_new();
	struct buf plain = {0}, sealed = {0};
	pack(lures, &plain);
	enum err err =
		sealer_seal(sealer, &lures->key, bytes_text(context), buf_bytes(&plain), &sealed);
	if (!err)
		err = write_sealed(lures->path, buf_bytes(&sealed));
	crypto_wipe(plain.at, plain.size);
	buf_done(&plain);
	buf_done(&sealed);
	sealer_free(sealer);
	return err;
}

static enum err read_sealed(const char *path, struct buf *ret)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return errno == ENOENT ? ERR_NOT_FOUND : ERR_IO;
	buf_reserve(ret, LURES_FILE_BYTES);
	ssize_t got = 1;
	while (got > 0 && ret->size < LURES_FILE_BYTES) {
		got = read(fd, ret->at + ret->size, LURES_FILE_BYTES - ret->size);
		ret->size += got > 0 ? (size_t)got : 0;
	}
	close(fd);
	return got < 0 ? ERR_IO : OK;
}

static enum err load(struct lures *lures)
{
	struct sealer *sealer = sealer_new();
	struct buf sealed = {0}, plain = {0};
	enum err err = read_sealed(lures->path, &sealed);
	if (!err)
		err = sealer_open(
			sealer, &lures->key, bytes_text(context), buf_bytes(&sealed), &plain);
	if (!err)
		err = unpack(lures, buf_bytes(&plain));
	if (plain.at)
		crypto_wipe(plain.at, plain.size);
	buf_done(&plain);
	buf_done(&sealed);
	sealer_free(sealer);
	return err == ERR_NOT_FOUND ? keep(lures) : err;
}

enum err lures_open(const char *path, const struct key *hospital_key, struct lures **ret_lures)
{
	struct lures *lures = calloc(1, sizeof *lures);
	if (!lures)
		abort();
	snprintf(lures->path, sizeof lures->path, "%s", path);
	lures->key = crypto_derive(hospital_key, context, (struct bytes){0});
	lures->by_name = map_new();
	enum err err = load(lures);
	if (err)
		lures_close(lures);
	else
		*ret_lures = lures;
	return err;
}

void lures_close(struct lures *lures)
{
	if (!lures)
		return;
	while (lures->count)
		take_out(lures, lures->count - 1);
	map_free(lures->by_name);
	free(lures->list);
	crypto_wipe(&lures->key, sizeof lures->key);
	free(lures);
}

enum err lures_add(struct lures *lures, const struct lure *lure)
{
	if (!*lure->id || lure->kind < 1 || lure->kind >= LURE_KINDS)
		return ERR_INVALID;
	if (lures_find(lures, lure->kind, lure->id))
		return ERR_EXISTS;
	if (lures->count == LURES_MOST)
		return ERR_LIMIT;
	put_in(lures, lure);
	enum err err = keep(lures);
	if (err)
		take_out(lures, lures->count - 1);
	return err;
}

enum err lures_remove(struct lures *lures, enum lure_kind kind, const char *id)
{
	const struct lure *held = lures_find(lures, kind, id);
	size_t at = 0;
	if (!held)
		return ERR_NOT_FOUND;
	struct lure copy = *held;
	while (lures->list[at] != held)
		at++;
	take_out(lures, at);
	enum err err = keep(lures);
	if (err)
		put_in(lures, &copy);
	return err;
}
