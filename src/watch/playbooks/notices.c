// Messages of runs: until the courier has one it is to be sent, and then its step says what came of
// it. Declared in playbooks_in.h.
#include "watch/playbooks/playbooks_in.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// So that the courier knows it again: made of this database, the run, the step, and whether it says
// that the first no longer holds.
enum {
	RUN_AT = 16,
	BIRTH_AT = 40,
};
#define NOTICE_BIT (1ull << 61)

static uint64_t number_of(const struct playbooks *pb, const struct run *run, const struct record *r)
{
	return NOTICE_BIT | strtoull(pb->birth, NULL, 16) % 0x100000 << BIRTH_AT |
	       run->id % 0x1000000 << RUN_AT | r->n << 1;
}

void run_notify(struct playbooks *pb, const struct run *run, struct record *r)
{
	const struct cacao_step *s = &run->p->steps[r->step];
	const char *sentence = json_string_value(json_object_get(run->finding, "sentence"));
	bool undoing = r->state == RECORD_UNDOING;
	char *text = arena_printf(run->arena, "%s%s\n\n%s\n\nRun %llu of the playbook %s.\n",
		undoing ? "This no longer holds: " : "", s->text, sentence ? sentence : "",
		(unsigned long long)run->id, run->p->name);
	struct playbooks_notice notice = {
		.id = number_of(pb, run, r) | undoing, .to = s->to, .text = text};
	enum err err = pb->owner.notify(pb->owner.context, &notice);
	if (err == ERR_BUSY)
		return; // stays to be sent, at the next tick, also after a crash
	r->send = false;
	if (err) {
		r->state = RECORD_REFUSED;
		snprintf(r->words, sizeof r->words, "%s: it was not sent: %s.", s->to,
			*notice.problem ? notice.problem : err_text(err));
	} else if (undoing) {
		r->state = RECORD_UNDONE;
	}
}

static enum err tell(struct playbooks *pb, struct run *run, const struct playbooks_news *news)
{
	struct record *r = record_of(run, news->id % (1u << RUN_AT) >> 1);
	char words[RUN_WORDS_BYTES];
	if (!r || number_of(pb, run, r) != news->id || r->state != RECORD_DONE)
		return OK; // of another database, or it was taken back meanwhile
	const struct cacao_step *s = &run->p->steps[r->step];
	snprintf(words, sizeof words, "%s (%.200s): %s", s->to, news->words, s->text);
	if (strcmp(words, r->words) == 0)
		return OK;
	snprintf(r->words, sizeof r->words, "%s", words);
	if (news->failed)
		r->state = RECORD_FAILED;
	if (runs_keep(pb, run, NULL, NULL))
		pb->broken = true;
	pb->owner.changed(pb->owner.context);
	return pb->broken ? ERR_IO : OK;
}

enum err playbooks_told(struct playbooks *pb, const struct playbooks_news *news)
{
	uint64_t id = news->id >> RUN_AT & 0xffffff;
	if (!(news->id & NOTICE_BIT) || news->id & 1)
		return OK;
	struct run *run = run_of(pb, id), *kept = run ? NULL : runs_find(pb, id);
	enum err err = run || kept ? tell(pb, run ? run : kept, news) : OK;
	if (kept)
		run_free(kept);
	return err;
}
