#include "vault/roles.h"

#include "common/base/time.h"
#include "common/io/wire.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// The parent's lines: name pid state since_us restarts user rss_kib seccomp no_new_privs caps.
static json_t *role_json(char *line)
{
	static const char *const keys[] = {"name", "pid", "state", "since", "restarts", "user",
		"memory_bytes", "seccomp", "no_new_privileges", "capabilities", "landlock"};
	char *save = NULL, *fields[11] = {0};
	for (size_t i = 0; i < 11; i++)
		fields[i] = strtok_r(i ? NULL : line, " ", &save);
	if (!fields[10])
		return NULL;
	char since[TIME_TEXT_BYTES];
	time_format(strtoll(fields[3], NULL, 10), since);
	return json_pack("{s:s, s:I, s:s, s:s, s:I, s:s, s:I, s:{s:b, s:b, s:s, s:s}}", keys[0],
		fields[0], keys[1], (json_int_t)strtoll(fields[1], NULL, 10), keys[2], fields[2],
		keys[3], since, keys[4], (json_int_t)strtoll(fields[4], NULL, 10), keys[5],
		fields[5], keys[6], (json_int_t)strtoll(fields[6], NULL, 10) * 1024, "confinement",
		keys[7], fields[7][0] == '2', keys[8], fields[8][0] == '1', keys[9], fields[9],
		keys[10], fields[10]);
}

json_t *roles_parse(const char *lines)
{
	char text[WIRE_TEXT_BYTES], *save = NULL;
	snprintf(text, sizeof text, "%s", lines);
	json_t *list = json_array();
	for (char *line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
		json_t *one = role_json(line);
		if (one)
			json_array_append_new(list, one);
	}
	return list;
}
