#include "../unit.h"

#include "common/format/cacao.h"
#include "common/format/sigma.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct arena *arena;
static struct cacao_problem problem;

static struct cacao *read_text(const char *text)
{
	struct cacao *playbook = NULL;
	enum err err = cacao_read(bytes_text(text), arena, &playbook, NULL, &problem);
	return err ? NULL : playbook;
}

static void refused(const char *text, unsigned line, const char *words)
{
	if (read_text(text))
		fail_msg("was taken: %s", text);
	if (!strstr(problem.text, words))
		fail_msg("\"%s\" does not say \"%s\"", problem.text, words);
	assert_int_equal(problem.line, line);
}

#define HEAD "name: trial\nsteps:\n"

static void our_form_is_read(void **state)
{
	(void)state;
	struct cacao *p = read_text("name: trial\nwhen: {level: high, per: actor, quiet: 2h}\n"
				    "steps:\n"
				    "  - do: end-sessions\n"
				    "  - do: lock-account\n    for: 2h\n    wait: 5s\n"
				    "    approve: {by: security-officer, within: 15m}\n");
	assert_non_null(p);
	assert_int_equal(p->step_count, 4);
	assert_int_equal(p->trigger.level, SIGMA_HIGH);
	assert_int_equal(p->trigger.quiet_s, 7200);
	const struct cacao_step *s = &p->steps[p->steps[p->start].next];
	assert_string_equal(s->act->name, "end-sessions");
	s = &p->steps[s->next];
	assert_string_equal(s->act->name, "lock-account");
	assert_int_equal(s->seconds, 7200);
	assert_int_equal(s->delay_ms, 5000);
	assert_string_equal(s->approval.role, "security-officer");
	assert_int_equal(s->approval.late, CACAO_SKIP);
	assert_int_equal(p->steps[s->next].kind, CACAO_END);
}

static void branches_end_by_themselves(void **state)
{
	(void)state;
	struct cacao *p = read_text(HEAD
		"  - if: __level__:value = 'high'\n    then: [{do: snapshot-trail}]\n"
		"    else: [{do: end-sessions}]\n"
		"  - together:\n      - [{do: snapshot-trail}]\n      - [{do: end-sessions}]\n"
		"  - while: __count__:value > 3\n    most: 2\n    repeat: [{do: snapshot-trail}]\n"
		"  - switch: __level__\n    cases: {high: [{do: end-sessions}], default: [{do: snapshot-trail}]}\n");
	assert_non_null(p);
	const struct cacao_step *s = &p->steps[p->steps[p->start].next];
	assert_int_equal(s->kind, CACAO_IF);
	assert_int_equal(s->branch_count, 2);
	s = &p->steps[s->next];
	assert_int_equal(s->kind, CACAO_PARALLEL);
	s = &p->steps[s->next];
	assert_int_equal(s->kind, CACAO_WHILE);
	assert_int_equal(s->most, 2);
	s = &p->steps[s->next];
	assert_int_equal(s->kind, CACAO_SWITCH);
	assert_string_equal(s->cases[0], "high");
	assert_null(s->cases[1]);
}

static void what_is_exported_is_read_again(void **state)
{
	(void)state;
	struct cacao *a, *b;
	json_t *json;
	static const char text[] = HEAD "  - do: block-address\n    for: 1h\n";
	assert_ok(cacao_read(bytes_text(text), arena, &a, &json, &problem));
	char *exported = json_dumps(json, JSON_INDENT(2));
	json_decref(json);
	assert_ok(cacao_read(bytes_text(exported), arena, &b, NULL, &problem));
	free(exported);
	assert_int_equal(a->step_count, b->step_count);
	assert_string_equal(a->id, b->id);
	for (size_t i = 0; i < a->step_count; i++)
		assert_string_equal(a->steps[i].id, b->steps[i].id);
}

static void what_is_wrong_has_its_line(void **state)
{
	(void)state;
	refused(HEAD "  - do: fly\n", 3, "no action");
	refused(HEAD "  - do: end-sessions\n  - do: lock-account\n", 4, "needs an approval");
	refused(HEAD "  - do: end-sessions\n    colour: red\n", 4, "colour");
	refused(HEAD "  - do: end-sessions\n    for: 2h\n", 3, "takes no 'seconds'");
	refused(HEAD "  - do: block-address\n    for: 30d\n", 3, "number from 0");
	refused(HEAD "  - if: __x__:value MATCHES 'a'\n    then: [{do: end-sessions}]\n", 3,
		"comparison");
	refused(HEAD "  - while: __x__:value = 1\n    repeat: [{do: end-sessions}]\n", 3,
		"how often");
	refused(HEAD "  - do: lock-account\n"
		     "    approve: {by: security-officer, within: 5m, otherwise: do}\n",
		3, "never done without approval");
	refused(HEAD "  - do: lock-account\n    approve: {by: nurse, within: 5m}\n", 3,
		"no role that can approve");
	refused("name: trial\n", 1, "name and steps");
}

static const char frame[] =
	"{\"type\":\"playbook\",\"spec_version\":\"cacao-2.0\",\"id\":\"playbook--1\","
	"\"name\":\"t\",%s\n\"workflow_start\":\"start--1\",\"workflow\":{\n"
	"\"start--1\":{\"type\":\"start\",\"on_completion\":\"a\"},\n%s\n"
	"\"end--1\":{\"type\":\"end\"}}}";

static void refused_json(const char *more, const char *steps, unsigned line, const char *words)
{
	char text[4000];
	snprintf(text, sizeof text, frame, more, steps);
	refused(text, line, words);
}

#define COMMAND "\"commands\":[{\"type\":\"hospitaller\",\"command\":\"snapshot-trail\"}]"

static void what_cacao_has_and_we_have_not_is_refused(void **state)
{
	(void)state;
	refused_json("", "\"a\":{\"type\":\"playbook-action\",\"on_completion\":\"end--1\"},", 4,
		"playbook-action");
	refused_json("",
		"\"a\":{\"type\":\"action\",\"agent\":\"x\"," COMMAND
		",\"on_completion\":\"end--1\"},",
		4, "agent");
	refused_json("",
		"\"a\":{\"type\":\"action\",\"commands\":[{\"type\":\"bash\",\"command\":\"rm\"}],"
		"\"on_completion\":\"end--1\"},",
		4, "bash");
	refused_json("\"signatures\":[],",
		"\"a\":{\"type\":\"action\"," COMMAND ",\"on_completion\":\"end--1\"},", 0,
		"signatures");
	refused_json("", "\"a\":{\"type\":\"action\"," COMMAND ",\"on_completion\":\"a\"},", 4,
		"back to itself");
	refused_json("", "\"a\":{\"type\":\"action\"," COMMAND ",\"on_completion\":\"b\"},", 4,
		"leads to no step");
	refused_json("", "\"a\":{\"type\":\"action\"," COMMAND "},", 4, "what follows");
	refused_json("",
		"\"a\":{\"type\":\"action\"," COMMAND ",\"on_completion\":\"end--1\"},\n"
		"\"b\":{\"type\":\"end\"},",
		5, "nothing leads");
	refused("{\"type\":\"playbook\"}", 0, "cacao-2.0");
	refused("{", 1, "");
}

static const char *find(void *context, const char *name)
{
	(void)context;
	return strcmp(name, "__level__") == 0     ? "high"
	       : strcmp(name, "__count__") == 0   ? "12"
	       : strcmp(name, "__address__") == 0 ? "10.40.1.2"
						  : NULL;
}

static bool holds(const char *text)
{
	char words[160];
	struct cacao_expression *e;
	static const struct cacao_values values = {.find = find};
	if (cacao_condition_parse(text, arena, &e, words))
		fail_msg("%s: %s", text, words);
	return cacao_condition_holds(e, &values);
}

static void conditions_hold_or_not(void **state)
{
	(void)state;
	assert_true(holds("__level__:value = 'high'"));
	assert_false(holds("__level__:value != 'high'"));
	assert_true(holds("__count__:value > 5 AND __count__:value <= 12"));
	assert_true(holds("__count__:value < 5 OR __level__:value IN ('low', 'high')"));
	assert_true(holds("NOT __level__:value LIKE 'l%'"));
	assert_true(holds("__level__:value LIKE 'h_g%'"));
	assert_true(holds("__address__:value ISSUBSET '10.40.0.0/16'"));
	assert_false(holds("__address__:value ISSUBSET '10.50.0.0/16'"));
	assert_false(holds("__nothing__:value = 'x'"));
	assert_true(holds("(__nothing__:value = 'x' OR __level__:value = 'high') AND "
			  "__count__:value NOT IN (1, 2)"));
}

static void the_table_is_whole(void **state)
{
	(void)state;
	for (size_t i = 0; i < act_kind_count; i++) {
		const struct act_kind *k = &act_kinds[i];
		assert_true(*k->does && *k->undo && *k->spares);
		assert_true(strlen(k->name) < ACT_NAME_BYTES);
		assert_true(k->most <= ACT_MOST_SECONDS && k->seconds <= k->most);
		assert_ptr_equal(act_find(k->name), k);
		assert_int_equal(k->most > 0, act_takes(k, "seconds"));
		assert_int_equal(k->approval != ACT_FREE, *k->approver != 0);
	}
	assert_null(act_find("fly"));
}

static void time_text(uint32_t seconds, char ret[16])
{
	if (!seconds)
		snprintf(ret, 16, "at once");
	else
		snprintf(ret, 16, "%u h", seconds / 3600);
}

// docs/playbooks.md shows the table as it is.
static void the_docs_have_the_table(void **state)
{
	char path[600], row[1000], lasts[16], most[16];
	static char text[100000];
	(void)state;
	snprintf(path, sizeof path, "%s/playbooks.md", getenv("DOCS"));
	FILE *file = fopen(path, "r");
	assert_non_null(file);
	text[fread(text, 1, sizeof text - 1, file)] = 0;
	fclose(file);
	for (size_t i = 0; i < act_kind_count; i++) {
		const struct act_kind *k = &act_kinds[i];
		time_text(k->seconds, lasts);
		time_text(k->most, most);
		snprintf(row, sizeof row, "| `%s` | %s | %s | %s | %s | %s%s%s | %s |\n", k->name,
			k->does, k->undo, lasts, most, act_approval_text(k),
			*k->approver ? ": " : "", k->approver, k->spares);
		if (!strstr(text, row))
			fail_msg("docs/playbooks.md lacks the row:\n%s", row);
	}
}

static int before(void **state)
{
	(void)state;
	arena = arena_new();
	return 0;
}

static int after(void **state)
{
	(void)state;
	arena_free(arena);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(our_form_is_read),
		cmocka_unit_test(branches_end_by_themselves),
		cmocka_unit_test(what_is_exported_is_read_again),
		cmocka_unit_test(what_is_wrong_has_its_line),
		cmocka_unit_test(what_cacao_has_and_we_have_not_is_refused),
		cmocka_unit_test(conditions_hold_or_not),
		cmocka_unit_test(the_table_is_whole),
		cmocka_unit_test(the_docs_have_the_table),
	};
	return cmocka_run_group_tests(tests, before, after);
}
