// What is not supported, or wrong, is refused with its line and never ignored.
#include "sigma.h"

#define ID         "id: 11111111-2222-3333-4444-555555555555\n"
#define SRC        "logsource: {product: healthcare}\n"
#define OKAY       "detection: {s: {purpose: x}, condition: s}\n"
#define SEL(line)  "title: t\n" ID SRC "detection:\n  s:\n    " line "\n  condition: s\n"
#define COND(text) "title: t\n" ID SRC "detection:\n  s: {purpose: x}\n  condition: " text "\n"
#define CORR(text) "title: t\n" ID "correlation:\n" text

static const struct refused {
	const char *text;
	enum err err;
	unsigned line;
	const char *says; // a part of it
} refused[] = {
	{"", ERR_INVALID, 1, "no rule"},
	{"- a\n", ERR_INVALID, 1, "a map"},
	{"title: t\n" SRC OKAY, ERR_INVALID, 1, "an id"},
	{ID SRC OKAY, ERR_INVALID, 1, "a title"},
	{"title: t\n" ID OKAY, ERR_INVALID, 1, "a logsource"},
	{"title: t\n" ID SRC, ERR_INVALID, 1, "detection or a correlation"},
	{"title: t\nid: x\n" SRC OKAY, ERR_INVALID, 2, "UUID"},
	{"title: t\n" ID SRC OKAY "level: urgent\n", ERR_INVALID, 5, "level"},
	{"title: t\n" ID SRC OKAY "status: new\n", ERR_INVALID, 5, "status"},
	{"title: t\n" ID SRC OKAY "titel: x\n", ERR_UNSUPPORTED, 5, "'titel'"},
	{"title: t\n" ID SRC OKAY "action: global\n", ERR_UNSUPPORTED, 5, "'action'"},
	{"title: t\n" ID SRC OKAY "filter: {}\n", ERR_UNSUPPORTED, 5, "'filter'"},
	{"title: t\n" ID SRC OKAY "taxonomy: other\n", ERR_UNSUPPORTED, 5, "'taxonomy'"},
	{"title: t\n" ID SRC OKAY "sentence: '{who} did it'\n", ERR_INVALID, 5, "'who'"},
	{"title: t\n" ID SRC OKAY "sentence: 'open {'\n", ERR_INVALID, 5, "no field"},
	{"title: t\n" ID "logsource: {product: windows}\n" OKAY, ERR_UNSUPPORTED, 3, "healthcare"},
	{"title: t\n" ID "logsource: {category: review}\n" OKAY, ERR_UNSUPPORTED, 3, "healthcare"},
	{"title: t\n" ID "logsource:\n  product: healthcare\n  service: x\n" OKAY, ERR_UNSUPPORTED,
		5, "'service'"},
	{"title: t\n" ID "logsource:\n  product: healthcare\n  category: x\n" OKAY, ERR_UNSUPPORTED,
		5, "category 'x'"},
	{"title: t\n" ID SRC "detection: {s: {purpose: x}}\n", ERR_INVALID, 4, "condition"},
	{"title: t\n" ID SRC "detection:\n  s: {}\n  condition: s\n", ERR_INVALID, 5, "selection"},
	{"title: t\n" ID SRC "detection:\n  s: x\n  condition: s\n", ERR_INVALID, 5, "selection"},
	{"title: t\n" ID SRC "detection:\n  s:\n  - {purpose: x}\n  - y\n  condition: s\n",
		ERR_INVALID, 7, "mixed"},
	{"title: t\n" ID SRC "detection:\n  s: {purpose: x}\n  timeframe: 1h\n  condition: s\n",
		ERR_UNSUPPORTED, 6, "correlation"},
	// Fields and modifiers.
	{SEL("purpos: x"), ERR_INVALID, 6, "no field 'purpos'"},
	{SEL("purpose|hour: 3"), ERR_UNSUPPORTED, 6, "'hour'"},
	{SEL("purpose|contians: x"), ERR_UNSUPPORTED, 6, "'contians'"},
	{SEL("purpose|contains|startswith: x"), ERR_INVALID, 6, "only one"},
	{SEL("purpose|re|contains: x"), ERR_INVALID, 6, "for texts"},
	{SEL("purpose|re|cased: x"), ERR_INVALID, 6, "for texts"},
	{SEL("purpose|i: x"), ERR_INVALID, 6, "after re"},
	{SEL("purpose|re|i|i: x"), ERR_INVALID, 6, "once each"},
	{SEL("purpose|re|cidr: x"), ERR_INVALID, 6, "one way"},
	{SEL("purpose|wide: x"), ERR_INVALID, 6, "base64"},
	{SEL("purpose|wide|contains|windash: x"), ERR_INVALID, 6, "base64"},
	{SEL("purpose|base64|base64: x"), ERR_INVALID, 6, "once"},
	{SEL("purpose|base64: 'a*'"), ERR_INVALID, 6, "wildcards"},
	{SEL("purpose|base64offset|contains: ''"), ERR_INVALID, 6, "too short"},
	{SEL("purpose|windash|re: x"), ERR_INVALID, 6, "as it is"},
	{SEL("purpose|base64|fieldref: status"), ERR_INVALID, 6, "as it is"},
	{SEL("purpose|fieldref: statu"), ERR_INVALID, 6, "no field 'statu'"},
	{SEL("purpose|exists: maybe"), ERR_INVALID, 6, "true or false"},
	{SEL("purpose|gt: 5"), ERR_INVALID, 6, "not a number"},
	{SEL("patient.count|gt: many"), ERR_INVALID, 6, "a number is expected"},
	{SEL("patient.count|gt: nan"), ERR_INVALID, 6, "a number is expected"},
	{SEL("patient.count|gt: 0x10"), ERR_INVALID, 6, "a number is expected"},
	{SEL("patient.count|gt: ''"), ERR_INVALID, 6, "a number is expected"},
	{SEL("purpose|contains: null"), ERR_INVALID, 6, "null"},
	{SEL("purpose|re: 'a('"), ERR_INVALID, 6, "regular expression"},
	{SEL("purpose|re: '\\C'"), ERR_INVALID, 6, "regular expression"},
	{SEL("src_endpoint.ip|cidr: 10.0.0.0"), ERR_INVALID, 6, "network"},
	{SEL("src_endpoint.ip|cidr: 10.0.0.0/33"), ERR_INVALID, 6, "network"},
	{SEL("src_endpoint.ip|cidr: 10.0.0/8"), ERR_INVALID, 6, "network"},
	{SEL("src_endpoint.ip|cidr: 10.0.0.0/+8"), ERR_INVALID, 6, "network"},
	{SEL("src_endpoint.ip|cidr: 'fd00::/129'"), ERR_INVALID, 6, "network"},
	{SEL("purpose|expand: '%nothing%'"), ERR_INVALID, 6, "'nothing'"},
	{SEL("purpose|expand: '%none%'"), ERR_INVALID, 6, "nothing is in it"},
	{SEL("purpose|expand: 'x'"), ERR_INVALID, 6, "%name%"},
	{SEL("purpose|expand: '%a%%b%'"), ERR_INVALID, 6, "%name%"},
	{SEL("purpose|contains|expand|windash|base64|cased|all|neq|neq|neq: x"), ERR_LIMIT, 6,
		"modifiers"},
	{SEL("purpose: []"), ERR_INVALID, 6, "no value"},
	{SEL("purpose: {a: b}"), ERR_INVALID, 6, "value"},
	{SEL("purpose: [[a]]"), ERR_INVALID, 6, "value"},
	{SEL("purpose:\n    - a\n    - [b]"), ERR_INVALID, 8, "value"},
	// Conditions.
	{COND("t"), ERR_INVALID, 6, "'t'"},
	{COND("s and"), ERR_INVALID, 6, "too early"},
	{COND("s s"), ERR_INVALID, 6, "'s'"},
	{COND("(s"), ERR_INVALID, 6, "')'"},
	{COND("s)"), ERR_INVALID, 6, "')'"},
	{COND("s AND s"), ERR_INVALID, 6, "'AND'"},
	{COND("2 of s*"), ERR_INVALID, 6, "'2'"},
	{COND("1 of x*"), ERR_INVALID, 6, "'x*'"},
	{COND("1 of s**"), ERR_UNSUPPORTED, 6, "one *"},
	{COND("1 s*"), ERR_INVALID, 6, "'of'"},
	{COND("s | count() > 5"), ERR_UNSUPPORTED, 6, "correlation"},
	{COND("s | near s"), ERR_UNSUPPORTED, 6, "correlation"},
	{COND("[]"), ERR_INVALID, 6, "missing"},
	{COND("((((((((((((((((((((((((((((((((((s"), ERR_LIMIT, 6, "deeply"},
	// Correlations.
	{CORR("  type: event_sum\n  rules: [a]\n  timespan: 1h\n"), ERR_UNSUPPORTED, 4,
		"'event_sum'"},
	{CORR("  rules: [a]\n  timespan: 1h\n"), ERR_INVALID, 4, "type"},
	{CORR("  type: event_count\n  timespan: 1h\n  condition: {gte: 1}\n"), ERR_INVALID, 4,
		"rules"},
	{CORR("  type: event_count\n  rules: [a, a]\n  timespan: 1h\n  condition: {gte: 1}\n"),
		ERR_INVALID, 5, "twice"},
	{CORR("  type: event_count\n  rules: [a]\n  condition: {gte: 1}\n"), ERR_INVALID, 4,
		"timespan"},
	{CORR("  type: event_count\n  rules: [a]\n  timespan: 1y\n  condition: {gte: 1}\n"),
		ERR_INVALID, 6, "timespan"},
	{CORR("  type: event_count\n  rules: [a]\n  timespan: 91d\n  condition: {gte: 1}\n"),
		ERR_INVALID, 6, "90 days"},
	{CORR("  type: event_count\n  rules: [a]\n  timespan: 0h\n  condition: {gte: 1}\n"),
		ERR_INVALID, 6, "timespan"},
	{CORR("  type: event_count\n  rules: [a]\n  timespan: 1h\n"), ERR_INVALID, 4, "condition"},
	{CORR("  type: event_count\n  rules: [a]\n  timespan: 1h\n  condition: {lt: 5}\n"),
		ERR_UNSUPPORTED, 7, "from below"},
	{CORR("  type: event_count\n  rules: [a]\n  timespan: 1h\n  condition: {gte: 5, lt: 5}\n"),
		ERR_UNSUPPORTED, 7, "met"},
	{CORR("  type: event_count\n  rules: [a]\n  timespan: 1h\n  condition: {gte: 1001}\n"),
		ERR_INVALID, 7, "1000"},
	{CORR("  type: event_count\n  rules: [a]\n  timespan: 1h\n  condition: {neq: 5}\n"),
		ERR_UNSUPPORTED, 7, "'neq'"},
	{CORR("  type: event_count\n  rules: [a]\n  timespan: 1h\n  condition: {gte: 5, field: purpose}\n"),
		ERR_INVALID, 7, "value_count"},
	{CORR("  type: value_count\n  rules: [a]\n  timespan: 1h\n  condition: {gte: 5}\n"),
		ERR_INVALID, 7, "value_count"},
	{CORR("  type: value_count\n  rules: [a]\n  timespan: 1h\n  condition: {gte: 5, field: x}\n"),
		ERR_INVALID, 7, "'x'"},
	{CORR("  type: event_count\n  rules: [a]\n  group-by: [x]\n  timespan: 1h\n  condition: {gte: 1}\n"),
		ERR_INVALID, 6, "'x'"},
	{CORR("  type: event_count\n  rules: [a]\n  group-by: [w]\n  aliases:\n    w: {b: purpose}\n  timespan: 1h\n  condition: {gte: 1}\n"),
		ERR_INVALID, 8, "not among"},
	{CORR("  type: event_count\n  rules: [a]\n  aliases:\n    w: {a: purpose}\n  timespan: 1h\n  condition: {gte: 1}\n"),
		ERR_INVALID, 7, "group-by"},
	{CORR("  type: temporal\n  rules: [a]\n  timespan: 1h\n"), ERR_INVALID, 4, "two rules"},
	{CORR("  type: temporal\n  rules: [a, b]\n  timespan: 1h\n  condition: a and b\n"),
		ERR_UNSUPPORTED, 7, "temporal"},
	{CORR("  type: event_count\n  rules: [a]\n  timespan: 1h\n  condition: {gte: 1}\n  generate: perhaps\n"),
		ERR_INVALID, 8, "generate"},
	{CORR("  type: event_count\n  rules: [a]\n  timeframe: 1h\n  condition: {gte: 1}\n"),
		ERR_UNSUPPORTED, 6, "'timeframe'"},
	{"title: t\n" ID SRC OKAY
	 "correlation:\n  type: event_count\n  rules: [a]\n  timespan: 1h\n  condition: {gte: 1}\n",
		ERR_INVALID, 1, "either"},
	{"title: t\n" ID SRC OKAY "---\ntitle: u\n", ERR_INVALID, 6, "a rule needs"},
};

static void what_is_refused(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
		struct sigma_rule *rule = NULL;
		struct sigma_problem problem = {0};
		enum err err = read_text(refused[i].text, &rule, &problem);
		if (err != refused[i].err || problem.line != refused[i].line ||
			!strstr(problem.text, refused[i].says))
			fail_msg("%s\n%s, line %u: %s; expected %s, line %u: %s", refused[i].text,
				err_text(err), problem.line, problem.text, err_text(refused[i].err),
				refused[i].line, refused[i].says);
		assert_null(rule);
	}
}

// Each would be a rule that compares for ever, or takes all memory.
static void size_has_ceilings(void **state)
{
	struct buf text = {0};
	struct sigma_rule *rule = NULL;
	struct sigma_problem problem = {0};
	(void)state;
	buf_add_text(&text, "title: t\n" ID SRC "detection:\n  s:\n    purpose: [");
	for (int i = 0; i < SIGMA_COST; i++)
		buf_printf(&text, "v%d,", i);
	buf_add_text(&text, "last]\n  condition: s\n");
	put_u8(&text, 0);
	assert_err(read_text((char *)text.at, &rule, &problem), ERR_LIMIT);
	buf_clear(&text);
	buf_add_text(&text, "title: t\n" ID SRC "detection:\n  s:\n    purpose: [");
	for (int i = 0; i < 1000; i++)
		buf_printf(&text, "v%d,", i);
	buf_add_text(&text, "last]\n  condition: s");
	for (int i = 0; i < 30; i++)
		buf_add_text(&text, " or s");
	buf_add_text(&text, "\n");
	put_u8(&text, 0);
	assert_err(read_text((char *)text.at, &rule, &problem), ERR_LIMIT);
	assert_string_equal(problem.text, "this condition compares too much");
	buf_done(&text);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, finish)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(what_is_refused),
		TEST(size_has_ceilings),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
