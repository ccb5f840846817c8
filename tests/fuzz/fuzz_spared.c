// Any file as the never-touch list, and any JSON as an act that watch asks for: refused with words,
// or within bounds.
#include "fuzz.h"

#include "common/format/json.h"
#include "vault/acts_in.h"
#include "vault/spared.h"

#include <string.h>

static void list(struct bytes text, struct arena *arena)
{
	struct spared *spared = arena_alloc(arena, sizeof *spared);
	struct spared_problem problem = {0};
	if (spared_parse(text, arena, spared, &problem)) {
		fuzz_rule(*problem.text, "a problem has words");
		return;
	}
	fuzz_rule(spared->account_count <= SPARED_MOST && spared->address_count <= SPARED_MOST,
		"bounded");
	for (size_t i = 0; i < spared->address_count; i++)
		fuzz_rule(
			spared_address(spared, &spared->addresses[i]), "what is listed is spared");
	for (size_t i = 0; i < spared->account_count; i++)
		fuzz_rule(spared_has(spared->accounts, spared->account_count, spared->accounts[i]),
			"what is listed is spared");
}

static void ask(struct bytes text, struct arena *arena)
{
	struct act act = {.arena = arena};
	const char *problem = NULL;
	json_t *json;
	if (json_parse_strict(text, NULL, &json, NULL))
		return;
	if (acts_read(&act, json, &problem)) {
		fuzz_rule(!problem && *act.key && strlen(act.key) < MEASURE_KEY_BYTES, "a key");
		fuzz_rule(act.seconds <= act.kind->most, "it ends in its time");
		fuzz_rule(act.undo || !act.kind->most || act.seconds, "it ends");
		fuzz_rule(act.kind->doer != ACT_BY_WATCH, "something that the vault does");
	} else {
		fuzz_rule(problem && *problem, "a problem has words");
	}
	json_decref(json);
}

int LLVMFuzzerTestOneInput(const uint8_t *at, size_t size)
{
	struct arena *arena = arena_new();
	if (size && at[0] == '{')
		ask(bytes_of(at, size), arena);
	else
		list(bytes_of(at, size), arena);
	arena_free(arena);
	return 0;
}
