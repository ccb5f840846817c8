#include "../unit.h"

#include "common/format/yaml_read.h"

#include <string.h>

struct read {
	struct arena *arena;
	struct yaml *root;
	struct yaml_fault fault;
};

static enum err read_text(struct read *read, const char *text)
{
	*read = (struct read){.arena = arena_new()};
	return yaml_read(bytes_text(text), read->arena, &read->root, &read->fault);
}

static void what_is_no_yaml_says_where(void **state)
{
	struct read read;
	assert_err(read_text(&read, "a: 1\nb: [1\nc: }\n"), ERR_SYNTAX);
	assert_in_range(read.fault.line, 2, 4);
	assert_true(*read.fault.text);
	arena_free(read.arena);
	assert_err(read_text(&read, "a: 1\n\na: 2\n"), ERR_INVALID);
	assert_int_equal(read.fault.line, 3);
	arena_free(read.arena);
}

static void keys_that_are_none_are_told_with_their_line(void **state)
{
	static const char *const keys[] = {"from", "to", NULL};
	struct read read;
	assert_ok(read_text(&read, "from: 1\nto: 2\n"));
	assert_true(yaml_check_keys(&read.fault, read.root, keys));
	arena_free(read.arena);
	assert_ok(read_text(&read, "from: 1\nunto: 2\n"));
	assert_false(yaml_check_keys(&read.fault, read.root, keys));
	assert_int_equal(read.fault.line, 2);
	assert_string_equal(read.fault.text, "'unto' is not a key of this");
	arena_free(read.arena);
	assert_ok(read_text(&read, "- from\n"));
	assert_false(yaml_check_keys(&read.fault, read.root, keys));
	arena_free(read.arena);
}

static void a_choice_is_one_of_two_words(void **state)
{
	static const char *const words[2] = {"allow", "deny"};
	struct read read;
	bool second = true;
	assert_ok(read_text(&read, "a: allow\nb: deny\nc: perhaps\nd: [deny]\n"));
	assert_true(yaml_choice(&read.fault, NULL, words, &second) && !second);
	assert_true(yaml_choice(&read.fault, yaml_find(read.root, "b"), words, &second) && second);
	assert_true(yaml_choice(&read.fault, yaml_find(read.root, "a"), words, &second) && !second);
	assert_false(yaml_choice(&read.fault, yaml_find(read.root, "c"), words, &second));
	assert_int_equal(read.fault.line, 3);
	assert_false(yaml_choice(&read.fault, yaml_find(read.root, "d"), words, &second));
	assert_int_equal(read.fault.line, 4);
	assert_false(yaml_is_list(yaml_find(read.root, "a")) || yaml_is_list(NULL));
	assert_true(yaml_is_list(yaml_find(read.root, "d")));
	assert_false(yaml_wrong(&read.fault, NULL, "%d of %s", 3, "these"));
	assert_int_equal(read.fault.line, 1);
	assert_string_equal(read.fault.text, "3 of these");
	arena_free(read.arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_no_yaml_says_where),
		cmocka_unit_test(keys_that_are_none_are_told_with_their_line),
		cmocka_unit_test(a_choice_is_one_of_two_words),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
