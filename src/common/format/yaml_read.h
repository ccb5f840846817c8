// yaml_read: what every reader of one of our files begins with: the tree or a problem with its
// line, keys that are none, words that are none.
//
// A reader returns false as soon as something is wrong, and the fault says what, for a person, and
// where. Pure.
#pragma once

#include "common/format/yaml.h"

struct yaml_fault {
	unsigned line; // 0: the file as a whole
	char text[240];
};

// Always false; the line is that of `at`, or 1 where there is none.
[[gnu::format(printf, 3, 4)]] bool yaml_wrong(
	struct yaml_fault *fault, const struct yaml *at, const char *format, ...);
// As yaml_parse().
enum err yaml_read(
	struct bytes text, struct arena *arena, struct yaml **ret_root, struct yaml_fault *fault);

// A list that is there and not empty. NULL is none.
bool yaml_is_list(const struct yaml *at);
// A map that has no other keys than these, which end with NULL.
bool yaml_check_keys(struct yaml_fault *fault, const struct yaml *map, const char *const *keys);
// One of two words; absent is the first. *ret: it is the second.
bool yaml_choice(
	struct yaml_fault *fault, const struct yaml *at, const char *const words[2], bool *ret);
