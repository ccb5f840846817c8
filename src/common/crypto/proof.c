#include "common/crypto/proof.h"

#include "common/base/text.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

static const char first_line[] = "c2sp.org/tlog-proof@v1";

static void encode_rest(const struct proof_text *proof, struct buf *out)
{
	char line[64];
	for (size_t i = 0; i < proof->path.count; i++) {
		text_base64(bytes_of(proof->path.hashes[i].bytes, HASH_BYTES), line);
		buf_printf(out, "%s\n", line);
	}
	buf_printf(out, "\n%s", proof->note);
}

void proof_inclusion_encode(const struct proof_text *proof, struct buf *out)
{
	buf_printf(out, "%s\nindex %" PRIu64 "\n", first_line, proof->number);
	encode_rest(proof, out);
}

void proof_consistency_encode(const struct proof_text *proof, struct buf *out)
{
	buf_printf(out, "old %" PRIu64 "\n", proof->number);
	encode_rest(proof, out);
}

// The next line without its newline; fails the cursor when there is none.
static struct bytes get_line(struct cursor *in)
{
	size_t left = cursor_left(in);
	const uint8_t *end = left ? memchr(in->at, '\n', left) : NULL;
	if (in->err || !end) {
		cursor_fail(in, ERR_SYNTAX);
		return bytes_of("", 0);
	}
	struct bytes line = get_raw(in, (size_t)(end - in->at));
	(void)get_u8(in);
	return line;
}

static uint64_t get_number(struct cursor *in, const char *name)
{
	struct bytes line = get_line(in);
	size_t length = strlen(name);
	uint64_t number = 0;
	bool fine = line.size > length && line.size <= length + 19 &&
		    memcmp(line.at, name, length) == 0 &&
		    (line.at[length] != '0' || line.size == length + 1);
	for (size_t i = length; fine && i < line.size; i++) {
		fine = line.at[i] >= '0' && line.at[i] <= '9';
		number = number * 10 + (uint64_t)(line.at[i] - '0');
	}
	if (!fine)
		cursor_fail(in, ERR_SYNTAX);
	return fine ? number : 0;
}

static void get_hashes(struct cursor *in, struct merkle_proof *path)
{
	path->count = 0;
	for (struct bytes line; (line = get_line(in)).size && !in->err;) {
		size_t size = 0;
		if (path->count == MERKLE_PROOF_HASHES) {
			cursor_fail(in, ERR_LIMIT);
			return;
		}
		enum err err =
			text_unbase64(line, path->hashes[path->count].bytes, HASH_BYTES, &size);
		if (err || size != HASH_BYTES)
			cursor_fail(in, ERR_SYNTAX);
		path->count++;
	}
}

static enum err parse(
	struct bytes text, const char *first, const char *name, struct proof_text *ret_proof)
{
	struct cursor in = cursor_of(text);
	struct proof_text proof;
	memset(&proof, 0, sizeof proof);
	if (text.size > PROOF_TEXT_BYTES)
		return ERR_LIMIT;
	if (first && !bytes_equal(get_line(&in), bytes_text(first)))
		return ERR_SYNTAX;
	proof.number = get_number(&in, name);
	get_hashes(&in, &proof.path);
	if (in.err)
		return in.err;
	struct bytes note = get_raw(&in, cursor_left(&in));
	if (note.size >= sizeof proof.note)
		return ERR_LIMIT;
	if (!note.size || !text_is_utf8(note))
		return ERR_SYNTAX;
	memcpy(proof.note, note.at, note.size);
	*ret_proof = proof;
	return OK;
}

enum err proof_inclusion_parse(struct bytes text, struct proof_text *ret_proof)
{
	return parse(text, first_line, "index ", ret_proof);
}

enum err proof_consistency_parse(struct bytes text, struct proof_text *ret_proof)
{
	return parse(text, NULL, "old ", ret_proof);
}

enum err proof_inclusion_check(const struct proof_text *proof, const struct hash *leaf,
	const char *vkey, struct checkpoint *ret_checkpoint)
{
	struct checkpoint checkpoint;
	enum err err = note_open(bytes_text(proof->note), vkey, &checkpoint);
	if (err)
		return err;
	struct merkle_claim claim = {proof->number, checkpoint.size, *leaf, checkpoint.root};
	err = merkle_check_inclusion(&claim, &proof->path);
	if (!err)
		*ret_checkpoint = checkpoint;
	return err;
}

enum err proof_consistency_check(const struct proof_text *proof, const struct checkpoint *older,
	const char *vkey, struct checkpoint *ret_newer)
{
	struct checkpoint newer;
	enum err err = note_open(bytes_text(proof->note), vkey, &newer);
	if (err)
		return err;
	if (strcmp(newer.origin, older->origin) != 0 || proof->number != older->size)
		return ERR_CORRUPT;
	struct merkle_claim claim = {older->size, newer.size, older->root, newer.root};
	err = merkle_check_consistency(&claim, &proof->path);
	if (!err)
		*ret_newer = newer;
	return err;
}
