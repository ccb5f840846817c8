// trail-verify: is the trail whole? For somebody who has a public key and the files, and trusts
// nobody. See docs/trail.md and trail-verify(1).

#include "trail_verify/verbs.h"

#include "common/base/manual.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static const struct usage_option shared[] = {
	{.name = "key",
		.value = "KEY",
		.required = true,
		.help = "The trail's public key, NAME+ID+BASE64, or a file whose first line it is."},
	{0},
};

static const struct usage_status statuses[] = {
	{EXIT_WHOLE, "Whole; the proof holds."},
	{EXIT_BROKEN, "Broken; the proof does not hold."},
	{EXIT_UNREADABLE, "It could not be checked: wrong use, or unreadable files."},
	{0},
};

static const struct usage_program program = {
	.name = "trail-verify",
	.summary = "is the trail whole?",
	.help = "Checks Hospitaller's trail for somebody who has its files and its public key and trusts nobody. It needs no secret, reads no entry's content, and changes nothing. It may run beside a server that is writing.\n\n"
		"A command line is read strictly: what is not understood is refused before anything is read.",
	.shared = shared,
	.statuses = statuses,
};

static enum exit_code run_manual(const struct call *call);

// The first needs no name.
static const struct verb verbs[] = {
	{{.words = "",
		 .summary = "Checks every byte of the trail in DIR.",
		 .help = "Computes the tree of hashes again, compares it with every signed checkpoint and with one that was kept elsewhere, and says in which file, at which byte and with which entry the trail breaks.",
		 .arguments = {{.name = "DIR", .help = "The trail's folder, or a copy of it."}},
		 .options = {{.name = "checkpoint",
				     .value = "FILE",
				     .help = "A signed checkpoint that was kept elsewhere. Without one, a trail that was taken back to an older copy of itself cannot be told from a whole one."},
			 {.name = "json",
				 .help = "Prints one JSON object; an error is one on standard error."},
			 {.name = "quiet", .help = "Shows no progress."}}},
		run_verify},
	{{.words = "inclusion",
		 .summary = "Checks a proof that one entry is in the signed trail.",
		 .help = "The entry is given by its leaf, or as it is: one of the two options.",
		 .arguments = {{.name = "PROOF", .help = "The file that prove made."}},
		 .options = {{.name = "leaf",
				     .value = "HEX",
				     .help = "SHA-256 of 0x00 and the sealed entry."},
			 {.name = "entry", .value = "FILE", .help = "The sealed entry itself."}}},
		run_inclusion},
	{{.words = "consistency",
		 .summary = "Checks a proof that a newer checkpoint only added to an older one.",
		 .arguments = {{.name = "PROOF", .help = "The file that extend made."}},
		 .options = {{.name = "checkpoint",
			 .value = "OLD",
			 .required = true,
			 .help = "The older signed checkpoint."}}},
		run_consistency},
	{{.words = "prove",
		 .summary = "Makes the proof that an entry is in the newest checkpoint.",
		 .help = "The proof goes to standard output, the entry's leaf to standard error.",
		 .arguments = {{.name = "DIR", .help = "The trail's folder, or a copy of it."},
			 {.name = "NUMBER",
				 .help = "The entry's number.",
				 .wrong = usage_wrong_number}}},
		run_prove},
	{{.words = "extend",
		 .summary =
			 "Makes the proof that the newest checkpoint only added to an older one.",
		 .help = "The proof goes to standard output.",
		 .arguments = {{.name = "DIR", .help = "The trail's folder, or a copy of it."}},
		 .options = {{.name = "checkpoint",
			 .value = "OLD",
			 .required = true,
			 .help = "The older signed checkpoint."}}},
		run_extend},
	{{.words = "export",
		 .summary = "Writes the trail for other tools, in the layout of C2SP tlog-tiles.",
		 .help = "Checkpoint, tiles and entry bundles. The entries stay sealed.",
		 .arguments = {{.name = "DIR", .help = "The trail's folder, or a copy of it."},
			 {.name = "OUT", .help = "The folder to write."}}},
		run_export},
	{{.words = "manual",
		 .summary = "Prints trail-verify(1), as man(1) reads it.",
		 .plain = true},
		run_manual},
};
enum {
	VERBS = sizeof verbs / sizeof *verbs
};

static enum exit_code run_manual(const struct call *call)
{
	struct buf out = {0};
	(void)call;
	manual_begin(&out, program.name, 1, program.summary);
	manual_section(&out, "SYNOPSIS");
	for (size_t i = 0; i < VERBS; i++)
		manual_synopsis(&out, &program, &verbs[i].usage);
	manual_section(&out, "DESCRIPTION");
	manual_text(&out, program.help);
	manual_section(&out, "COMMANDS");
	for (size_t i = 0; i < VERBS; i++)
		manual_command(&out, &program, &verbs[i].usage);
	manual_section(&out, "OPTIONS");
	manual_options(&out, shared);
	manual_item(&out, "--help", "Prints how a command is called.");
	manual_statuses(&out, &program);
	manual_section(&out, "SEE ALSO");
	manual_text(&out,
		"hospitaller(1). The formats, and what is proven and what is not, are in docs/trail.md.");
	bool written = fwrite(out.at, 1, out.size, stdout) == out.size && fflush(stdout) == 0;
	buf_done(&out);
	return written ? EXIT_WHOLE : EXIT_UNREADABLE;
}

static void print_help(const struct verb *verb)
{
	struct buf out = {0};
	usage_help(&program, &verb->usage, &out);
	if (verb == &verbs[0])
		buf_add_text(&out, "\nOther commands, each with --help:\n");
	for (size_t i = 1; i < VERBS && verb == &verbs[0]; i++)
		usage_list_add(&program, &verbs[i].usage, &out);
	fwrite(out.at, 1, out.size, stdout);
	buf_done(&out);
}

const char *option_of(const struct call *call, const char *name)
{
	return usage_value(&call->given, name);
}

const char *word_of(const struct call *call, int number)
{
	return usage_argument(&call->given, number);
}

void print_json_text(FILE *to, const char *text)
{
	fputc('"', to);
	for (const unsigned char *c = (const unsigned char *)text; *c; c++) {
		if (*c < 0x20 || *c == '"' || *c == '\\')
			fprintf(to, "\\u%04x", *c);
		else
			fputc(*c, to);
	}
	fputc('"', to);
}

enum exit_code complain(const struct call *call, const char *format, ...)
{
	char words[1024];
	va_list args;
	va_start(args, format);
	vsnprintf(words, sizeof words, format, args);
	va_end(args);
	if (!call->json) {
		fprintf(stderr, "trail-verify: %s\n", words);
		return EXIT_UNREADABLE;
	}
	fputs("{\"error\":\"unreadable\",\"message\":", stderr);
	print_json_text(stderr, words);
	fprintf(stderr, ",\"status\":%d}\n", EXIT_UNREADABLE);
	return EXIT_UNREADABLE;
}

bool read_small(const struct call *call, const char *path, struct buf *ret_text)
{
	uint8_t room[4096];
	size_t got;
	FILE *file = fopen(path, "re");
	if (!file) {
		complain(call, "%s: %s", path, strerror(errno));
		return false;
	}
	while ((got = fread(room, 1, sizeof room, file)) && ret_text->size < 128 * 1024)
		buf_add(ret_text, room, got);
	bool fine = !ferror(file);
	fclose(file);
	if (!fine)
		complain(call, "%s: cannot be read", path);
	return fine;
}

// The key as it is, or the first line of the file that it names.
static bool take_key(struct call *call, const char *text)
{
	struct buf file = {0};
	if (!strchr(text, '+')) {
		if (!read_small(call, text, &file)) {
			buf_done(&file);
			return false;
		}
		put_u8(&file, 0);
		text = (const char *)file.at;
	}
	size_t length = strcspn(text, "\r\n");
	bool fine = length && length < VKEY_ROOM;
	if (fine) {
		memcpy(call->key, text, length);
		call->key[length] = 0;
	} else {
		complain(call, "this is not a public key");
	}
	buf_done(&file);
	return fine;
}

static const struct verb *find_verb(struct usage_words *words)
{
	for (size_t i = 1; words->count && i < VERBS; i++)
		if (strcmp(verbs[i].usage.words, words->at[0]) == 0) {
			words->at++;
			words->count--;
			return &verbs[i];
		}
	return &verbs[0];
}

static bool has_json(int argc, char **argv)
{
	for (int i = 1; i < argc; i++)
		if (strcmp(argv[i], "--json") == 0)
			return true;
	return false;
}

int main(int argc, char **argv)
{
	struct usage_words words = {argv + 1, argc - 1};
	struct usage_problem problem;
	const struct verb *verb = find_verb(&words);
	struct call call = {.json = has_json(argc, argv)};
	if (argc == 1)
		return complain(&call, "a DIR is needed; see trail-verify --help");
	if (usage_parse(&program, &verb->usage, words, &call.given, &problem))
		return complain(&call, "%s; see trail-verify --help", problem.text);
	if (call.given.help)
		print_help(verb);
	else if (!verb->usage.plain && !take_key(&call, option_of(&call, "key")))
		return EXIT_UNREADABLE;
	else
		return (int)verb->run(&call);
	return EXIT_WHOLE;
}
