// A trail's folder with mangled files: checked offline, opened, written to, and opened again. The
// input is a list of edits to a whole trail of which the last group is not signed yet.
//
// What must hold: opening ends well or is refused, and never ends the process; what was signed is
// not cut off in silence; an entry that opens is the one that was written; and a trail that was
// opened and written to opens again, with every entry it had.
#include "fuzz.h"

#include "folder.h"

#include "vault/ledger/ledger.h"
#include "vault/ledger/segment.h"
#include "vault/ledger/verify.h"

#include <sys/syscall.h>

enum {
	SIGNED = 9,
	ENTRIES = 12,
	EDITS_MOST = 24,
	BLOCKS = 16,
	FOREVER_MS = 1 << 30
};

enum {
	SEGMENT,
	NEXT_SEGMENT,
	CHECKPOINT,
	LIST,
	TILE,
	WITNESS,
	FILES
};
static const char *const names[FILES] = {
	[SEGMENT] = "trail/segments/00000000.seg",
	[NEXT_SEGMENT] = "trail/segments/00000001.seg",
	[CHECKPOINT] = "trail/checkpoint",
	[LIST] = "trail/checkpoints",
	[TILE] = "trail/tile/0/000.p/9",
	[WITNESS] = "witness",
};

static struct file {
	struct buf bytes;
	size_t size; // on disk; the rest is zeros
	bool there, touched;
} original[FILES], files[FILES];

static char trail[64], witness[64], vkey[NOTE_VKEY_BYTES];
static struct ledger_options options = {
	.origin = "hospital.example/trail", .checkpoint_ms = FOREVER_MS};

// The ledger ends the process when it no longer knows what is on disk; a mangled folder is no
// reason. This takes the place of the system's function.
void _exit(int status)
{
	fuzz_rule(status != 74, "a mangled folder does not end the process");
	syscall(SYS_exit_group, status);
	__builtin_unreachable();
}

static struct ledger *open_ledger(void)
{
	struct ledger *ledger = NULL;
	struct ledger_problem problem;
	enum err err = ledger_open(&options, &ledger, &problem);
	fuzz_rule(!err || problem.text[0], "a refusal has words");
	return err ? NULL : ledger;
}

static void append(struct ledger *ledger, unsigned count)
{
	for (unsigned i = 0; i < count; i++) {
		const struct trail_entry entry = {.time_us = 1000 + (int64_t)ledger_size(ledger),
			.kind = TRAIL_ACCESS,
			.action = TRAIL_READ,
			.outcome = TRAIL_ALLOWED,
			.actor = "a",
			.resource = "Patient/1"};
		ledger_append(ledger, &entry);
	}
	ledger_flush(ledger);
	ledger_wait(ledger, ledger_size(ledger));
}

static void keep(int file)
{
	folder_read(names[file], BLOCKS * SEGMENT_ALIGN, &original[file].bytes);
	original[file].there = original[file].bytes.size > 0;
	original[file].size = file == SEGMENT ? SEGMENT_BYTES : original[file].bytes.size;
}

static void make_original(void)
{
	uint8_t seed[SIGN_SEED_BYTES] = {1};
	folder_make();
	snprintf(trail, sizeof trail, "%s/trail", folder);
	snprintf(witness, sizeof witness, "%s/witness", folder);
	fuzz_rule(mkdir(trail, 0700) == 0, "a folder");
	options.dir = trail;
	options.witness = witness;
	options.skip_sync = true;
	fuzz_rule(sign_key_from_seed(seed, &options.sign_key) == OK &&
			  note_vkey(options.origin, options.sign_key.public, vkey) == OK,
		"a key");
	struct ledger *ledger = open_ledger();
	for (unsigned i = 0; i < SIGNED; i += 3)
		append(ledger, 3);
	ledger_close(ledger); // signs
	for (int file = CHECKPOINT; file < FILES; file++)
		keep(file);
	ledger = open_ledger();
	append(ledger, ENTRIES - SIGNED);
	keep(SEGMENT);
	ledger_close(ledger);
}

// The digest of the group in a block is made right, with a number and a place of the input's.
static void forge(struct buf *bytes, size_t block, uint8_t number, uint8_t first)
{
	size_t at = block * SEGMENT_ALIGN;
	struct group group = {0};
	if (at + SEGMENT_HEADER_BYTES > bytes->size)
		return;
	struct cursor in = cursor_of(bytes_of(bytes->at + at + 4, 24));
	group.count = get_u32(&in);
	group.first = first == 255 ? get_u64(&in) : first;
	group.number = number == 255 ? 0 : number;
	in = cursor_of(bytes_of(bytes->at + at + 24, 4));
	group.payload_bytes = get_u32(&in);
	size_t room = bytes->size - at - SEGMENT_HEADER_BYTES;
	struct bytes payload = bytes_of(bytes->at + at + SEGMENT_HEADER_BYTES,
		group.payload_bytes < room ? group.payload_bytes : room);
	group_encode(&group, payload, bytes->at + at);
}

static void copy_block(struct file *from, struct file *to, size_t a, size_t b)
{
	if ((a + 1) * SEGMENT_ALIGN > from->bytes.size || (b + 1) * SEGMENT_ALIGN > to->bytes.size)
		return;
	memmove(to->bytes.at + b * SEGMENT_ALIGN, from->bytes.at + a * SEGMENT_ALIGN,
		SEGMENT_ALIGN);
}

static void edit(const uint8_t e[5])
{
	int number = e[1] % FILES;
	struct file *file = &files[number];
	struct buf *bytes = &file->bytes;
	size_t at = (size_t)e[2] | (size_t)e[3] << 8;
	file->touched = true;
	switch (e[0] % 8) {
	case 0:
		if (at < bytes->size)
			bytes->at[at] ^= e[4];
		break;
	case 1:
		file->size = at;
		if (bytes->size > at)
			bytes->size = at;
		break;
	case 2:
		copy_block(file, file, e[2] % BLOCKS, e[3] % BLOCKS);
		break;
	case 3:
		forge(bytes, e[2] % BLOCKS, e[3], e[4]);
		break;
	case 4:
		file->there = false;
		break;
	case 5: // a copy of another file under this name
		if (e[2] % FILES == number)
			break;
		buf_clear(bytes);
		buf_add_bytes(bytes, buf_bytes(&files[e[2] % FILES].bytes));
		file->size = files[e[2] % FILES].size;
		file->there = true;
		break;
	case 6:
		for (unsigned i = 0; i < e[2]; i++)
			put_u8(bytes, e[4]);
		if (file->size < bytes->size)
			file->size = bytes->size;
		break;
	default:
		if (at < bytes->size)
			memset(bytes->at + at, 0,
				bytes->size - at < SEGMENT_ALIGN ? bytes->size - at
								 : SEGMENT_ALIGN);
	}
}

static void start_over(void)
{
	char path[96];
	static const char *const folders[] = {
		"trail", "trail/segments", "trail/tile", "trail/tile/0", "trail/tile/0/000.p"};
	folder_empty();
	for (size_t i = 0; i < sizeof folders / sizeof *folders; i++) {
		snprintf(path, sizeof path, "%s/%s", folder, folders[i]);
		fuzz_rule(mkdir(path, 0700) == 0, "a folder");
	}
	for (int i = 0; i < FILES; i++) {
		buf_done(&files[i].bytes);
		files[i] = (struct file){.size = original[i].size, .there = original[i].there};
		buf_add_bytes(&files[i].bytes, buf_bytes(&original[i].bytes));
	}
}

static void write_files(void)
{
	for (int i = 0; i < FILES; i++)
		if (files[i].there)
			folder_write(names[i], buf_bytes(&files[i].bytes), files[i].size);
}

static bool verified(void)
{
	const struct verify_options wish = {.dir = trail, .vkey = vkey, .at_rest = true};
	struct verify_report report = {0};
	if (ledger_verify(&wish, &report))
		return false;
	fuzz_rule(report.whole == !report.first_break.what[0], "a break has words");
	return report.whole;
}

// Which entries open; those that were there are as they were.
static size_t read_all(struct ledger *ledger)
{
	struct arena *arena = arena_new();
	size_t count = 0;
	for (uint64_t seq = 0; seq < ledger_durable(ledger); seq++) {
		struct trail_entry entry;
		if (ledger_read(ledger, seq, arena, &entry))
			continue;
		fuzz_rule(entry.time_us == 1000 + (int64_t)seq,
			"what opens is what was written there");
		count++;
	}
	arena_free(arena);
	return count;
}

static void open_and_use(bool whole)
{
	struct ledger *ledger = open_ledger();
	fuzz_rule(ledger || !whole || files[WITNESS].touched,
		"a trail that is whole opens"); // a witness that cannot be read stops it, with
						// words
	if (!ledger)
		return;
	uint64_t durable = ledger_durable(ledger);
	fuzz_rule(durable >= SIGNED || files[CHECKPOINT].touched || files[WITNESS].touched,
		"what was signed is not cut off");
	size_t before = read_all(ledger);
	append(ledger, 2);
	ledger_close(ledger);
	ledger = open_ledger();
	fuzz_rule(ledger != NULL, "it opens again");
	fuzz_rule(ledger_durable(ledger) == durable + 2 && read_all(ledger) == before + 2,
		"nothing was lost");
	ledger_close(ledger);
}

int LLVMFuzzerTestOneInput(const uint8_t *at, size_t size)
{
	if (!options.dir)
		make_original();
	start_over();
	for (size_t i = 0; i < EDITS_MOST && (i + 1) * 5 <= size; i++)
		edit(at + i * 5);
	write_files();
	open_and_use(verified());
	return 0;
}
