// trail-verify: is the trail whole? For somebody who has a public key and the files, and trusts
// nobody. See docs/trail.md and trail-verify(1).

#include "trail_verify/verbs.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static const struct verb verbs[] = {
	{"", 1, "DIR --key KEY [--checkpoint FILE]",
		"check every byte of the trail in DIR against its signed checkpoints, and against one "
		"that was kept elsewhere",
		run_verify},
	{"inclusion", 1, "PROOF --key KEY (--leaf HEX | --entry FILE)",
		"check that one entry is in the signed trail", run_inclusion},
	{"consistency", 1, "PROOF --key KEY --checkpoint OLD",
		"check that a newer checkpoint only added to an older one", run_consistency},
	{"prove", 2, "DIR SEQ --key KEY",
		"make the proof that entry SEQ is in the newest checkpoint", run_prove},
	{"extend", 1, "DIR --key KEY --checkpoint OLD",
		"make the proof that the newest checkpoint only added to OLD", run_extend},
	{"export", 2, "DIR OUT --key KEY",
		"write checkpoint, tiles and entry bundles in C2SP tlog-tiles layout for other tools",
		run_export},
};
enum {
	VERBS = sizeof verbs / sizeof *verbs
};

static void print_help(FILE *to)
{
	fputs("trail-verify: is the trail whole?\n\n", to);
	for (size_t i = 0; i < VERBS; i++)
		fprintf(to, "  trail-verify %s%s%s\n      %s\n", verbs[i].name,
			*verbs[i].name ? " " : "", verbs[i].usage, verbs[i].help);
	fputs("\n  --key KEY          the trail's public key: NAME+ID+BASE64, or a file that holds it\n"
	      "  --checkpoint FILE  a signed checkpoint that was kept elsewhere\n"
	      "  --leaf HEX         SHA-256 of 0x00 and the sealed entry\n"
	      "  --entry FILE       the sealed entry itself\n"
	      "  --json             one JSON object on standard output\n"
	      "  --quiet            no progress\n"
	      "  --help             this text\n\n"
	      "Ends with 0 when it is whole, 1 when it is broken, 2 when it could not be checked.\n",
		to);
}

bool read_small(const char *path, struct buf *ret_text)
{
	uint8_t room[4096];
	size_t got;
	FILE *file = fopen(path, "re");
	if (!file) {
		fprintf(stderr, "trail-verify: %s: %s\n", path, strerror(errno));
		return false;
	}
	while ((got = fread(room, 1, sizeof room, file)) && ret_text->size < 128 * 1024)
		buf_add(ret_text, room, got);
	bool fine = !ferror(file);
	fclose(file);
	if (!fine)
		fprintf(stderr, "trail-verify: %s: cannot be read\n", path);
	return fine;
}

// The key as it is, or the first line of the file that it names.
static bool take_key(const char *text, char ret_key[VKEY_ROOM])
{
	struct buf file = {0};
	if (!strchr(text, '+')) {
		if (!read_small(text, &file)) {
			buf_done(&file);
			return false;
		}
		put_u8(&file, 0);
		text = (const char *)file.at;
	}
	size_t length = strcspn(text, "\r\n");
	bool fine = length && length < VKEY_ROOM;
	if (fine) {
		memcpy(ret_key, text, length);
		ret_key[length] = 0;
	}
	buf_done(&file);
	return fine;
}

static bool take_option(struct call *call, const char *name, const char *value, bool *ret_used)
{
	*ret_used = true;
	if (strcmp(name, "--key") == 0)
		return value && take_key(value, call->key);
	if (strcmp(name, "--checkpoint") == 0)
		return (call->checkpoint = value) != NULL;
	if (strcmp(name, "--leaf") == 0)
		return (call->leaf = value) != NULL;
	if (strcmp(name, "--entry") == 0)
		return (call->entry = value) != NULL;
	*ret_used = false;
	if (strcmp(name, "--json") == 0)
		return call->json = true;
	if (strcmp(name, "--quiet") == 0)
		return call->quiet = true;
	return false;
}

static const struct verb *find_verb(const char *word)
{
	for (size_t i = 1; i < VERBS; i++)
		if (strcmp(verbs[i].name, word) == 0)
			return &verbs[i];
	return &verbs[0];
}

static int wrong(const char *what, const char *word)
{
	fprintf(stderr, "trail-verify: %s%s%s; --help tells how it is called\n", what,
		*word ? ": " : "", word);
	return EXIT_UNREADABLE;
}

int main(int argc, char **argv)
{
	struct call call = {0};
	const struct verb *verb = NULL;
	int words = 0;
	for (int i = 1; i < argc; i++) {
		bool used = false;
		if (strcmp(argv[i], "--help") == 0) {
			print_help(stdout);
			return 0;
		}
		if (argv[i][0] == '-') {
			if (!take_option(&call, argv[i], i + 1 < argc ? argv[i + 1] : NULL, &used))
				return wrong("not understood", argv[i]);
			i += used;
		} else if (!verb && (verb = find_verb(argv[i])) != &verbs[0]) {
			continue;
		} else if (words < verb->words) {
			call.words[words++] = argv[i];
		} else {
			return wrong("one word too many", argv[i]);
		}
	}
	if (!verb || words < verb->words)
		return wrong("something is missing", verb ? verb->usage : verbs[0].usage);
	if (!*call.key)
		return wrong("the trail's public key is missing", "--key");
	return (int)verb->run(&call);
}
