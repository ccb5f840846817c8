// folder: rules written into a folder of the test's own, and events that are small.
#pragma once

#include "../unit.h"

#include "watch/detect/detect.h"

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
	FOUND_MOST = 1000
};

static char folder[64];
static struct arena *arena;
static struct detect *detect;
static struct {
	char title[60], sentence[FINDING_SENTENCE_BYTES], key[100];
	uint64_t seq, count, evidence[CORRELATE_EVIDENCE];
	size_t evidence_count;
} found[FOUND_MOST];
static size_t found_count;
static bool before_answer; // of made_before

static void on_found(void *context, const struct finding *f)
{
	(void)context;
	assert_true(found_count < FOUND_MOST);
	snprintf(found[found_count].title, sizeof found->title, "%s", f->title);
	snprintf(found[found_count].sentence, sizeof found->sentence, "%s", f->sentence);
	snprintf(found[found_count].key, sizeof found->key, "%s", f->key);
	found[found_count].seq = f->seq;
	found[found_count].count = f->count;
	memcpy(found[found_count].evidence, f->evidence, f->evidence_count * sizeof *f->evidence);
	found[found_count++].evidence_count = f->evidence_count;
}

static bool on_before(void *context, const struct finding *f)
{
	(void)context;
	(void)f;
	return before_answer;
}

static void detect_again(void)
{
	const struct detect_owner owner = {on_found, on_before, NULL};
	detect_free(detect);
	detect = detect_new(&owner);
	found_count = 0;
}

static int begin(void **state)
{
	(void)state;
	strcpy(folder, "/tmp/detect-XXXXXX");
	assert_non_null(mkdtemp(folder));
	arena = arena_new();
	before_answer = false;
	detect_again();
	return 0;
}

static int remove_one(const char *path, const struct stat *info, int kind, struct FTW *ftw)
{
	(void)info;
	(void)kind;
	(void)ftw;
	return remove(path);
}

static int finish(void **state)
{
	(void)state;
	detect_free(detect);
	detect = NULL;
	arena_free(arena);
	return nftw(folder, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

[[maybe_unused]] static void write_file(const char *name, const char *text)
{
	char path[128], *slash;
	snprintf(path, sizeof path, "%s/%s", folder, name);
	slash = strrchr(path, '/');
	*slash = 0;
	(void)mkdir(path, 0700);
	*slash = '/';
	FILE *file = fopen(path, "we");
	assert_non_null(file);
	fputs(text, file);
	fclose(file);
}

// One base rule for each letter: purpose is that letter.
[[maybe_unused]] static const char *base(char letter)
{
	return arena_printf(arena,
		"---\ntitle: base %c\nid: 00000000-0000-0000-0000-0000000000%02x\nname: rule_%c\n"
		"logsource: {product: healthcare}\n"
		"detection: {s: {purpose: %c}, condition: s}\n",
		letter, letter, letter, letter);
}

[[maybe_unused]] static const char *correlation(int number, const char *body)
{
	return arena_printf(arena,
		"---\ntitle: corr %d\nid: 00000000-0000-0000-0000-0000000001%02d\nname: corr_%d\n"
		"sentence: '{count} by {actor.user.uid} in {timespan}'\ncorrelation:\n%s\n",
		number, number, number, body);
}

// At so many seconds: who did what (a letter) to whom.
[[maybe_unused]] static void act(
	int64_t second, const char *who, const char *what, const char *whom)
{
	static struct ocsf_event event;
	static uint64_t seq;
	if (second == 0)
		seq = 0;
	arena_reset(arena);
	ocsf_begin(&event, arena);
	ocsf_set_when(&event, ++seq, second * 1000000);
	ocsf_add_text(&event, OCSF_ACTOR, who);
	ocsf_add_text(&event, OCSF_PURPOSE, what);
	ocsf_add_text(&event, OCSF_PATIENT, whom);
	detect_event(detect, &event);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, finish)
