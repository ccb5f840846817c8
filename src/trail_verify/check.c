#include "trail_verify/verbs.h"

#include "vault/ledger/export.h"
#include "vault/ledger/verify.h"

#include "common/base/text.h"

#include <inttypes.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

static void show_progress(void *context, const struct verify_progress *p)
{
	(void)context;
	fprintf(stderr, "\r%" PRIu64 " of %" PRIu64 " entries, %" PRIu64 " MiB ", p->entries,
		p->signed_entries > p->entries ? p->signed_entries : p->entries, p->bytes >> 20);
	fflush(stderr);
}

static void print_json(const struct verify_report *r)
{
	char root[2 * HASH_BYTES + 1];
	text_hex(bytes_of(r->checkpoint.root.bytes, HASH_BYTES), root);
	printf("{\"whole\":%s,\"entries\":%" PRIu64 ",\"groups\":%" PRIu64 ",\"segments\":%" PRIu64
	       ",\"bytes\":%" PRIu64 ",\"tiles\":%" PRIu64 ",\"checkpoints\":%" PRIu64
	       ",\"signed\":%" PRIu64 ",\"unsigned\":%" PRIu64 ",\"root\":\"%s\",\"origin\":",
		r->whole ? "true" : "false", r->entries, r->groups, r->segments, r->bytes, r->tiles,
		r->checkpoints, r->checkpoint.size, r->unsigned_entries, root);
	print_json_text(stdout, r->checkpoint.origin);
	if (!r->whole) {
		printf(",\"break\":{\"what\":");
		print_json_text(stdout, r->first_break.what);
		printf(",\"file\":");
		print_json_text(stdout, r->first_break.file);
		printf(",\"offset\":%" PRIu64 ",\"entry\":%" PRIu64 "}", r->first_break.offset,
			r->first_break.seq);
	}
	puts("}");
}

static void print_words(const struct verify_report *r, double seconds)
{
	const struct verify_break *b = &r->first_break;
	char root[64];
	text_base64(bytes_of(r->checkpoint.root.bytes, HASH_BYTES), root);
	if (!r->whole) {
		printf("BROKEN: %s\n", b->what);
		printf("  where:   %s, byte %" PRIu64 "\n", b->file, b->offset);
		printf("  entry:   %" PRIu64 " is the first in doubt\n", b->seq);
		if (r->checkpoint.size)
			printf("  before:  the first %" PRIu64 " entries are as they were signed\n",
				r->checkpoint.size);
		return;
	}
	printf("whole: %" PRIu64 " entries of %s\n", r->checkpoint.size, r->checkpoint.origin);
	printf("  root:    %s\n", root);
	printf("  checked: %" PRIu64 " checkpoints, %" PRIu64 " tiles, %" PRIu64
	       " segments in %.1f s\n",
		r->checkpoints, r->tiles, r->segments, seconds);
	if (r->unsigned_entries)
		printf("  behind:  %" PRIu64
		       " entries came after the newest checkpoint; no signature "
		       "covers them yet\n",
			r->unsigned_entries);
}

static double now(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

enum exit_code run_verify(const struct call *call)
{
	bool show = !option_of(call, "quiet") && !call->json && isatty(STDERR_FILENO);
	struct verify_options options = {.dir = word_of(call, 0),
		.vkey = call->key,
		.checkpoint = option_of(call, "checkpoint"),
		.progress = show ? show_progress : NULL};
	struct verify_report report;
	double start = now();
	enum err err = ledger_verify(&options, &report);
	if (show)
		fputs("\r\033[K", stderr);
	if (err)
		return complain(call, "%s", report.first_break.what);
	if (call->json)
		print_json(&report);
	else
		print_words(&report, now() - start);
	return report.whole ? EXIT_WHOLE : EXIT_BROKEN;
}

enum exit_code run_export(const struct call *call)
{
	enum err err = ledger_export(word_of(call, 0), call->key, word_of(call, 1));
	if (err)
		complain(call, "%s: %s", word_of(call, 0), err_text(err));
	return !err ? EXIT_WHOLE : err == ERR_CORRUPT ? EXIT_BROKEN : EXIT_UNREADABLE;
}
