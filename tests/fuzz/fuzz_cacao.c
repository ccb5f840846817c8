// Any file as a playbook, in either form: it is refused with words, or what was made of it can be
// walked to its end, and what is exported is read again as the same.
#include "fuzz.h"

#include "common/format/cacao.h"

#include <stdlib.h>
#include <string.h>

static const char *find(void *context, const char *name)
{
	(void)context;
	return name[2] == 'a' ? "10.0.0.9" : name[2] == 'l' ? "high" : NULL;
}

// Every way through ends: no step is on its own way. Bounded by the number of steps and nesting.
static void walk(const struct cacao *p, int at, unsigned length)
{
	static const struct cacao_values values = {.find = find};
	for (; length <= CACAO_STEPS; length++) {
		const struct cacao_step *s = &p->steps[at];
		if (s->condition)
			(void)cacao_condition_holds(s->condition, &values);
		fuzz_rule(s->kind != CACAO_ACTION || s->act, "an action is known");
		fuzz_rule(s->kind != CACAO_ACTION || s->act->approval != ACT_ALWAYS ||
				  (s->approval.role && s->approval.late != CACAO_DO),
			"what needs approval has it");
		fuzz_rule(!s->act || !s->act->most || (s->seconds && s->seconds <= s->act->most),
			"what must end ends");
		if (s->branch_count)
			walk(p, s->branches[0], length + 1);
		if (s->kind == CACAO_END)
			return;
		at = s->next >= 0 ? s->next : s->failure;
		fuzz_rule(at >= 0, "something follows");
	}
	fuzz_rule(false, "it ends");
}

int LLVMFuzzerTestOneInput(const uint8_t *at, size_t size)
{
	struct arena *arena = arena_new();
	struct cacao_problem problem = {0};
	struct cacao *p, *again = NULL;
	json_t *json;
	if (cacao_read(bytes_of(at, size), arena, &p, &json, &problem)) {
		fuzz_rule(*problem.text, "a problem has words");
	} else {
		walk(p, p->start, 0);
		char *text = json_dumps(json, JSON_COMPACT);
		json_decref(json);
		fuzz_rule(text && cacao_read(bytes_text(text), arena, &again, NULL, &problem) == OK,
			"what is exported is read");
		fuzz_rule(again && again->step_count == p->step_count, "as the same");
		free(text);
	}
	arena_free(arena);
	return 0;
}
