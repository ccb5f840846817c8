// leaks: what the records' database tells without any key, measured.
//
// Needs no vault and no key: whoever holds the disk could count the same. The meaning of each
// number is in docs/records.md. Reads one state of the database while the vault goes on writing.
#pragma once

#include "common/base/bytes.h"

struct records_leak {
	const char *name, *words; // "find-tokens", and what it means for a person
	int64_t value;
};
// `path` names records.db. Takes minutes for a large house. ERR_IO.
enum err records_leaks(
	const char *path, struct arena *arena, struct records_leak **ret_leaks, size_t *ret_count);
