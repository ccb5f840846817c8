#include "guard/zones.h"

#include "common/base/text.h"
#include "common/message/ward.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct loading {
	struct zones *zones;
	struct yaml_fault *fault;
};

// ---- Words.

// What may stand between quotes in a ruleset, and on a terminal.
static bool is_name(const char *text, size_t most)
{
	static const char allowed[] =
		"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789 .,:_+()/-";
	size_t size = strlen(text);
	return size && size <= most && strspn(text, allowed) == size;
}

static bool read_name(struct loading *l, const struct yaml *at, char *ret, size_t most)
{
	if (!at || at->kind != YAML_SCALAR || !is_name(at->text, most))
		return yaml_wrong(l->fault, at,
			"a name is letters, digits, blanks and . , : _ + ( ) / -, at most %zu of them",
			most);
	memcpy(ret, at->text, strlen(at->text) + 1);
	return true;
}

static bool read_why(struct loading *l, const struct yaml *map, char *ret)
{
	const struct yaml *why = yaml_find(map, "why");
	if (!why || why->kind != YAML_SCALAR || !*why->text ||
		strlen(why->text) > ZONES_WHY_BYTES || !text_is_clean(bytes_text(why->text)) ||
		strpbrk(why->text, "\n\t\r"))
		return yaml_wrong(l->fault, why ? why : map,
			"say why, in one line of at most %d bytes", ZONES_WHY_BYTES);
	memcpy(ret, why->text, strlen(why->text) + 1);
	return true;
}

uint32_t zones_seconds(const char *text)
{
	size_t digits = strspn(text, "0123456789");
	if (!digits || digits > 7)
		return 0;
	unsigned long value = strtoul(text, NULL, 10), unit = 0;
	if (!text[digits])
		unit = 1;
	else if (!text[digits + 1])
		unit = text[digits] == 's'   ? 1
		       : text[digits] == 'm' ? 60
		       : text[digits] == 'h' ? 3600
		       : text[digits] == 'd' ? 86400
					     : 0;
	unsigned long seconds = value * unit;
	return seconds <= UINT32_MAX ? (uint32_t)seconds : 0;
}

static bool read_prefix(struct loading *l, const struct yaml *at, struct prefix *ret)
{
	enum err err = at && at->kind == YAML_SCALAR ? prefix_parse(at->text, ret) : ERR_SYNTAX;
	if (err == ERR_INVALID)
		return yaml_wrong(l->fault, at,
			"'%.60s' has bits behind its length, or is IPv4 written as IPv6", at->text);
	return !err || yaml_wrong(l->fault, at, "'%.60s' is not an address or a prefix",
			       at ? at->text : "");
}

static bool is_interface(const char *text)
{
	static const char allowed[] =
		"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-";
	size_t size = strlen(text);
	return size && size < 16 && strspn(text, allowed) == size;
}

// ---- Zones.

static bool read_prefixes(struct loading *l, const struct yaml *list, struct zone *zone)
{
	if (!list || list->kind != YAML_LIST || !list->first)
		return yaml_wrong(l->fault, list, "a zone has a list of prefixes");
	for (const struct yaml *p = list->first; p; p = p->next) {
		struct prefix *prefix = &zone->prefixes[zone->prefix_count];
		if (zone->prefix_count == ZONES_PREFIXES)
			return yaml_wrong(
				l->fault, p, "a zone has at most %d prefixes", ZONES_PREFIXES);
		if (!read_prefix(l, p, prefix))
			return false;
		for (size_t z = 0; z <= l->zones->zone_count; z++) // its own so far, too
			for (size_t i = 0; i < l->zones->zones[z].prefix_count; i++)
				if (prefix_overlaps(prefix, &l->zones->zones[z].prefixes[i]))
					return yaml_wrong(l->fault, p,
						"'%.60s' overlaps what zone '%s' has", p->text,
						l->zones->zones[z].name);
		zone->prefix_count++;
	}
	return true;
}

static bool read_interfaces(struct loading *l, const struct yaml *list, struct zone *zone)
{
	for (const struct yaml *i = list ? list->first : NULL; i; i = i->next) {
		if (list->kind != YAML_LIST || !is_interface(i->text))
			return yaml_wrong(l->fault, i, "'%.60s' is not an interface", i->text);
		if (zone->interface_count == ZONES_INTERFACES)
			return yaml_wrong(
				l->fault, i, "a zone has at most %d interfaces", ZONES_INTERFACES);
		strcpy(zone->interfaces[zone->interface_count++], i->text);
	}
	return !list || list->kind == YAML_LIST ||
	       yaml_wrong(l->fault, list, "interfaces are a list");
}

static bool read_zones(struct loading *l, const struct yaml *map)
{
	static const char *const keys[] = {"prefixes", "interfaces", "why", NULL};
	if (map && map->kind != YAML_MAP)
		return yaml_wrong(l->fault, map, "zones have names");
	for (const struct yaml *z = map ? map->first : NULL; z; z = z->next) {
		struct zone *zone = &l->zones->zones[l->zones->zone_count];
		if (l->zones->zone_count == ZONES_MOST)
			return yaml_wrong(l->fault, z, "there are at most %d zones", ZONES_MOST);
		if (!is_name(z->key, ZONES_NAME_BYTES) || strcmp(z->key, "any") == 0)
			return yaml_wrong(l->fault, z, "'%.60s' cannot be a zone's name", z->key);
		strcpy(zone->name, z->key);
		if (!yaml_check_keys(l->fault, z, keys) ||
			!read_prefixes(l, yaml_find(z, "prefixes"), zone) ||
			!read_interfaces(l, yaml_find(z, "interfaces"), zone))
			return false;
		l->zones->zone_count++;
	}
	return true;
}

// ---- Flows.

static bool read_port(const char *text, const char **ret_end, uint16_t *ret)
{
	size_t digits = strspn(text, "0123456789");
	long value = digits && digits <= 5 ? strtol(text, NULL, 10) : 0;
	*ret_end = text + digits;
	*ret = (uint16_t)value;
	return value >= 1 && value <= 65535;
}

static bool read_ports(struct loading *l, const struct yaml *list, struct ports *ret)
{
	if (list && list->kind == YAML_SCALAR && strcmp(list->text, "any") == 0) {
		ret->ranges[ret->count].from = 1;
		ret->ranges[ret->count++].to = 65535;
		return true;
	}
	if (list && (list->kind != YAML_LIST || !list->first))
		return yaml_wrong(
			l->fault, list, "ports are a list, such as [443, 8000-8010], or any");
	for (const struct yaml *p = list ? list->first : NULL; p; p = p->next) {
		const char *end;
		uint16_t from = 0, to;
		bool fine = read_port(p->text, &end, &from);
		to = from;
		if (fine && *end == '-')
			fine = read_port(end + 1, &end, &to);
		if (!fine || *end || to < from)
			return yaml_wrong(
				l->fault, p, "'%.60s' is not a port or a range of ports", p->text);
		for (size_t i = 0; i < ret->count; i++)
			if (from <= ret->ranges[i].to && ret->ranges[i].from <= to)
				return yaml_wrong(
					l->fault, p, "port %u is in this list already", from);
		if (ret->count == ZONES_PORTS)
			return yaml_wrong(l->fault, p, "a flow has at most %d ports", ZONES_PORTS);
		ret->ranges[ret->count].from = from;
		ret->ranges[ret->count++].to = to;
	}
	return true;
}

static bool read_end(struct loading *l, const struct yaml *flow, const char *key, int *ret)
{
	const struct yaml *at = yaml_find(flow, key);
	if (!at || at->kind != YAML_SCALAR)
		return yaml_wrong(l->fault, flow, "a flow needs '%s'", key);
	*ret = ZONES_ANY;
	if (strcmp(at->text, "any") == 0)
		return true;
	for (size_t z = 0; z < l->zones->zone_count; z++)
		if (strcmp(l->zones->zones[z].name, at->text) == 0)
			*ret = (int)z;
	return *ret != ZONES_ANY || yaml_wrong(l->fault, at, "there is no zone '%.60s'", at->text);
}

static bool read_flow(struct loading *l, const struct yaml *map, struct flow *flow)
{
	static const char *const keys[] = {
		"name", "why", "from", "to", "tcp", "udp", "ping", "direction", NULL};
	static const char *const directions[2] = {"there", "both"}, *const pings[2] = {
									    "false", "true"};
	if (!yaml_check_keys(l->fault, map, keys))
		return false;
	if (!yaml_find(map, "name"))
		return yaml_wrong(l->fault, map, "a flow needs a name");
	if (!read_name(l, yaml_find(map, "name"), flow->name, ZONES_NAME_BYTES) ||
		!read_why(l, map, flow->why) || !read_end(l, map, "from", &flow->from) ||
		!read_end(l, map, "to", &flow->to) ||
		!read_ports(l, yaml_find(map, "tcp"), &flow->tcp) ||
		!read_ports(l, yaml_find(map, "udp"), &flow->udp) ||
		!yaml_choice(l->fault, yaml_find(map, "ping"), pings, &flow->ping) ||
		!yaml_choice(l->fault, yaml_find(map, "direction"), directions, &flow->both))
		return false;
	if (flow->from == ZONES_ANY && flow->to == ZONES_ANY)
		return yaml_wrong(
			l->fault, map, "a flow from any to any is no flow: set default: allow");
	if (!flow->tcp.count && !flow->udp.count && !flow->ping)
		return yaml_wrong(l->fault, map, "a flow needs tcp, udp or ping");
	return true;
}

static bool read_flows(struct loading *l, const struct yaml *list)
{
	if (list && list->kind != YAML_LIST)
		return yaml_wrong(l->fault, list, "flows are a list");
	for (const struct yaml *f = list ? list->first : NULL; f; f = f->next) {
		struct flow *flow = &l->zones->flows[l->zones->flow_count];
		if (l->zones->flow_count == ZONES_FLOWS)
			return yaml_wrong(l->fault, f, "there are at most %d flows", ZONES_FLOWS);
		if (!read_flow(l, f, flow))
			return false;
		for (size_t i = 0; i < l->zones->flow_count; i++)
			if (strcmp(l->zones->flows[i].name, flow->name) == 0)
				return yaml_wrong(
					l->fault, f, "there is a flow '%s' already", flow->name);
		l->zones->flow_count++;
	}
	return true;
}

// ---- What is never blocked, and the rest.

static bool read_kept(struct loading *l, const struct yaml *list, bool lifeline)
{
	static const char *const keys[] = {"address", "why", NULL};
	if (list && list->kind != YAML_LIST)
		return yaml_wrong(
			l->fault, list, "a list of addresses, each with its why, is expected");
	for (const struct yaml *k = list ? list->first : NULL; k; k = k->next) {
		struct kept *kept = &l->zones->kept[l->zones->kept_count];
		if (l->zones->kept_count == ZONES_KEPT)
			return yaml_wrong(l->fault, k, "there are at most %d of these", ZONES_KEPT);
		if (!yaml_check_keys(l->fault, k, keys) || !read_why(l, k, kept->why))
			return false;
		if (!yaml_find(k, "address"))
			return yaml_wrong(l->fault, k, "an address is missing");
		if (!read_prefix(l, yaml_find(k, "address"), &kept->prefix))
			return false;
		kept->lifeline = lifeline;
		l->zones->kept_count++;
	}
	return true;
}

static bool read_reach(struct loading *l, const struct yaml *list)
{
	if (list && list->kind != YAML_LIST)
		return yaml_wrong(l->fault, list, "a list of addresses is expected");
	for (const struct yaml *r = list ? list->first : NULL; r; r = r->next) {
		if (l->zones->reach_count == ZONES_REACH)
			return yaml_wrong(
				l->fault, r, "there are at most %d of these", ZONES_REACH);
		if (!read_prefix(l, r, &l->zones->reach[l->zones->reach_count]))
			return false;
		l->zones->reach_count++;
	}
	return true;
}

static bool read_longest(struct loading *l, const struct yaml *at)
{
	uint32_t seconds = at ? zones_seconds(at->text) : l->zones->longest_s;
	if (!seconds || seconds > WARD_MOST_SECONDS)
		return yaml_wrong(
			l->fault, at, "the longest block is a time such as 24h, at most 7d");
	l->zones->longest_s = seconds;
	return true;
}

static bool read_file(struct loading *l, const struct yaml *root)
{
	static const char *const keys[] = {"default", "longest-block", "at-stop", "zones", "flows",
		"never-block", "lifelines", "quarantine-reach", NULL};
	static const char *const defaults[2] = {"allow", "deny"}, *const stops[2] = {
									  "keep", "clear"};
	return yaml_check_keys(l->fault, root, keys) &&
	       yaml_choice(l->fault, yaml_find(root, "default"), defaults, &l->zones->deny) &&
	       yaml_choice(l->fault, yaml_find(root, "at-stop"), stops, &l->zones->clear_at_stop) &&
	       read_longest(l, yaml_find(root, "longest-block")) &&
	       read_zones(l, yaml_find(root, "zones")) && read_flows(l, yaml_find(root, "flows")) &&
	       read_kept(l, yaml_find(root, "lifelines"), true) &&
	       read_kept(l, yaml_find(root, "never-block"), false) &&
	       read_reach(l, yaml_find(root, "quarantine-reach"));
}

void zones_init(struct zones *zones)
{
	*zones = (struct zones){.longest_s = 24 * 3600};
}

enum err zones_parse(struct bytes text, struct zones *ret_zones, struct yaml_fault *fault)
{
	struct yaml *root;
	if (text.size > ZONES_FILE_BYTES) {
		*fault = (struct yaml_fault){0, "the file is too large"};
		return ERR_LIMIT;
	}
	struct arena *arena = arena_new();
	struct zones *zones = arena_alloc(arena, sizeof *zones);
	struct loading loading = {zones, fault};
	zones_init(zones);
	enum err err = yaml_read(text, arena, &root, fault);
	if (!err && !read_file(&loading, root))
		err = ERR_INVALID;
	if (!err)
		*ret_zones = *zones;
	arena_free(arena);
	return err;
}

bool zones_keep(const struct zones *zones, const struct prefix *prefix, char ret_why[240])
{
	char text[PREFIX_TEXT_BYTES];
	for (size_t i = 0; i < zones->kept_count; i++) {
		if (!prefix_overlaps(&zones->kept[i].prefix, prefix))
			continue;
		prefix_text(&zones->kept[i].prefix, text);
		snprintf(ret_why, 240, "%s is never blocked: %s", text, zones->kept[i].why);
		return true;
	}
	return false;
}
