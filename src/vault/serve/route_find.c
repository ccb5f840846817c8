#include "vault/serve/route.h"

#include <string.h>

enum {
	MOST_SEGMENTS = 8
};

static void split(struct exchange *x)
{
	const char **segments = arena_alloc(x->arena, MOST_SEGMENTS * sizeof *segments);
	char *at = arena_text(x->arena, x->ask.path), *save = NULL;
	x->segment_count = 0;
	for (char *s = strtok_r(at, "/", &save); s && x->segment_count < MOST_SEGMENTS;
		s = strtok_r(NULL, "/", &save))
		segments[x->segment_count++] = s;
	x->segments = segments;
}

// The length of the segment that starts at `at`, and where the next one starts.
static size_t next_segment(const char **at, const char **ret_segment)
{
	while (**at == '/')
		(*at)++;
	*ret_segment = *at;
	size_t length = strcspn(*at, "/");
	*at += length;
	return length;
}

static bool path_matches(const char *pattern, const struct exchange *x)
{
	const char *segment;
	size_t i = 0;
	for (size_t length; (length = next_segment(&pattern, &segment)); i++) {
		if (i == x->segment_count)
			return false;
		if (*segment != ':' && (strlen(x->segments[i]) != length ||
					       memcmp(x->segments[i], segment, length) != 0))
			return false;
	}
	return i == x->segment_count;
}

enum err route_find(struct exchange *x, const struct route **ret_route, const char **ret_allow)
{
	enum door_method method = x->ask.method == DOOR_HEAD ? DOOR_GET : x->ask.method;
	const char *allow = NULL;
	split(x);
	for (size_t i = 0; i < route_count; i++) {
		if (!path_matches(routes[i].path, x))
			continue;
		if (routes[i].method == method) {
			*ret_route = &routes[i];
			return OK;
		}
		const char *name = door_method_text(routes[i].method);
		allow = allow ? arena_printf(x->arena, "%s, %s", allow, name) : name;
	}
	if (!allow)
		return ERR_NOT_FOUND;
	*ret_allow = allow;
	return ERR_UNSUPPORTED;
}

const char *route_segment(const struct exchange *x, const char *name)
{
	const char *pattern = x->route->path, *segment;
	for (size_t i = 0, length; (length = next_segment(&pattern, &segment)); i++)
		if (*segment == ':' && strlen(name) == length - 1 &&
			memcmp(segment + 1, name, length - 1) == 0)
			return x->segments[i];
	return "";
}
