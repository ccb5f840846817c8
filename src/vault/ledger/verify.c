#include "vault/ledger/verify_in.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
	PROGRESS_BYTES = 4 * 1024 * 1024,
	TRIES = 5,
	TRY_US = 50 * 1000
};

enum err verify_broken(
	struct verify *verify, const struct verify_break *where, const char *format, ...)
{
	va_list args;
	struct verify_break found = *where;
	va_start(args, format);
	vsnprintf(found.what, sizeof found.what, format, args);
	va_end(args);
	verify->report->first_break = found;
	return ERR_CORRUPT;
}

static struct verify_break here(const struct verify *verify)
{
	struct verify_break where = {.offset = verify->at.offset, .seq = verify->tree.size};
	snprintf(where.file, sizeof where.file, "segments/%08u.seg", verify->at.segment);
	return where;
}

static void tell(struct verify *verify)
{
	struct verify_progress progress = {.entries = verify->tree.size,
		.signed_entries = verify->signed_size,
		.bytes = verify->report->bytes,
		.bytes_total = verify->bytes_total};
	if (verify->options->progress)
		verify->options->progress(verify->options->context, &progress);
}

static bool all_zero(const uint8_t *at, size_t size)
{
	return !size || (at[0] == 0 && memcmp(at, at + 1, size - 1) == 0);
}

static enum err take_entries(struct verify *verify, struct bytes payload)
{
	struct cursor in = cursor_of(payload);
	struct bytes entry;
	enum err err = OK;
	while (!err && group_next(&in, &entry)) {
		struct hash leaf = merkle_leaf(entry);
		verify->spots[verify->tree.size % TILE_WIDTH] =
			(struct spot){verify->at.segment, (uint64_t)(entry.at - verify->segment)};
		merkle_append(&verify->tree, &leaf, verify_tile_seen, verify);
		if (verify->tree.size == verify->signed_size)
			verify_edge_tiles(verify);
		err = verify_roots(verify);
	}
	return err;
}

static enum err check_group(struct verify *verify, const struct group *group, struct bytes payload)
{
	struct verify_break where = here(verify);
	size_t used = SEGMENT_HEADER_BYTES + payload.size;
	size_t whole = segment_group_bytes(group->payload_bytes);
	if (group->number != verify->group || group->first != verify->tree.size)
		return verify_broken(verify, &where,
			"group %llu with entry %llu stands where group %llu with entry %llu belongs",
			(unsigned long long)group->number, (unsigned long long)group->first,
			(unsigned long long)verify->group, (unsigned long long)verify->tree.size);
	if (!all_zero(verify->segment + where.offset + used, whole - used))
		return verify_broken(verify, &where, "the padding behind a group is not empty");
	enum err err = take_entries(verify, payload);
	verify->group++;
	verify->report->groups++;
	verify->at.offset += whole;
	return err;
}

static enum err read_segment(struct verify *verify)
{
	char path[SEGMENT_PATH_BYTES];
	segment_path(verify->options->dir, verify->at.segment, path);
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return errno == ENOENT ? ERR_NOT_FOUND : ERR_IO;
	verify->segment_size = 0;
	ssize_t got = 1;
	while (got > 0 && verify->segment_size <= SEGMENT_BYTES) {
		got = read(fd, verify->segment + verify->segment_size,
			SEGMENT_BYTES + 1 - verify->segment_size);
		if (got > 0)
			verify->segment_size += (size_t)got;
	}
	close(fd);
	return got < 0 ? ERR_IO : OK;
}

// What stands at the current place. Behind the checkpoint a server may be writing just now: what
// is half there is read again a few times before it counts as damage.
static enum err next_group(
	struct verify *verify, struct group *ret_group, struct bytes *ret_payload)
{
	for (int tries = 0;; tries++) {
		size_t at = (size_t)verify->at.offset;
		size_t left = at < verify->segment_size ? verify->segment_size - at : 0;
		enum err err =
			group_parse(bytes_of(verify->segment + at, left), ret_group, ret_payload);
		bool empty = err == ERR_NOT_FOUND && all_zero(verify->segment + at, left);
		if (!err || empty)
			return err;
		if (verify->tree.size < verify->signed_size || tries == TRIES ||
			verify->options->at_rest)
			return err == ERR_NOT_FOUND ? ERR_SYNTAX : err;
		usleep(TRY_US);
		err = read_segment(verify);
		if (err)
			return err;
	}
}

static enum err walk_segment(struct verify *verify)
{
	uint64_t told = 0;
	enum err err = OK;
	verify->at.offset = 0;
	while (!err && verify->at.offset + SEGMENT_HEADER_BYTES <= verify->segment_size) {
		struct group group;
		struct bytes payload;
		err = next_group(verify, &group, &payload);
		if (err == ERR_NOT_FOUND)
			break;
		struct verify_break where = here(verify);
		if (err == ERR_SYNTAX || err == ERR_CORRUPT)
			return verify_broken(verify, &where,
				"the group that begins with entry %llu was changed or torn",
				(unsigned long long)verify->tree.size);
		if (!err)
			err = check_group(verify, &group, payload);
		if (verify->at.offset - told >= PROGRESS_BYTES) {
			told = verify->at.offset;
			tell(verify);
		}
	}
	return err == ERR_NOT_FOUND ? OK : err;
}

// The newest segment there is; 0 when there is none. ERR_NOT_FOUND without the folder.
static enum err last_segment(struct verify *verify, uint32_t *ret_last)
{
	char path[SEGMENT_PATH_BYTES];
	snprintf(path, sizeof path, "%s/segments", verify->options->dir);
	DIR *dir = opendir(path);
	if (!dir)
		return errno == ENOENT ? ERR_NOT_FOUND : ERR_IO;
	uint32_t last = 0;
	for (struct dirent *entry; (entry = readdir(dir));) {
		char *end;
		unsigned long number = strtoul(entry->d_name, &end, 10);
		if (end != entry->d_name && strcmp(end, ".seg") == 0 && number > last)
			last = (uint32_t)number;
	}
	closedir(dir);
	verify->bytes_total = ((uint64_t)last + 1) * SEGMENT_BYTES;
	*ret_last = last;
	return OK;
}

static enum err check_size(struct verify *verify, uint32_t last)
{
	struct verify_break where = here(verify);
	where.offset = verify->segment_size;
	if (verify->segment_size == SEGMENT_BYTES)
		return OK;
	// The newest segment may be in the making: shorter, and nothing but zeros.
	if (verify->at.segment == last && verify->segment_size < SEGMENT_BYTES &&
		all_zero(verify->segment, verify->segment_size))
		return OK;
	return verify_broken(verify, &where, "the segment has %s bytes than it was made with",
		verify->segment_size < SEGMENT_BYTES ? "fewer" : "more");
}

static enum err walk_segments(struct verify *verify)
{
	uint32_t last;
	enum err err = last_segment(verify, &last);
	if (err) {
		struct verify_break where = here(verify);
		return err == ERR_NOT_FOUND ? verify_broken(verify, &where,
						      "there are no segments in the folder")
					    : err;
	}
	err = verify_roots(verify); // checkpoints of the empty tree
	for (; !err && verify->at.segment <= last; verify->at.segment++) {
		struct verify_break where = here(verify);
		err = read_segment(verify);
		if (err == ERR_NOT_FOUND) {
			if (!last && !verify->signed_size)
				return OK; // nothing was ever written
			return verify_broken(verify, &where, "the segment is missing");
		}
		if (!err)
			err = check_size(verify, last);
		if (!err)
			err = walk_segment(verify);
		if (!err) {
			verify->report->segments++;
			verify->report->bytes += verify->segment_size;
			tell(verify);
		}
	}
	return err;
}

static enum err finish(struct verify *verify)
{
	struct verify_break where = here(verify);
	if (verify->next < verify->expected_count) {
		const struct expected *due = &verify->expected[verify->expected_count - 1];
		return verify_broken(verify, &where,
			"the trail ends before entry %llu, but %s is signed over %llu entries: it was cut",
			(unsigned long long)verify->tree.size, due->file,
			(unsigned long long)due->checkpoint.size);
	}
	if (verify->tile_differs) {
		struct verify_break tile = verify->tile_break;
		return verify_broken(verify, &tile, "%s", verify->tile_break.what);
	}
	return OK;
}

enum err ledger_verify(const struct verify_options *options, struct verify_report *ret_report)
{
	char name[NOTE_ORIGIN_BYTES];
	uint8_t public[SIGN_PUBLIC_BYTES];
	memset(ret_report, 0, sizeof *ret_report); // also when this fails: it carries the words
	struct verify *verify = calloc(1, sizeof *verify);
	uint8_t *segment = malloc(SEGMENT_BYTES + 1);
	if (!verify || !segment)
		abort();
	*verify = (struct verify){.options = options, .report = ret_report, .segment = segment};
	enum err err = note_vkey_parse(options->vkey, name, public);
	if (err)
		snprintf(ret_report->first_break.what, VERIFY_WHAT_BYTES,
			"the public key is none: NAME+ID+KEY is expected");
	if (!err && access(options->dir, R_OK | X_OK) != 0) {
		err = errno == ENOENT ? ERR_NOT_FOUND : ERR_IO;
		snprintf(ret_report->first_break.what, VERIFY_WHAT_BYTES, "%s: %s", options->dir,
			strerror(errno));
	}
	if (!err)
		err = verify_read_notes(verify);
	if (!err)
		err = walk_segments(verify);
	if (!err)
		err = finish(verify);
	ret_report->entries = verify->tree.size;
	ret_report->unsigned_entries = verify->tree.size - ret_report->checkpoint.size;
	ret_report->whole = !err;
	if (!err || err == ERR_CORRUPT)
		err = OK;
	else if (!ret_report->first_break.what[0])
		snprintf(ret_report->first_break.what, VERIFY_WHAT_BYTES, "%s: %s", options->dir,
			err_text(err));
	free(verify->expected);
	free(verify);
	free(segment);
	return err;
}
