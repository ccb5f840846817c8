// A file of rules, a line "====", and then events of six bytes: who, what, whom, where, and how
// much later (two bytes, minutes). What comes out keeps detect's rules, and comes out again the
// same.
#include "fuzz.h"

#include "folder.h"

#include "common/base/text.h"
#include "watch/detect/detect.h"

enum {
	EVENT_BYTES = 6,
	EVENTS_MOST = 400
};

struct tally {
	size_t count;
	uint64_t sum, last;
};

static void on_found(void *context, const struct finding *f)
{
	struct tally *tally = context;
	fuzz_rule(f->evidence_count > 0 && f->evidence_count <= CORRELATE_EVIDENCE, "evidence");
	for (size_t i = 0; i < f->evidence_count; i++)
		fuzz_rule(
			f->evidence[i] > 0 && f->evidence[i] <= f->seq, "of what happened before");
	fuzz_rule(f->evidence[f->evidence_count - 1] == f->seq, "the last completes it");
	fuzz_rule(f->seq >= tally->last, "in order");
	fuzz_rule(text_is_utf8(bytes_text(f->sentence)), "a text");
	tally->last = f->seq;
	tally->count++;
	tally->sum = tally->sum * 31 + f->seq * 7 + f->count + strlen(f->key) + strlen(f->id);
}

static void play(struct detect *detect, const uint8_t *at, size_t count, size_t before)
{
	static const char *const actions[] = {
		"read", "search", "break-glass", "sign-in", "delete", "export"};
	static struct ocsf_event event;
	struct arena *arena = arena_new();
	int64_t time_us = 1772618400000000;
	for (size_t i = 0; i < count; i++, at += EVENT_BYTES) {
		arena_reset(arena);
		time_us += (int16_t)(at[4] | at[5] << 8) * INT64_C(60000000); // also backwards
		ocsf_begin(&event, arena);
		ocsf_set_when(&event, before + i + 1, time_us);
		ocsf_set_class(&event, &ocsf_classes[at[1] % ocsf_class_count]);
		ocsf_add_opaque(&event, OCSF_ACTOR, at[0] % 8u);
		ocsf_add_text(&event, OCSF_ACTIVITY_NAME, actions[at[1] / 8 % 6]);
		ocsf_add_text(&event, OCSF_STATUS_DETAIL, at[1] & 128 ? "denied" : "allowed");
		for (unsigned p = 0; p <= at[2] % 4u; p++)
			ocsf_add_opaque(&event, OCSF_PATIENT, at[2] / 4u + p + 1);
		ocsf_add_text(&event, OCSF_ADDRESS,
			at[3] & 1   ? "10.0.0.1"
			: at[3] & 2 ? "fd00::1"
				    : "");
		ocsf_add_text(&event, OCSF_RELATIONSHIP, at[3] & 4 ? "none" : "encounter");
		ocsf_add_text(&event, OCSF_USER_AGENT,
			at[3] & 8 ? "curl/8" : "aaaaaaaaaaaaaaaaaaaaaaaaaaab");
		detect_event(detect, &event);
	}
	arena_free(arena);
}

static struct tally once(const uint8_t *events, size_t count)
{
	struct tally tally = {0};
	const struct detect_owner owner = {on_found, NULL, &tally};
	struct detect *detect = detect_new(&owner);
	bool wrong = detect_read(detect, folder);
	fuzz_rule(wrong == (detect_rules(detect)->problem_count > 0), "what is wrong is told");
	play(detect, events, count, 0);
	(void)detect_read(detect, folder); // again, with something to remember
	play(detect, events, count / 2, count);
	json_t *json = detect_json(detect, 0);
	fuzz_rule(json != NULL, "it can be told");
	json_decref(json);
	detect_free(detect);
	return tally;
}

int LLVMFuzzerTestOneInput(const uint8_t *at, size_t size)
{
	static const char mark[] = "\n====\n";
	if (!*folder)
		folder_make();
	const uint8_t *end = memmem(at, size, mark, strlen(mark));
	size_t text = end ? (size_t)(end - at) + 1 : size, rest = end ? size - text - 5 : 0;
	size_t count = rest / EVENT_BYTES;
	folder_write("a.yml", bytes_of(at, text), text);
	const uint8_t *events = at + size - rest;
	count = count < EVENTS_MOST ? count : EVENTS_MOST;
	struct tally first = once(events, count), second = once(events, count);
	fuzz_rule(first.count == second.count && first.sum == second.sum, "the same again");
	return 0;
}
