#include "vault/ledger/verify_in.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void expect(struct verify *verify, const struct expected *expected)
{
	if (verify->expected_count == verify->expected_room) {
		verify->expected_room = verify->expected_room ? 2 * verify->expected_room : 64;
		verify->expected =
			realloc(verify->expected, verify->expected_room * sizeof *verify->expected);
		if (!verify->expected)
			abort();
	}
	verify->expected[verify->expected_count++] = *expected;
}

// The next note of a file of notes: up to its blank line, and the signature lines behind it.
static bool next_note(FILE *file, struct buf *note)
{
	static const char dash[] = "\xe2\x80\x94 ";
	char line[NOTE_BYTES + 1];
	bool signatures = false, any = false;
	buf_clear(note);
	for (;;) {
		long at = ftell(file);
		if (note->size > NOTE_BYTES || !fgets(line, sizeof line, file))
			break;
		bool sign = strncmp(line, dash, strlen(dash)) == 0;
		if (signatures && any && !sign) {
			if (fseek(file, at, SEEK_SET) != 0)
				return false;
			break;
		}
		any = any || (signatures && sign);
		signatures = signatures || strcmp(line, "\n") == 0;
		buf_add(note, line, (size_t)(ftell(file) - at)); // a NUL would hide what follows it
	}
	return note->size > 0;
}

static enum err take_note(struct verify *verify, struct bytes note, struct expected *expected)
{
	struct verify_break where = {.offset = expected->offset};
	snprintf(where.file, sizeof where.file, "%s", expected->file);
	enum err err = note_open(note, verify->options->vkey, &expected->checkpoint);
	if (err)
		return verify_broken(verify, &where,
			"the checkpoint is not signed by the key that was given, or was changed");
	char again[NOTE_ORIGIN_BYTES];
	uint8_t key[SIGN_PUBLIC_BYTES];
	err = note_vkey_parse(verify->options->vkey, again, key);
	if (err || strcmp(again, expected->checkpoint.origin) != 0)
		return verify_broken(verify, &where, "the checkpoint is of another trail: %s",
			expected->checkpoint.origin);
	expect(verify, expected);
	return OK;
}

static enum err read_list(struct verify *verify, const char *path, const char *name, bool many)
{
	struct buf note = {0};
	enum err err = OK;
	FILE *file = fopen(path, "re");
	if (!file)
		return errno == ENOENT ? ERR_NOT_FOUND : ERR_IO;
	size_t count = 0;
	while (!err) {
		struct expected expected = {.offset = (uint64_t)ftell(file)};
		snprintf(expected.file, sizeof expected.file, "%s", name);
		if (!next_note(file, &note))
			break;
		struct verify_break where = {.offset = expected.offset};
		snprintf(where.file, sizeof where.file, "%s", name);
		err = ++count > 1 && !many
			      ? verify_broken(verify, &where, "there is more than one checkpoint")
			      : take_note(verify, buf_bytes(&note), &expected);
	}
	if (!err && ferror(file))
		err = ERR_IO;
	if (!err && !count)
		err = ERR_SYNTAX;
	fclose(file);
	buf_done(&note);
	return err;
}

static int by_size(const void *a, const void *b)
{
	const struct expected *one = a, *two = b;
	return one->checkpoint.size < two->checkpoint.size
		       ? -1
		       : one->checkpoint.size > two->checkpoint.size;
}

static bool read_own(const struct verify *verify, struct checkpoint *ret)
{
	char path[SEGMENT_PATH_BYTES];
	uint8_t note[NOTE_BYTES + 1];
	snprintf(path, sizeof path, "%s/checkpoint", verify->options->dir);
	FILE *file = fopen(path, "re");
	if (!file)
		return false;
	size_t size = fread(note, 1, sizeof note, file);
	fclose(file);
	return note_open(bytes_of(note, size), verify->options->vkey, ret) == OK;
}

bool verify_same_checkpoint(const struct verify *verify)
{
	struct checkpoint now;
	return read_own(verify, &now) && now.size == verify->signed_size &&
	       memcmp(&now.root, &verify->signed_root, sizeof now.root) == 0;
}

static enum err read_dir_notes(struct verify *verify)
{
	char path[SEGMENT_PATH_BYTES];
	struct verify_break where = {.file = "checkpoint"};
	snprintf(path, sizeof path, "%s/checkpoint", verify->options->dir);
	enum err err = read_list(verify, path, "checkpoint", false);
	if (err == ERR_NOT_FOUND || err == ERR_SYNTAX)
		return verify_broken(verify, &where, "there is no signed checkpoint in the folder");
	if (err)
		return err;
	verify->signed_size = verify->expected[0].checkpoint.size;
	verify->signed_root = verify->expected[0].checkpoint.root;
	snprintf(path, sizeof path, "%s/checkpoints", verify->options->dir);
	snprintf(where.file, sizeof where.file, "checkpoints");
	err = read_list(verify, path, "checkpoints", true);
	if (err == ERR_NOT_FOUND || err == ERR_SYNTAX)
		return verify_broken(verify, &where, "the list of older checkpoints is gone");
	return err;
}

enum err verify_read_notes(struct verify *verify)
{
	const char *elsewhere = verify->options->checkpoint;
	enum err err = OK;
	if (elsewhere) {
		err = read_list(verify, elsewhere, "the checkpoint kept elsewhere", false);
		if (err == ERR_NOT_FOUND || err == ERR_IO || err == ERR_SYNTAX)
			snprintf(verify->report->first_break.what, VERIFY_WHAT_BYTES,
				"%s: cannot be read", elsewhere);
		if (err)
			return err;
	}
	struct expected kept = {0};
	if (elsewhere)
		kept = verify->expected[0];
	verify->expected_count = 0;
	err = read_dir_notes(verify);
	if (!err && elsewhere)
		expect(verify, &kept);
	if (!err)
		qsort(verify->expected, verify->expected_count, sizeof *verify->expected, by_size);
	return err;
}

enum err verify_roots(struct verify *verify)
{
	while (verify->next < verify->expected_count) {
		const struct expected *due = &verify->expected[verify->next];
		if (due->checkpoint.size != verify->tree.size)
			break;
		struct hash root = merkle_root(&verify->tree);
		uint64_t good = verify->report->checkpoint.size;
		if (memcmp(&root, &due->checkpoint.root, sizeof root) != 0) {
			if (verify->tile_differs && verify->entry_break.file[0])
				return verify_broken(verify, &verify->entry_break,
					"entry %llu was changed, moved or replaced: it is not the one that was signed",
					(unsigned long long)verify->entry_break.seq);
			struct verify_break where = {.offset = due->offset, .seq = good};
			snprintf(where.file, sizeof where.file, "%s", due->file);
			return verify_broken(verify, &where,
				"entries %llu to %llu are not those that were signed",
				(unsigned long long)good,
				(unsigned long long)due->checkpoint.size - 1);
		}
		verify->report->checkpoint = due->checkpoint;
		verify->report->checkpoints++;
		verify->next++;
	}
	return OK;
}
