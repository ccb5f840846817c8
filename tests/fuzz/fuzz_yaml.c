// Any text as YAML: what is read keeps the ceilings of yaml.h and finds itself.
#include "fuzz.h"

#include "common/base/text.h"
#include "common/format/yaml.h"

#include <string.h>

static size_t walk(const struct yaml *node, unsigned depth)
{
	size_t count = 1;
	fuzz_rule(depth <= YAML_MOST_DEPTH, "not too deep");
	fuzz_rule(node->text && text_is_utf8(bytes_text(node->text)), "text");
	fuzz_rule(node->line > 0, "a line");
	fuzz_rule(node->kind != YAML_SCALAR || !node->first, "a word has no children");
	for (const struct yaml *child = node->first; child; child = child->next) {
		fuzz_rule((node->kind == YAML_MAP) == (child->key != NULL), "keys in maps only");
		fuzz_rule(!child->key || yaml_find(node, child->key) == child, "each key once");
		count += walk(child, depth + 1);
	}
	return count;
}

int LLVMFuzzerTestOneInput(const uint8_t *at, size_t size)
{
	struct arena *arena = arena_new();
	struct yaml *root = NULL;
	struct yaml_problem problem = {0};
	enum err err = yaml_parse(bytes_of(at, size), arena, &root, &problem);
	if (err)
		fuzz_rule(!root && problem.words && problem.line > 0, "a problem with its place");
	else
		fuzz_rule(walk(root, 0) <= YAML_MOST_NODES, "not too much");
	arena_free(arena);
	return 0;
}
