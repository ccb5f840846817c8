// Whatever the strict parser accepts is written and read again unchanged, and holds no forged mark.
#include "fuzz.h"

#include "common/base/text.h"
#include "common/format/json.h"

static void check_text(const char *text, size_t size)
{
	fuzz_rule(text_is_utf8(bytes_of(text, size)), "text is UTF-8 without NUL");
	fuzz_rule(size == 0 || text[0] != 1, "text carries no mark");
}

static void check_value(const json_t *value, unsigned depth)
{
	fuzz_rule(depth <= JSON_MOST_DEPTH, "nesting stays under its ceiling");
	fuzz_rule(!json_is_real(value), "no number lost its digits");
	if (json_is_string(value) && !json_is_decimal(value))
		check_text(json_string_value(value), json_string_length(value));
	for (size_t i = 0; i < json_array_size(value); i++)
		check_value(json_array_get(value, i), depth + 1);
	json_t *object = (json_t *)value;
	for (void *at = json_object_iter(object); at; at = json_object_iter_next(object, at)) {
		const char *key = json_object_iter_key(at);
		check_text(key, bytes_text(key).size);
		check_value(json_object_iter_value(at), depth + 1);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *at, size_t size)
{
	json_t *value, *again;
	struct json_problem problem = {0};
	struct buf first = {0}, second = {0};
	if (json_parse_strict(bytes_of(at, size), NULL, &value, &problem) != OK) {
		fuzz_rule(problem.words && problem.line > 0 && problem.column > 0,
			"a problem is told");
		return 0;
	}
	check_value(value, 0);
	json_encode(value, &first);
	fuzz_rule(
		json_parse_strict(buf_bytes(&first), NULL, &again, NULL) == OK, "we read our own");
	fuzz_rule(json_equal(value, again), "reading again gives the same");
	json_encode(again, &second);
	fuzz_rule(
		bytes_equal(buf_bytes(&first), buf_bytes(&second)), "writing again gives the same");
	json_decref(value);
	json_decref(again);
	buf_done(&first);
	buf_done(&second);
	return 0;
}
