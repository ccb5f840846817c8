// What a detection matches and what it does not: values, modifiers, selections, conditions.
#include "sigma.h"

struct one {
	const char *line;  // of a selection
	const char *match; // events, with a bar between them
	const char *other; // that must not match
};

#define UA "http_request.user_agent"

static const struct one values[] = {
	// Texts, without regard to capitals.
	{"purpose: treat", "purpose=TREAT|purpose=treat",
		"purpose=TREATS|purpose=TREA|status=treat"},
	{"purpose: ''", "", "purpose=x|status=x"},
	{"purpose: [BTG, TREAT]", "purpose=BTG|purpose=TREAT", "purpose=HOPERAT"},
	{"flags: vip", "flags=family;flags=vip", "flags=family;flags=self"},
	{"patient.count: 5", "patient.count=5", "patient.count=50|patient.count=-5"},
	// Nothing there.
	{"purpose: null", "status=x", "purpose=x"},
	{"purpose:", "status=x", "purpose=x"},
	{"purpose: ~", "status=x", "purpose=x"},
	{"purpose: 'null'", "purpose=null", "status=x"},
	{"purpose: [null, BTG]", "status=x|purpose=btg", "purpose=TREAT"},
	// Wildcards and what takes their meaning away.
	{"purpose: tr*", "purpose=treat|purpose=tr", "purpose=atr"},
	{"purpose: '*at'", "purpose=treat|purpose=at", "purpose=ate"},
	{"purpose: '*ea*'", "purpose=treat|purpose=ea", "purpose=e-a"},
	{"purpose: '*'", "purpose=x", "status=x"},
	{"purpose: t*e*t", "purpose=treat|purpose=tet|purpose=teat", "purpose=tret-|purpose=tt"},
	{"purpose: tr?at",
		"purpose=treat|purpose=tr\xc3\xa9"
		"at",
		"purpose=trat|purpose=treeat"},
	{"purpose: '?'", "purpose=x|purpose=\xe2\x80\x93", "purpose=xy"},
	{"purpose: 'a\\*b'", "purpose=a*b", "purpose=axb|purpose=a\\*b"},
	{"purpose: 'a\\?b'", "purpose=a?b", "purpose=axb"},
	{"purpose: 'a\\b'", "purpose=a\\b", "purpose=ab"},
	{"purpose: 'a\\\\b'", "purpose=a\\b", "purpose=a\\\\b"},
	{"purpose: 'a\\\\*'", "purpose=a\\|purpose=a\\xyz", "purpose=a*|purpose=axyz"},
	{"purpose: 'a\\\\\\*'", "purpose=a\\*", "purpose=a\\x"},
	{"purpose: 'a\\\\\\\\b'", "purpose=a\\\\b", "purpose=a\\b"},
	{"purpose: 'a\\'", "purpose=a\\", "purpose=a"},
	// Places.
	{"purpose|contains: ea", "purpose=TREAT|purpose=ea", "purpose=tret"},
	{"purpose|startswith: tr", "purpose=TREAT", "purpose=stray"},
	{"purpose|endswith: at", "purpose=TREAT", "purpose=atom"},
	{"purpose|contains: 'a?c'", "purpose=xabcx", "purpose=xacx"},
	{"purpose|contains: [ab, cd]", "purpose=xab|purpose=cdx", "purpose=ac"},
	{"purpose|contains|all: [ab, cd]", "purpose=cdxab", "purpose=xab|purpose=cdx"},
	{"flags|all: [vip, self]", "flags=self;flags=vip", "flags=vip|flags=self"},
	// Capitals.
	{"purpose|cased: Treat", "purpose=Treat", "purpose=TREAT|purpose=treat"},
	{"purpose|contains|cased: Re", "purpose=tRea", "purpose=treat"},
	// Expressions: anywhere, with regard to capitals.
	{"purpose|re: T.*T", "purpose=TREAT|purpose=xTTx", "purpose=treat"},
	{"purpose|re: ^tre", "purpose=treat", "purpose=retreat"},
	{"purpose|re|i: ^tre", "purpose=TREAT", "purpose=retreat"},
	{"purpose|re|m: ^b$", "purpose=a\nb\nc", "purpose=abc"},
	{"purpose|re|s: a.b", "purpose=a\nb", "purpose=ab"},
	{"purpose|re: a.b", "purpose=axb", "purpose=a\nb"},
	{"purpose|re|i|m|s: ^B.C$", "purpose=a\nb\nc", "purpose=bc"},
	{"purpose|re: '[TB]'", "purpose=BTG", "purpose=x"},
	{"purpose|re: 'a(?!b)'", "purpose=ac", "purpose=ab"},
	{"purpose|re: \\d{3}", "purpose=a123", "purpose=12"},
	// Networks.
	{"src_endpoint.ip|cidr: 10.1.0.0/16", "src_endpoint.ip=10.1.255.3",
		"src_endpoint.ip=10.2.0.1|src_endpoint.ip=x|src_endpoint.ip=::1"},
	{"src_endpoint.ip|cidr: 192.168.0.128/25", "src_endpoint.ip=192.168.0.200",
		"src_endpoint.ip=192.168.0.100"},
	{"src_endpoint.ip|cidr: 0.0.0.0/0", "src_endpoint.ip=1.2.3.4", "src_endpoint.ip=::1"},
	{"src_endpoint.ip|cidr: 10.0.0.7/32", "src_endpoint.ip=10.0.0.7",
		"src_endpoint.ip=10.0.0.6"},
	{"src_endpoint.ip|cidr: fd00::/8", "src_endpoint.ip=fd12::1", "src_endpoint.ip=fe80::1"},
	{"src_endpoint.ip|cidr: '2001:db8::/33'", "src_endpoint.ip=2001:db8:7fff::1",
		"src_endpoint.ip=2001:db8:8000::1"},
	{"src_endpoint.ip|cidr: [10.0.0.0/8, fd00::/8]",
		"src_endpoint.ip=10.9.9.9|src_endpoint.ip=fd00::1", "src_endpoint.ip=11.0.0.1"},
	// Numbers.
	{"patient.count|gt: 5", "patient.count=6", "patient.count=5|status=x"},
	{"patient.count|gte: 5", "patient.count=5", "patient.count=4"},
	{"patient.count|lt: 5", "patient.count=4|patient.count=-9", "patient.count=5"},
	{"patient.count|lte: 5", "patient.count=5", "patient.count=6"},
	{"patient.count|gt: 5.5", "patient.count=6", "patient.count=5"},
	{"patient.count|gte: -1", "patient.count=-1", "patient.count=-2"},
	// There or not.
	{"purpose|exists: true", "purpose=x", "status=x"},
	{"purpose|exists: false", "status=x", "purpose=x"},
	// Not that.
	{"purpose|neq: BTG", "purpose=TREAT", "purpose=btg"},
	{"purpose|contains|neq: [a, b]", "purpose=c", "purpose=ca|purpose=cb"},
	// Another field.
	{"user.uid|fieldref: actor.user.uid", "user.uid=a;actor.user.uid=A",
		"user.uid=a;actor.user.uid=b|user.uid=a|actor.user.uid=a"},
	{"user.uid|fieldref|cased: actor.user.uid", "user.uid=a;actor.user.uid=a",
		"user.uid=a;actor.user.uid=A"},
	{"user.uid|fieldref|startswith: actor.user.uid", "user.uid=abc;actor.user.uid=ab",
		"user.uid=cab;actor.user.uid=ab"},
	{"user.uid|endswith|fieldref: actor.user.uid", "user.uid=cab;actor.user.uid=ab",
		"user.uid=abc;actor.user.uid=ab"},
	{"user.uid|contains|fieldref: actor.user.uid", "user.uid=xaby;actor.user.uid=ab",
		"user.uid=xaay;actor.user.uid=ab"},
	// The dashes of a command line.
	{UA "|windash|contains: ' -x '",
		UA "=a -x b|" UA "=a /x b|" UA "=a \xe2\x80\x93x b|" UA "=a \xe2\x80\x94x b|" UA
		   "=a \xe2\x80\x95x b",
		UA "=a +x b|" UA "=a \xe2\x80\x92x b|" UA "=a x b"},
	{UA "|windash|contains|all: ['-a', '/b']", UA "=-a -b|" UA "=/b /a", UA "=-a"},
	{UA "|windash: 'a-b -c'", UA "=a-b /c", UA "=a/b -c"},
	// Encodings: printf %s TEXT | base64 gives what is looked for.
	{UA "|base64: 'foo'", UA "=Zm9v", UA "=xZm9v"},
	{UA "|base64|contains: 'http'", UA "=see aHR0cA== there", UA "=aHR0cHM6"},
	{UA "|base64offset|contains: 'http://'",
		UA "=aHR0cDovLw|" UA "=eGh0dHA6Ly94|" UA "=eHhodHRwOi8veA", UA "=ZnRwOi8v"},
	{UA "|wide|base64: 'ab'", UA "=YQBiAA==", UA "=YWI="},
	{UA "|utf16le|base64: 'ab'", UA "=YQBiAA==", UA "=YWI="},
	{UA "|utf16be|base64: 'ab'", UA "=AGEAYg==", UA "=YQBiAA=="},
	{UA "|utf16|base64: 'ab'", UA "=//5hAGIA", UA "=YQBiAA=="},
	{UA "|wide|base64: '\xf0\x9f\x98\x80'", UA "=PdgA3g==", UA "=8J+YgA=="},
	{UA "|utf16le|base64offset|contains: 'ping'", UA "=cABpAG4AZwA|" UA "=eHAAaQBuAGcA",
		UA "=cGluZw"},
	// Lists.
	{UA "|expand: '%shifts%'", UA "=night|" UA "=WEEKEND|" UA "=wizard",
		UA "=day|" UA "=%shifts%"},
	{UA "|expand|contains: '-%shifts%-'", UA "=the-night-shift", UA "=night"},
	{UA "|contains: '%shifts%'", UA "=100%shifts%", UA "=night"},
};

static bool matches(struct sigma_rule *rule, const char *text)
{
	event_of(text);
	return sigma_match(rule, &event);
}

static void check(struct sigma_rule *rule, const char *line, const char *events, bool want)
{
	char *copy = arena_text(arena, events), *save = NULL;
	for (char *one = strtok_r(copy, "|", &save); one; one = strtok_r(NULL, "|", &save))
		if (matches(rule, arena_text(arena, one)) != want)
			fail_msg("%s %s %s", line, want ? "must match" : "must not match", one);
}

static void values_and_modifiers(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof values / sizeof *values; i++) {
		struct sigma_rule *rule = rule_of(
			arena_printf(arena, "  s:\n    %s\n  condition: s", values[i].line));
		check(rule, values[i].line, values[i].match, true);
		check(rule, values[i].line, values[i].other, false);
		sigma_free(rule);
	}
}

// Whole detections; the same bars.
static const struct one whole[] = {
	{"  s: {purpose: BTG, status: Success}\n  condition: s", "purpose=BTG;status=success",
		"purpose=BTG|status=Success"},
	{"  s:\n  - {purpose: BTG, status: x}\n  - {flags: vip}\n  condition: s",
		"purpose=BTG;status=x|flags=vip", "purpose=BTG|status=x"},
	{"  s: [night, 'w?rd']\n  condition: s", "purpose=midnight|" UA "=the ward|status=NIGHT",
		"purpose=day"},
	{"  s:\n    '|all': [night, ward]\n  condition: s", "purpose=night;status=ward",
		"purpose=night|status=ward"},
	{"  s: {'|contains': night}\n  condition: s", "purpose=nights", "purpose=day"},
	{"  s: [1042]\n  condition: s", "patient.count=1042|trail.seq=91042", "patient.count=142"},
	{"  a: {purpose: x}\n  b: {status: y}\n  condition: a and b", "purpose=x;status=y",
		"purpose=x|status=y"},
	{"  a: {purpose: x}\n  b: {status: y}\n  condition: a or b", "purpose=x|status=y",
		"purpose=z"},
	{"  a: {purpose: x}\n  b: {status: y}\n  condition: a and not b", "purpose=x",
		"purpose=x;status=y|status=z"},
	{"  a: {purpose: x}\n  condition: not a", "purpose=y|status=x", "purpose=x"},
	{"  a: {purpose: x}\n  condition: not not a", "purpose=x", "purpose=y"},
	// not binds first, then and, then or.
	{"  a: {purpose: x}\n  b: {status: y}\n  c: {severity: z}\n  condition: a or b and c",
		"purpose=x|status=y;severity=z", "status=y|severity=z"},
	{"  a: {purpose: x}\n  b: {status: y}\n  c: {severity: z}\n  condition: (a or b) and c",
		"purpose=x;severity=z|status=y;severity=z", "purpose=x|severity=z"},
	{"  a: {purpose: x}\n  b: {status: y}\n  condition: not (a and b)", "purpose=x|status=y",
		"purpose=x;status=y"},
	{"  a: {purpose: x}\n  b: {status: y}\n  condition: not a and b", "status=y",
		"purpose=x;status=y|severity=z"},
	{"  a: {purpose: x}\n  b: {status: y}\n  condition: '( ((a)) )or( b )'",
		"purpose=x|status=y", "severity=z"},
	{"  sel_a: {purpose: x}\n  sel_b: {status: y}\n  other: {severity: z}\n  condition: 1 of sel_*",
		"purpose=x|status=y", "severity=z"},
	{"  sel_a: {purpose: x}\n  sel_b: {status: y}\n  other: {severity: z}\n  condition: all of sel_*",
		"purpose=x;status=y", "purpose=x|severity=z"},
	{"  sel_a: {purpose: x}\n  sel_b: {status: y}\n  condition: any of sel_*", "status=y",
		"severity=z"},
	{"  a_sel: {purpose: x}\n  b_sel: {status: y}\n  condition: 1 of *_sel", "status=y",
		"severity=z"},
	{"  a: {purpose: x}\n  b: {status: y}\n  condition: 1 of them", "purpose=x|status=y",
		"severity=z"},
	{"  a: {purpose: x}\n  b: {status: y}\n  condition: all of them", "purpose=x;status=y",
		"purpose=x"},
	{"  a: {purpose: x}\n  _b: {status: y}\n  condition: 1 of them", "purpose=x", "status=y"},
	{"  a: {purpose: x}\n  _b: {status: y}\n  condition: 1 of them or _b", "purpose=x|status=y",
		"severity=z"},
	{"  a: {purpose: x}\n  f_1: {status: y}\n  f_2: {status: w}\n  condition: a and not 1 of f_*",
		"purpose=x|purpose=x;status=z", "purpose=x;status=y|purpose=x;status=w"},
	{"  a: {purpose: x}\n  condition: 1 of a", "purpose=x", "status=y"},
	{"  a: {purpose: x}\n  b: {status: y}\n  condition: [a, b]", "purpose=x|status=y",
		"severity=z"},
	{"  and_more: {purpose: x}\n  notes: {status: y}\n  condition: and_more and notes",
		"purpose=x;status=y", "purpose=x"},
};

static void selections_and_conditions(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof whole / sizeof *whole; i++) {
		struct sigma_rule *rule = rule_of(whole[i].line);
		check(rule, whole[i].line, whole[i].match, true);
		check(rule, whole[i].line, whole[i].other, false);
		sigma_free(rule);
	}
}

static void a_category_is_the_class_of_the_event(void **state)
{
	struct sigma_rule *rule = NULL;
	struct sigma_problem problem;
	(void)state;
	assert_ok(read_text("title: t\nid: 11111111-2222-3333-4444-555555555555\n"
			    "logsource: {product: healthcare, category: review}\n"
			    "detection: {s: {purpose: x}, condition: s}\n",
		&rule, &problem));
	event_of("purpose=x");
	assert_false(sigma_match(rule, &event));
	ocsf_set_class(&event, ocsf_class_find("review"));
	assert_true(sigma_match(rule, &event));
	sigma_free(rule);
}

static void what_is_said_about_a_rule(void **state)
{
	struct sigma_rule *rule = NULL;
	struct sigma_problem problem;
	(void)state;
	assert_ok(
		read_text("title: A\nid: 11111111-2222-3333-4444-555555555555\nname: a\n"
			  "status: test\nlevel: critical\ntags: [attack.t1, x.y]\n"
			  "falsepositives: one\nreferences: [r]\nsentence: '{count} of {purpose}'\n"
			  "logsource: {product: healthcare, definition: words}\nlicense: MIT\n"
			  "detection: {s: {purpose: x}, condition: s}\n---\n"
			  "title: B\nid: 11111111-2222-3333-4444-555555555556\n"
			  "logsource: {product: healthcare}\n"
			  "detection: {s: {purpose: x}, condition: s}\n",
			&rule, &problem));
	assert_string_equal(rule->title, "A");
	assert_string_equal(rule->name, "a");
	assert_int_equal(rule->level, SIGMA_CRITICAL);
	assert_int_equal(rule->tags.count, 2);
	assert_string_equal(rule->tags.at[1], "x.y");
	assert_string_equal(rule->false_positives.at[0], "one");
	assert_string_equal(rule->sentence, "{count} of {purpose}");
	assert_string_equal(rule->next->title, "B");
	assert_int_equal(rule->next->line, 14);
	assert_int_equal(rule->next->level, SIGMA_LOW);
	assert_null(rule->next->next);
	sigma_free(rule);
}

// An expression that would take for ever gives up, and says so.
static void a_hostile_expression_gives_up(void **state)
{
	(void)state;
	struct sigma_rule *rule = rule_of("  s:\n    " UA "|re: (a+)+$\n  condition: s");
	char text[600] = UA "=";
	memset(text + strlen(text), 'a', 400);
	strcat(text, "b");
	assert_false(matches(rule, text));
	assert_true(rule->gave_up > 0);
	sigma_free(rule);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, finish)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(values_and_modifiers),
		TEST(selections_and_conditions),
		TEST(a_category_is_the_class_of_the_event),
		TEST(what_is_said_about_a_rule),
		TEST(a_hostile_expression_gives_up),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
