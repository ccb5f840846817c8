// make: writes the hospital's files.
#pragma once

#include "people.h"

// 0, or 1 after saying on standard error what could not be written.
int make_files(const struct town *town, unsigned long long seed, const char *dir);
