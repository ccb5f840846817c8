#include "trail_verify/verbs.h"

#include "vault/ledger/tiles.h"

#include "common/base/text.h"
#include "common/crypto/proof.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static enum exit_code say(const struct call *call, enum err err, const char *good, const char *bad)
{
	if (err && err != ERR_CORRUPT)
		return complain(call, "%s: %s", bad, err_text(err));
	printf("%s%s\n", err ? "BROKEN: " : "", err ? bad : good);
	return err ? EXIT_BROKEN : EXIT_WHOLE;
}

static enum err read_text(const struct call *call, const char *path, struct buf *text)
{
	return read_small(call, path, text) ? OK : ERR_IO;
}

static enum err read_checkpoint(const struct call *call, struct checkpoint *ret)
{
	struct buf text = {0};
	enum err err = read_text(call, option_of(call, "checkpoint"), &text);
	if (!err)
		err = note_open(buf_bytes(&text), call->key, ret);
	buf_done(&text);
	return err;
}

static enum err read_leaf(const struct call *call, struct hash *ret_leaf)
{
	struct buf entry = {0};
	const char *hex = option_of(call, "leaf");
	if (hex)
		return text_unhex(hex, ret_leaf->bytes, HASH_BYTES);
	enum err err = read_text(call, option_of(call, "entry"), &entry);
	if (!err)
		*ret_leaf = merkle_leaf(buf_bytes(&entry));
	buf_done(&entry);
	return err;
}

enum exit_code run_inclusion(const struct call *call)
{
	struct buf text = {0};
	struct proof_text proof;
	struct checkpoint checkpoint;
	struct hash leaf;
	char good[256];
	if (!option_of(call, "leaf") == !option_of(call, "entry"))
		return complain(call, "give either --leaf or --entry");
	enum err err = read_leaf(call, &leaf);
	if (!err)
		err = read_text(call, word_of(call, 0), &text);
	if (!err)
		err = proof_inclusion_parse(buf_bytes(&text), &proof);
	buf_done(&text);
	if (!err)
		err = proof_inclusion_check(&proof, &leaf, call->key, &checkpoint);
	if (!err)
		snprintf(good, sizeof good, "included: entry %" PRIu64 " of %" PRIu64 " in %s",
			proof.number, checkpoint.size, checkpoint.origin);
	return say(call, err, good, "the proof does not show that this entry is in the trail");
}

enum exit_code run_consistency(const struct call *call)
{
	struct buf text = {0};
	struct proof_text proof;
	struct checkpoint older, newer;
	char good[256];
	enum err err = read_checkpoint(call, &older);
	if (!err)
		err = read_text(call, word_of(call, 0), &text);
	if (!err)
		err = proof_consistency_parse(buf_bytes(&text), &proof);
	buf_done(&text);
	if (!err)
		err = proof_consistency_check(&proof, &older, call->key, &newer);
	if (!err)
		snprintf(good, sizeof good,
			"consistent: %" PRIu64 " entries only added to %" PRIu64 " in %s",
			newer.size, older.size, newer.origin);
	return say(call, err, good, "the newer checkpoint does not extend the older one");
}

// Opens the tiles of the newest checkpoint and checks that they lead to its root.
static enum err open_tiles(const struct call *call, struct proof_text *proof,
	struct checkpoint *checkpoint, struct tiles **ret_tiles)
{
	char path[4096];
	struct buf text = {0};
	struct hash root;
	snprintf(path, sizeof path, "%s/checkpoint", word_of(call, 0));
	enum err err = read_text(call, path, &text);
	if (!err)
		err = note_open(buf_bytes(&text), call->key, checkpoint);
	if (!err && text.size >= sizeof proof->note)
		err = ERR_LIMIT;
	if (!err) {
		memset(proof->note, 0, sizeof proof->note);
		memcpy(proof->note, text.at, text.size);
	}
	buf_done(&text);
	if (err)
		return err;
	struct tiles *tiles = tiles_new(word_of(call, 0));
	struct merkle_source source = {tiles_node, tiles};
	err = tiles_restore(tiles, checkpoint->size);
	if (!err)
		err = merkle_root_at(&source, checkpoint->size, &root);
	if (!err && memcmp(&root, &checkpoint->root, sizeof root) != 0)
		err = ERR_CORRUPT;
	if (err)
		tiles_free(tiles);
	else
		*ret_tiles = tiles;
	return err;
}

static enum exit_code print_proof(
	const struct proof_text *proof, void (*encode)(const struct proof_text *, struct buf *))
{
	struct buf out = {0};
	encode(proof, &out);
	fwrite(out.at, 1, out.size, stdout);
	buf_done(&out);
	return fflush(stdout) == 0 ? EXIT_WHOLE : EXIT_UNREADABLE;
}

enum exit_code run_prove(const struct call *call)
{
	struct proof_text proof = {0};
	struct checkpoint checkpoint;
	struct tiles *tiles = NULL;
	struct hash leaf;
	char hex[2 * HASH_BYTES + 1];
	proof.number = strtoull(word_of(call, 1), NULL, 10);
	enum err err = open_tiles(call, &proof, &checkpoint, &tiles);
	struct merkle_source source = {tiles_node, tiles};
	if (!err)
		err = merkle_prove_inclusion(&source, proof.number, checkpoint.size, &proof.path);
	if (!err)
		err = tiles_node(tiles, 0, proof.number, &leaf);
	tiles_free(tiles);
	if (err)
		return say(call, err, "", "the entry cannot be proved from this folder");
	text_hex(bytes_of(leaf.bytes, HASH_BYTES), hex);
	fprintf(stderr, "leaf %s\n", hex);
	return print_proof(&proof, proof_inclusion_encode);
}

enum exit_code run_extend(const struct call *call)
{
	struct proof_text proof = {0};
	struct checkpoint checkpoint, older;
	struct tiles *tiles = NULL;
	enum err err = read_checkpoint(call, &older);
	if (!err)
		err = open_tiles(call, &proof, &checkpoint, &tiles);
	struct merkle_source source = {tiles_node, tiles};
	if (!err)
		err = merkle_prove_consistency(&source, older.size, checkpoint.size, &proof.path);
	tiles_free(tiles);
	if (err)
		return say(call, err, "",
			"the newest checkpoint cannot be proved to extend the older one");
	proof.number = older.size;
	return print_proof(&proof, proof_consistency_encode);
}
