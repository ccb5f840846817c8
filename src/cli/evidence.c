// The evidence of an incident as a folder, for somebody who trusts nobody here.
#include "cli/talk.h"

#include "common/base/text.h"
#include "common/crypto/proof.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
	WAIT_MS = 250,
	WAIT_MOST_MS = 5000 // for all entries of a bundle together
};

static const char *wrong_number(const char *value)
{
	size_t digits = strspn(value, "0123456789");
	return digits == 4 && value[4] == '-' && value[5] &&
			       strspn(value + 5, "0123456789") == strlen(value + 5)
		       ? NULL
		       : "an incident's number is written 2026-0007";
}

struct bundle {
	const struct invocation *invocation;
	const char *dir;
	size_t proved, unproved;
	int waited_ms;
	struct buf leaves; // "4711 HEX" lines
};

static int write_file(const struct bundle *b, const char *name, struct bytes text)
{
	char path[4096];
	snprintf(path, sizeof path, "%s/%s", b->dir, name);
	FILE *file = fopen(path, "we");
	bool fine = file && fwrite(text.at, 1, text.size, file) == text.size;
	if (file)
		fine &= fclose(file) == 0;
	return fine ? EXIT_FINE
		    : fail(b->invocation, EXIT_WRONG_USE, "%s: cannot be written: %s", path,
			      strerror(errno));
}

static int write_json(const struct bundle *b, const char *name, const json_t *json)
{
	char *text = json_dumps(json, JSON_INDENT(1));
	struct buf out = {0};
	buf_printf(&out, "%s\n", text ? text : "{}");
	int result = write_file(b, name, buf_bytes(&out));
	buf_done(&out);
	free(text);
	return result;
}

static bool read_proof(const json_t *proof, struct proof_text *ret)
{
	const json_t *path = json_object_get(proof, "path");
	size_t count = json_array_size(path);
	*ret = (struct proof_text){
		.number = (uint64_t)json_integer_value(json_object_get(proof, "index"))};
	if (!proof || count > MERKLE_PROOF_HASHES)
		return false;
	for (size_t i = 0; i < count; i++) {
		const char *hex = json_string_value(json_array_get(path, i));
		if (!hex || text_unhex(hex, ret->path.hashes[i].bytes, HASH_BYTES))
			return false;
	}
	ret->path.count = count;
	snprintf(ret->note, sizeof ret->note, "%s", json_word(proof, "checkpoint"));
	return true;
}

// What is newer than the last checkpoint has no proof yet: the next one comes within a second.
static int ask_entry(struct bundle *b, const char *path, json_t **ret_entry)
{
	const struct client_ask ask = {.method = DOOR_GET, .path = path};
	int result = talk(b->invocation, &ask, ret_entry);
	while (!result && !json_is_object(json_object_get(*ret_entry, "proof")) &&
		b->waited_ms < WAIT_MOST_MS) {
		json_decref(*ret_entry);
		usleep(WAIT_MS * 1000);
		b->waited_ms += WAIT_MS;
		result = talk(b->invocation, &ask, ret_entry);
	}
	return result;
}

static int write_entry(struct bundle *b, long long seq)
{
	char path[64], name[64];
	struct proof_text proof;
	json_t *entry = NULL;
	snprintf(path, sizeof path, "/api/trail/%lld", seq);
	int result = ask_entry(b, path, &entry);
	if (result)
		return result;
	const json_t *given = json_object_get(entry, "proof");
	snprintf(name, sizeof name, "entries/%lld.json", seq);
	result = write_json(b, name, entry);
	if (!result && read_proof(given, &proof)) {
		struct buf text = {0};
		proof_inclusion_encode(&proof, &text);
		snprintf(name, sizeof name, "proofs/%lld.txt", seq);
		result = write_file(b, name, buf_bytes(&text));
		buf_done(&text);
		buf_printf(&b->leaves, "%lld %s\n", seq, json_word(given, "leaf"));
		b->proved++;
	} else {
		b->unproved++; // no checkpoint covers it yet
	}
	json_decref(entry);
	return result;
}

static int write_readme(const struct bundle *b, const char *number)
{
	struct buf out = {0};
	buf_printf(&out,
		"# Evidence of incident %s\n\n"
		"- `incident.json`: the incident as the server tells it\n"
		"- `entries/N.json`: entry N of the trail, as the server opened it\n"
		"- `proofs/N.txt`: the proof that entry N is in the trail, with a signed "
		"checkpoint\n"
		"- `leaves.txt`: for each entry its number and leaf hash\n\n"
		"To check it without the server, take the trail's public key from where it was "
		"kept when the server was installed (not from here), and run in this folder:\n\n"
		"    while read number leaf; do\n"
		"        trail-verify inclusion proofs/$number.txt --key KEY --leaf $leaf || exit 1\n"
		"    done < leaves.txt\n\n"
		"This shows that sealed entries with these leaf hashes stood in the trail when the "
		"checkpoint was signed, unchanged and at these numbers. What an entry says was "
		"opened with the hospital's key: who doubts the text has it opened again from the "
		"trail, whose sealed bytes have the same leaf hash. Names stand here as far as "
		"whoever made this bundle may see them.\n",
		number);
	int result = write_file(b, "README.md", buf_bytes(&out));
	buf_done(&out);
	return result;
}

static int make_folders(const struct bundle *b)
{
	static const char *const below[] = {"", "/entries", "/proofs"};
	for (size_t i = 0; i < 3; i++) {
		char path[4096];
		snprintf(path, sizeof path, "%s%s", b->dir, below[i]);
		if (mkdir(path, 0700) != 0)
			return fail(b->invocation, EXIT_WRONG_USE, "%s: cannot be made: %s", path,
				strerror(errno));
	}
	return EXIT_FINE;
}

static int write_bundle(struct bundle *b, const json_t *incident)
{
	json_t *seq;
	size_t i;
	int result = make_folders(b);
	if (!result)
		result = write_json(b, "incident.json", incident);
	json_array_foreach(json_object_get(incident, "evidence"), i, seq)
	{
		if (!result)
			result = write_entry(b, (long long)json_integer_value(seq));
	}
	if (!result)
		result = write_file(b, "leaves.txt", buf_bytes(&b->leaves));
	return result ? result : write_readme(b, json_word(incident, "number"));
}

static int talk_of(const struct invocation *invocation, json_t **ret_json)
{
	char path[80];
	snprintf(path, sizeof path, "/api/incidents/%.20s", argument_of(invocation, 0));
	const struct client_ask ask = {.method = DOOR_GET, .path = path};
	return talk(invocation, &ask, ret_json);
}

static int run_evidence(const struct invocation *invocation)
{
	struct bundle b = {.invocation = invocation, .dir = option_of(invocation, "out")};
	json_t *incident = NULL;
	int result = talk_of(invocation, &incident);
	if (!result)
		result = write_bundle(&b, incident);
	if (!result && invocation->json) {
		json_t *json = json_pack("{s:I, s:I, s:s}", "proved", (json_int_t)b.proved,
			"unproved", (json_int_t)b.unproved, "folder", b.dir);
		print_json(json);
		json_decref(json);
	} else if (!result) {
		printf("%zu %s in %s", b.proved,
			text_plural(b.proved, "entry with its proof", "entries with their proofs"),
			b.dir);
		if (b.unproved)
			printf("; %zu %s newer than the last checkpoint; no checkpoint was signed for five seconds: hospitaller status tells why, then once more into a new folder",
				b.unproved, text_plural(b.unproved, "is", "are"));
		puts("");
	}
	buf_done(&b.leaves);
	json_decref(incident);
	return result ? result : b.unproved ? EXIT_NOT_WHOLE : EXIT_FINE;
}

const struct command command_incidents_evidence = {
	.usage = {.words = "incidents evidence",
		.summary = "Writes an incident's entries with their proofs into a new folder.",
		.help = "trail-verify(1) checks each proof without the server; README.md there says how. Every entry that is read stands on the trail as looked at.",
		.arguments = {{.name = "NUMBER",
			.help = "As incidents list shows it.",
			.wrong = wrong_number}},
		.options = {{.name = "out",
			.value = "DIR",
			.required = true,
			.help = "A folder that does not exist yet."}}},
	.run = run_evidence,
};
