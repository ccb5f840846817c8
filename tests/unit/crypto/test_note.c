#include "../unit.h"

#include "common/crypto/note.h"
#include "common/crypto/proof.h"

#include <stdio.h>
#include <string.h>

static struct sign_key key;
static struct checkpoint checkpoint;
static char note[NOTE_BYTES], vkey[NOTE_VKEY_BYTES];

static int sign(void **state)
{
	uint8_t seed[SIGN_SEED_BYTES] = {4, 5, 6};
	assert_ok(sign_key_from_seed(seed, &key));
	snprintf(checkpoint.origin, sizeof checkpoint.origin, "hospital.example/trail");
	checkpoint.size = 20852163;
	checkpoint.root.bytes[0] = 0xcc;
	assert_ok(note_sign(&checkpoint, &key, note));
	assert_ok(note_vkey(checkpoint.origin, key.public, vkey));
	return 0;
}

// The example key of the signed note specification's Go implementation.
static void a_published_key_is_understood(void **state)
{
	static const char published[] =
		"PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";
	char name[NOTE_ORIGIN_BYTES], again[NOTE_VKEY_BYTES];
	uint8_t public[SIGN_PUBLIC_BYTES];
	assert_ok(note_vkey_parse(published, name, public));
	assert_string_equal(name, "PeterNeumann");
	assert_ok(note_vkey(name, public, again));
	assert_string_equal(again, published);
	assert_err(note_vkey_parse(
			   "PeterNeumann+c74f20a4+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
			   name, public),
		ERR_SYNTAX);
	assert_err(note_vkey_parse("PeterNeumann", name, public), ERR_SYNTAX);
	assert_err(note_vkey_parse("", name, public), ERR_SYNTAX);
}

static void a_note_has_the_lines_of_the_standard(void **state)
{
	assert_memory_equal(note, "hospital.example/trail\n20852163\nzAAA", 36);
	assert_non_null(strstr(note, "=\n\n\xe2\x80\x94 hospital.example/trail "));
	struct checkpoint seen;
	assert_ok(note_open(bytes_text(note), vkey, &seen));
	assert_int_equal(seen.size, checkpoint.size);
	assert_memory_equal(&seen.root, &checkpoint.root, sizeof seen.root);
}

static void every_byte_is_signed(void **state)
{
	struct checkpoint seen;
	size_t size = strlen(note);
	for (size_t at = 0; at < size; at++) {
		for (unsigned bit = 0; bit < 8; bit++) {
			char changed[NOTE_BYTES];
			memcpy(changed, note, sizeof changed);
			changed[at] = (char)(changed[at] ^ (1 << bit));
			assert_true(note_open(bytes_of(changed, size), vkey, &seen) != OK);
		}
		assert_true(note_open(bytes_of(note, at), vkey, &seen) != OK);
	}
}

static void sizes_have_one_spelling(void **state)
{
	struct checkpoint seen;
	static const char *const wrong[] = {"o\n01\nAA==\n\n", "o\n-1\nAA==\n\n", "o\n1 \nAA==\n\n",
		"o\n99999999999999999999\nAA==\n\n", "\n1\nAA==\n\n", "o\n1\nAA==", ""};
	for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
		assert_err(note_open(bytes_text(wrong[i]), vkey, &seen), ERR_SYNTAX);
}

static void names_that_cannot_be_are_refused(void **state)
{
	char ret[NOTE_VKEY_BYTES];
	assert_err(note_vkey("a b", key.public, ret), ERR_INVALID);
	assert_err(note_vkey("a+b", key.public, ret), ERR_INVALID);
	assert_err(note_vkey("", key.public, ret), ERR_INVALID);
}

static void proofs_are_read_as_they_are_written(void **state)
{
	struct proof_text proof = {.number = 12, .path.count = 3}, again;
	struct buf out = {0};
	memcpy(proof.note, note, sizeof note);
	proof_inclusion_encode(&proof, &out);
	assert_ok(proof_inclusion_parse(buf_bytes(&out), &again));
	assert_int_equal(again.number, 12);
	assert_int_equal(again.path.count, 3);
	assert_string_equal(again.note, note);
	assert_err(proof_consistency_parse(buf_bytes(&out), &again), ERR_SYNTAX);
	for (size_t cut = 0; cut < 60; cut++)
		assert_err(proof_inclusion_parse(bytes_of(out.at, cut), &again), ERR_SYNTAX);
	buf_clear(&out);
	proof_consistency_encode(&proof, &out);
	assert_ok(proof_consistency_parse(buf_bytes(&out), &again));
	buf_clear(&out);
	proof.path.count = MERKLE_PROOF_HASHES;
	proof_consistency_encode(&proof, &out);
	assert_ok(proof_consistency_parse(buf_bytes(&out), &again));
	buf_clear(&out);
	buf_add_text(&out, "old 1\n");
	for (int i = 0; i <= MERKLE_PROOF_HASHES; i++)
		buf_add_text(&out, "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n");
	buf_printf(&out, "\n%s", note);
	assert_err(proof_consistency_parse(buf_bytes(&out), &again), ERR_LIMIT);
	buf_done(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_published_key_is_understood),
		cmocka_unit_test(a_note_has_the_lines_of_the_standard),
		cmocka_unit_test(every_byte_is_signed),
		cmocka_unit_test(sizes_have_one_spelling),
		cmocka_unit_test(names_that_cannot_be_are_refused),
		cmocka_unit_test(proofs_are_read_as_they_are_written),
	};
	return cmocka_run_group_tests(tests, sign, NULL);
}
