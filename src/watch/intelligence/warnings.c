#include "watch/intelligence/warnings.h"

#include "common/base/map.h"
#include "common/format/misp.h"
#include "watch/intelligence/ranges.h"

#include <stdlib.h>
#include <string.h>

struct list {
	char name[INDICATOR_NAME_BYTES];
};

struct warnings {
	struct list *lists[WARNINGS_LISTS];
	size_t count, substring_count;
	struct ranges *ranges;
	struct map *exact; // a listed name and whatever is above it; a text
	struct map *below; // what begins with a dot
	struct {
		char *text;
		const struct list *list;
	} substrings[WARNINGS_SUBSTRINGS];
};

struct warnings *warnings_new(void)
{
	struct warnings *w = calloc(1, sizeof *w);
	if (!w)
		abort();
	w->ranges = ranges_new();
	w->exact = map_new();
	w->below = map_new();
	return w;
}

void warnings_free(struct warnings *w)
{
	if (!w)
		return;
	for (size_t i = 0; i < w->count; i++)
		free(w->lists[i]);
	for (size_t i = 0; i < w->substring_count; i++)
		free(w->substrings[i].text);
	ranges_free(w->ranges);
	map_free(w->exact);
	map_free(w->below);
	free(w);
}

static size_t list_of(struct warnings *w, const char *name)
{
	for (size_t i = 0; i < w->count; i++)
		if (strcmp(w->lists[i]->name, name) == 0)
			return i;
	if (w->count == WARNINGS_LISTS)
		return WARNINGS_LISTS - 1; // under the last one's name
	struct list *list = calloc(1, sizeof *list);
	if (!list)
		abort();
	indicator_words(list->name, sizeof list->name, name);
	w->lists[w->count] = list;
	return w->count++;
}

static void add_domain(struct warnings *w, const struct list *list, const char *text)
{
	struct indicator one = {0};
	bool below = *text == '.';
	if (indicator_set(&one, OBSERVABLE_DOMAIN, bytes_text(text + below)))
		return;
	if (below)
		map_set(w->below, bytes_text(one.value), (void *)list);
	for (const char *at = one.value; at && strchr(at, '.'); at = strchr(at, '.') + 1)
		if (!map_find(w->exact, bytes_text(at)))
			map_set(w->exact, bytes_text(at), (void *)list);
}

static void add_text(struct warnings *w, const struct list *list, const char *text)
{
	struct indicator one = {0};
	if (indicator_guess(&one, bytes_text(text)) &&
		indicator_set(&one, OBSERVABLE_AGENT, bytes_text(text)))
		return;
	map_set(w->exact, bytes_text(one.value), (void *)list);
}

static void add_range(struct warnings *w, size_t list, const char *text)
{
	struct indicator one = {0};
	if (indicator_set(&one, OBSERVABLE_ADDRESS, bytes_text(text)) != ERR_SYNTAX)
		ranges_add(w->ranges, &one.prefix, (uint32_t)list);
}

static void on_row(void *context, const struct misp_warnings *head, const char *text)
{
	struct warnings *w = context;
	size_t at = list_of(w, head->name);
	const struct list *list = w->lists[at];
	if (head->kind == MISP_CIDR)
		add_range(w, at, text);
	else if (head->kind == MISP_HOSTNAME)
		add_domain(w, list, text);
	else if (head->kind == MISP_STRING)
		add_text(w, list, text);
	else if (w->substring_count < WARNINGS_SUBSTRINGS && *text) {
		w->substrings[w->substring_count].list = list;
		w->substrings[w->substring_count].text = strdup(text);
		if (!w->substrings[w->substring_count++].text)
			abort();
	}
}

enum err warnings_add(struct warnings *w, struct bytes json)
{
	return misp_warning_list(json, on_row, w);
}

void warnings_add_own(struct warnings *w, const struct prefix *prefix, const char *name)
{
	ranges_add(w->ranges, prefix, (uint32_t)list_of(w, name));
}

void warnings_ready(struct warnings *w)
{
	ranges_ready(w->ranges, NULL, NULL);
}

static const struct list *find_range(const struct warnings *w, const struct prefix *prefix)
{
	uint32_t number;
	if (!ranges_find(w->ranges, prefix, &number, 1))
		number = ranges_within(w->ranges, prefix);
	return number == RANGES_NONE ? NULL : w->lists[number];
}

static const struct list *find_domain(const struct warnings *w, const char *domain)
{
	const struct list *list = map_find(w->exact, bytes_text(domain));
	for (const char *at = strchr(domain, '.'); !list && at; at = strchr(at + 1, '.'))
		list = map_find(w->below, bytes_text(at + 1));
	return list;
}

static const struct list *find_host(const struct warnings *w, const char *url)
{
	struct indicator host = {0};
	struct bytes text = indicator_host(url);
	if (!indicator_set(&host, OBSERVABLE_ADDRESS, text))
		return find_range(w, &host.prefix);
	return indicator_set(&host, OBSERVABLE_DOMAIN, text) ? NULL : find_domain(w, host.value);
}

const char *warnings_find(const struct warnings *w, const struct indicator *i)
{
	const struct list *list = i->kind == OBSERVABLE_ADDRESS ? find_range(w, &i->prefix)
				  : i->kind == OBSERVABLE_DOMAIN
					  ? find_domain(w, i->value)
					  : map_find(w->exact, bytes_text(i->value));
	for (size_t n = 0; !list && n < w->substring_count; n++)
		if (strstr(i->value, w->substrings[n].text))
			list = w->substrings[n].list;
	// The host alone makes a URL no false alarm: attacks are hosted by the largest, too.
	if (!list && i->kind == OBSERVABLE_URL) {
		size_t path = strcspn(i->value + strcspn(i->value, ":") + 3, "/");
		const char *rest = i->value + strcspn(i->value, ":") + 3 + path;
		list = strcmp(rest, "/") == 0 ? find_host(w, i->value) : NULL;
	}
	return list ? list->name : NULL;
}

size_t warnings_count(const struct warnings *w)
{
	return w->count;
}

const char *warnings_name(const struct warnings *w, size_t list)
{
	return w->lists[list]->name;
}
