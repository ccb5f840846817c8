// make: writes the hospital's files, and invents the same hospital again from them.
#pragma once

#include "people.h"

enum {
	MAKE_FORMAT = 2
}; // grows whenever a seed gives another hospital

int make_allows(const struct town_wish *wish);
// 0, or 1 after saying on standard error what could not be written.
int make_files(const struct town_wish *wish, const char *dir);
// The hospital that `make_files` wrote there, or NULL after saying why not.
struct town *make_again(const char *dir);
