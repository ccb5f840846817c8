#include "../unit.h"

#include "common/format/yaml.h"

#include <string.h>

static struct arena *arena;
static struct yaml_problem problem;

static int begin(void **state)
{
	(void)state;
	arena = arena_new();
	problem = (struct yaml_problem){0};
	return 0;
}

static int finish(void **state)
{
	(void)state;
	arena_free(arena);
	return 0;
}

static enum err parse(struct bytes text)
{
	struct yaml *root;
	return yaml_parse(text, arena, &root, &problem);
}

static const struct yaml *tree(const char *text)
{
	struct yaml *root = NULL;
	assert_ok(yaml_parse(bytes_text(text), arena, &root, &problem));
	return root;
}

static void a_document_becomes_a_tree_with_lines(void **state)
{
	(void)state;
	const struct yaml *root = tree("a: 1\n\nlist:\n  - x\n  - {k: 'v w'}\n  - []\nempty:\n");
	assert_int_equal(root->kind, YAML_MAP);
	const struct yaml *a = yaml_find(root, "a"), *list = yaml_find(root, "list");
	assert_string_equal(a->text, "1");
	assert_int_equal(a->line, 1);
	assert_int_equal(list->kind, YAML_LIST);
	assert_null(list->first->key);
	assert_string_equal(list->first->text, "x");
	assert_int_equal(list->first->line, 4);
	assert_string_equal(yaml_find(list->first->next, "k")->text, "v w");
	assert_int_equal(list->first->next->next->kind, YAML_LIST);
	assert_null(list->first->next->next->first);
	assert_null(list->first->next->next->next);
	assert_string_equal(yaml_find(root, "empty")->text, "");
	assert_null(yaml_find(root, "x"));
	assert_null(yaml_find(NULL, "x"));
	assert_null(yaml_find(a, "x"));
}

static void nothing_is_an_empty_map(void **state)
{
	(void)state;
	static const char *const texts[] = {"", "\n", "# words\n", "---\n# words\n"};
	for (size_t i = 0; i < 3; i++) {
		assert_int_equal(tree(texts[i])->kind, YAML_MAP);
		assert_null(tree(texts[i])->first);
	}
	assert_ok(parse((struct bytes){0}));
}

static void values_are_texts_whatever_they_look_like(void **state)
{
	(void)state;
	const struct yaml *root = tree(
		"a: yes\nb: 0x10\nc: ~\nd: 2026-01-01\ne: |\n  two\n  lines\nf: \"\\u00e9\"\n");
	assert_string_equal(yaml_find(root, "a")->text, "yes");
	assert_string_equal(yaml_find(root, "b")->text, "0x10");
	assert_string_equal(yaml_find(root, "c")->text, "~");
	assert_string_equal(yaml_find(root, "d")->text, "2026-01-01");
	assert_string_equal(yaml_find(root, "e")->text, "two\nlines\n");
	assert_string_equal(yaml_find(root, "f")->text, "é");
}

static const struct refused {
	const char *text;
	enum err err;
	unsigned line;
} refused[] = {
	{"a: [\n", ERR_SYNTAX, 2},
	{"a: 1\nb: }\n", ERR_SYNTAX, 2},
	{"\ta: 1\n", ERR_SYNTAX, 1},
	{"a: 'x\n", ERR_SYNTAX, 2},
	{"a: \"\\x00\"\n", ERR_SYNTAX, 1},
	{"a: 1\nb: 2\na: 3\n", ERR_INVALID, 3},
	{"a:\n  b: 1\n  b: 2\n", ERR_INVALID, 3},
	{"\"\": 1\n'': 2\n", ERR_INVALID, 2},
	{"[a]: b\n", ERR_INVALID, 1},
	{"{a: b}: c\n", ERR_INVALID, 1},
	{"a: &x 1\n", ERR_INVALID, 1},
	{"a: 1\nb: &x [1]\n", ERR_INVALID, 2},
	{"a: &x {b: 1}\n", ERR_INVALID, 1},
	{"&x a: 1\n", ERR_INVALID, 1},
	{"a: 1\nb: *a\n", ERR_INVALID, 2},
	{"*a : 1\n", ERR_INVALID, 1},
	{"&x [*x]\n", ERR_INVALID, 1},
	{"a: 1\n---\nb: 1\n", ERR_INVALID, 3},
};

static void what_is_refused(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
		enum err err = parse(bytes_text(refused[i].text));
		if (err != refused[i].err || problem.line != refused[i].line)
			print_error("%s: %s, line %u: %s\n", refused[i].text, err_text(err),
				problem.line, problem.words ? problem.words : "");
		assert_err(err, refused[i].err);
		assert_int_equal(problem.line, refused[i].line);
		assert_true(strlen(problem.words) > 0);
	}
}

static void bytes_that_are_no_text(void **state)
{
	(void)state;
	assert_err(parse(bytes_of("a: \xff\n", 5)), ERR_SYNTAX);
	assert_err(parse(bytes_of("a: b\0c\n", 7)), ERR_SYNTAX);
	assert_err(parse(bytes_of("\xc0\x80: 1", 5)), ERR_SYNTAX);
	assert_err(parse(bytes_of("a: \xed\xa0\x80", 6)), ERR_SYNTAX);
}

static void depth_has_a_ceiling(void **state)
{
	(void)state;
	char text[100] = "";
	for (int depth = 1; depth <= 40; depth++) {
		memset(text, '[', (size_t)depth);
		memset(text + depth, ']', (size_t)depth);
		text[2 * depth] = 0;
		if (depth <= YAML_MOST_DEPTH + 1) // the root is at depth 0
			assert_ok(parse(bytes_text(text)));
		else
			assert_err(parse(bytes_text(text)), ERR_LIMIT);
	}
}

static void nodes_have_a_ceiling(void **state)
{
	(void)state;
	struct buf text = {0};
	buf_add_text(&text, "[");
	for (int i = 0; i < YAML_MOST_NODES - 1; i++)
		buf_add_text(&text, "a,");
	buf_add_text(&text, "]");
	assert_ok(parse(buf_bytes(&text)));
	text.size--;
	buf_add_text(&text, "a]");
	assert_err(parse(buf_bytes(&text)), ERR_LIMIT);
	buf_done(&text);
}

static void size_has_a_ceiling(void **state)
{
	(void)state;
	struct buf text = {0};
	buf_add_text(&text, "#");
	while (text.size < YAML_MOST_BYTES)
		buf_add_text(&text, "x");
	assert_ok(parse(buf_bytes(&text)));
	buf_add_text(&text, "x");
	assert_err(parse(buf_bytes(&text)), ERR_LIMIT);
	assert_int_equal(problem.line, 1);
	buf_done(&text);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, finish)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_document_becomes_a_tree_with_lines),
		TEST(nothing_is_an_empty_map),
		TEST(values_are_texts_whatever_they_look_like),
		TEST(what_is_refused),
		TEST(bytes_that_are_no_text),
		TEST(depth_has_a_ceiling),
		TEST(nodes_have_a_ceiling),
		TEST(size_has_a_ceiling),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
