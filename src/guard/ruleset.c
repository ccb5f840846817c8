#include "guard/ruleset.h"

#include <string.h>

static const struct {
	const char *name, *type;
	const char *flags;
} sets[] = {
	{"block4", "ipv4_addr", "timeout"},
	{"block6", "ipv6_addr", "timeout"},
	{"blocknet4", "ipv4_addr", "interval,timeout"},
	{"blocknet6", "ipv6_addr", "interval,timeout"},
	{"quarantine4", "ipv4_addr", "timeout"},
	{"quarantine6", "ipv6_addr", "timeout"},
	// Who was refused where: the kernel itself adds what it drops, at most so many.
	{"knock4", "ipv4_addr . ipv4_addr . inet_proto . inet_service", "dynamic,timeout"},
	{"knock6", "ipv6_addr . ipv6_addr . inet_proto . inet_service", "dynamic,timeout"},
};

static bool set_is_knocks(size_t set)
{
	return strncmp(sets[set].name, "knock", 5) == 0;
}

static const struct hook {
	const char *name;
	const char *loopback; // which interface tells that a packet stays on this machine
	bool has_in, has_out;
} hooks[] = {
	{"input", "iifname", true, false},
	{"forward", NULL, true, true},
	{"output", "oifname", false, true},
};
enum {
	HOOKS = sizeof hooks / sizeof *hooks
};

static const char *family_word(uint8_t family)
{
	return family == 4 ? "ip" : "ip6";
}

const char *ruleset_set(enum ruleset_kind kind, const struct prefix *prefix)
{
	bool four = prefix->family == 4;
	if (kind == RULESET_QUARANTINE)
		return four ? "quarantine4" : "quarantine6";
	if (prefix_is_one(prefix))
		return four ? "block4" : "block6";
	return four ? "blocknet4" : "blocknet6";
}

// ---- Lists of prefixes, as the kernel takes them: of one family, none inside another.

struct list {
	const struct prefix *at[ZONES_KEPT + ZONES_PREFIXES];
	size_t count;
};

static void list_add(struct list *list, const struct prefix *prefix)
{
	for (size_t i = 0; i < list->count; i++)
		if (prefix_covers(list->at[i], prefix))
			return;
	for (size_t i = 0; i < list->count;)
		if (prefix_covers(prefix, list->at[i]))
			list->at[i] = list->at[--list->count];
		else
			i++;
	list->at[list->count++] = prefix;
}

static bool list_has(const struct list *list, uint8_t family)
{
	for (size_t i = 0; i < list->count; i++)
		if (list->at[i]->family == family)
			return true;
	return false;
}

// "ip saddr { a, b }" with `direction` "saddr", "daddr", "saddr !="
static void put_match(
	struct buf *out, const struct list *list, uint8_t family, const char *direction)
{
	char text[PREFIX_TEXT_BYTES];
	const char *comma = "";
	buf_printf(out, "%s %s { ", family_word(family), direction);
	for (size_t i = 0; i < list->count; i++) {
		if (list->at[i]->family != family)
			continue;
		prefix_text(list->at[i], text);
		buf_printf(out, "%s%s", comma, text);
		comma = ", ";
	}
	buf_add_text(out, " }");
}

static void rule_begin(struct buf *out, const char *chain)
{
	buf_printf(out, "add rule " RULESET_TABLE " %s ", chain);
}

static const uint8_t families[] = {4, 6};

static void return_for(
	struct buf *out, const char *chain, const struct list *list, const char *direction)
{
	for (size_t f = 0; f < 2; f++) {
		if (!list_has(list, families[f]))
			continue;
		rule_begin(out, chain);
		put_match(out, list, families[f], direction);
		buf_add_text(out, " return\n");
	}
}

// ---- The blocks.

static void drop_quarantined(struct buf *out, const struct zones *zones, const char *chain,
	const char *mine, const char *theirs)
{
	struct list reach = {0};
	for (size_t i = 0; i < zones->reach_count; i++)
		list_add(&reach, &zones->reach[i]);
	for (size_t f = 0; f < 2; f++) {
		rule_begin(out, chain);
		if (list_has(&reach, families[f])) {
			put_match(out, &reach, families[f], theirs);
			buf_add_text(out, " ");
		}
		buf_printf(out, "%s %s @quarantine%u drop\n", family_word(families[f]), mine,
			families[f]);
	}
}

static void put_side(
	struct buf *out, const struct zones *zones, const struct list *never, bool from)
{
	const char *chain = from ? "from" : "to", *mine = from ? "saddr" : "daddr";
	return_for(out, chain, never, mine);
	for (size_t f = 0; f < 2; f++) {
		static const char *const words[] = {"block", "blocknet"};
		for (size_t i = 0; i < 2; i++) {
			rule_begin(out, chain);
			buf_printf(out, "%s %s @%s%u drop\n", family_word(families[f]), mine,
				words[i], families[f]);
		}
	}
	drop_quarantined(out, zones, chain, mine, from ? "daddr !=" : "saddr !=");
}

static void put_contain(struct buf *out, const struct zones *zones)
{
	struct list never = {0}, lifelines = {0};
	for (size_t i = 0; i < zones->kept_count; i++)
		list_add(zones->kept[i].lifeline ? &lifelines : &never, &zones->kept[i].prefix);
	for (size_t i = 0; i < HOOKS; i++) {
		if (!hooks[i].loopback)
			continue;
		rule_begin(out, hooks[i].name);
		buf_printf(out, "%s \"lo\" accept\n", hooks[i].loopback);
	}
	return_for(out, "contain", &lifelines, "saddr");
	return_for(out, "contain", &lifelines, "daddr");
	buf_add_text(out, "add rule " RULESET_TABLE " contain jump from\n"
			  "add rule " RULESET_TABLE " contain jump to\n");
	put_side(out, zones, &never, true);
	put_side(out, zones, &never, false);
}

// ---- The zones.

static struct list zone_list(const struct zones *zones, int zone)
{
	struct list list = {0};
	for (size_t i = 0; i < zones->zones[zone].prefix_count; i++)
		list_add(&list, &zones->zones[zone].prefixes[i]);
	return list;
}

static void put_interfaces(struct buf *out, const struct zones *zones, int zone, const char *word)
{
	if (zone == ZONES_ANY || !zones->zones[zone].interface_count)
		return;
	buf_printf(out, "%s { ", word);
	for (size_t i = 0; i < zones->zones[zone].interface_count; i++)
		buf_printf(out, "%s\"%s\"", i ? ", " : "", zones->zones[zone].interfaces[i]);
	buf_add_text(out, " } ");
}

// Both ends in one family; false when one of them has no address of it.
static bool put_ends(struct buf *out, const struct zones *zones, const int ends[2], uint8_t family)
{
	static const char *const words[] = {"saddr", "daddr"};
	for (int i = 0; i < 2; i++) {
		struct list list = {0};
		if (ends[i] == ZONES_ANY)
			continue;
		list = zone_list(zones, ends[i]);
		if (!list_has(&list, family))
			return false;
		put_match(out, &list, family, words[i]);
		buf_add_text(out, " ");
	}
	return true;
}

static void put_ports(struct buf *out, const char *protocol, const struct ports *ports)
{
	buf_printf(out, "%s dport { ", protocol);
	for (size_t i = 0; i < ports->count; i++)
		buf_printf(out, ports->ranges[i].from == ports->ranges[i].to ? "%s%u" : "%s%u-%u",
			i ? ", " : "", ports->ranges[i].from, ports->ranges[i].to);
	buf_add_text(out, " } ");
}

static void put_flow_rule(struct buf *out, const struct zones *zones, const struct hook *hook,
	const struct flow *flow, bool back) // five: a flow in its surroundings
{
	const int ends[2] = {back ? flow->to : flow->from, back ? flow->from : flow->to};
	for (size_t f = 0; f < 2; f++)
		for (int protocol = 0; protocol < 3; protocol++) {
			struct buf rule = {0};
			bool wanted = protocol == 0   ? flow->tcp.count
				      : protocol == 1 ? flow->udp.count
						      : flow->ping;
			bool fits = wanted && put_ends(&rule, zones, ends, families[f]);
			if (fits && hook->has_in)
				put_interfaces(&rule, zones, ends[0], "iifname");
			if (fits && hook->has_out)
				put_interfaces(&rule, zones, ends[1], "oifname");
			if (protocol == 2)
				buf_printf(&rule, families[f] == 4 ? "icmp type echo-request "
								   : "icmpv6 type echo-request ");
			else
				put_ports(&rule, protocol ? "udp" : "tcp",
					protocol ? &flow->udp : &flow->tcp);
			if (fits) {
				buf_printf(out, "add rule " RULESET_TABLE " zones-%s ", hook->name);
				buf_add_bytes(out, buf_bytes(&rule));
				buf_printf(out, "counter accept comment \"flow %s\"\n", flow->name);
			}
			buf_done(&rule);
		}
}

static void put_same_zone(
	struct buf *out, const struct zones *zones, const struct hook *hook, int zone)
{
	for (size_t f = 0; f < 2; f++) {
		struct buf rule = {0};
		if (put_ends(&rule, zones, (const int[2]){zone, zone}, families[f])) {
			buf_printf(out, "add rule " RULESET_TABLE " zones-%s ", hook->name);
			buf_add_bytes(out, buf_bytes(&rule));
			buf_add_text(out, "accept\n");
		}
		buf_done(&rule);
	}
}

// Who sent it is counted first; so what a zone tried is seen at that zone.
static void put_denied(
	struct buf *out, const struct zones *zones, const struct hook *hook, bool from)
{
	for (int z = 0; z < (int)zones->zone_count; z++) {
		struct list list = zone_list(zones, z);
		for (size_t f = 0; f < 2; f++) {
			if (!list_has(&list, families[f]))
				continue;
			buf_printf(out, "add rule " RULESET_TABLE " zones-%s ", hook->name);
			put_match(out, &list, families[f], from ? "saddr" : "daddr");
			buf_printf(out, " counter goto refuse comment \"denied %s %s\"\n",
				from ? "from" : "to", zones->zones[z].name);
		}
	}
}

// Drops, and remembers for a while who wanted to go where: connections and datagrams to one host,
// for broadcasts are everybody's. A set that is full remembers no more; it drops all the same.
static void put_refuse(struct buf *out)
{
	for (size_t f = 0; f < 2; f++) {
		const char *family = family_word(families[f]);
		rule_begin(out, "refuse");
		buf_printf(out,
			"meta pkttype unicast meta l4proto { tcp, udp } "
			"add @knock%u { %s saddr . %s daddr . meta l4proto . th dport }\n",
			families[f], family, family);
	}
	rule_begin(out, "refuse");
	buf_add_text(out, "drop\n");
}

// Answers pass as answers; each packet of the asking direction is looked at again, so a flow that
// was taken out of the file ends at once, also where a connection stands.
static void put_zones(struct buf *out, const struct zones *zones, const struct hook *hook)
{
	static const char *const first[] = {"ct direction reply ct state established accept",
		"ct state related accept",
		"icmpv6 type { nd-router-solicit, nd-router-advert, nd-neighbor-solicit, nd-neighbor-advert } accept"};
	if (!zones->deny || !zones->zone_count)
		return;
	for (size_t i = 0; i < sizeof first / sizeof *first; i++)
		buf_printf(out, "add rule " RULESET_TABLE " zones-%s %s\n", hook->name, first[i]);
	for (size_t i = 0; i < zones->flow_count; i++) {
		put_flow_rule(out, zones, hook, &zones->flows[i], false);
		if (zones->flows[i].both)
			put_flow_rule(out, zones, hook, &zones->flows[i], true);
	}
	for (int z = 0; z < (int)zones->zone_count; z++)
		put_same_zone(out, zones, hook, z);
	put_denied(out, zones, hook, true);
	put_denied(out, zones, hook, false);
}

// ---- Whole.

void ruleset_whole(const struct zones *zones, struct buf *out)
{
	static const char *const chains[] = {"contain", "from", "to", "refuse"};
	buf_add_text(out, "add table " RULESET_TABLE "\n");
	for (size_t i = 0; i < sizeof sets / sizeof *sets; i++)
		buf_printf(out,
			"add set " RULESET_TABLE
			" %s { type %s; flags %s; timeout %s; size %u; counter; }\n",
			sets[i].name, sets[i].type, sets[i].flags,
			set_is_knocks(i) ? RULESET_KNOCK_TIME : "1d",
			set_is_knocks(i) ? RULESET_KNOCKS : 65535u);
	for (size_t i = 0; i < sizeof chains / sizeof *chains; i++)
		buf_printf(out,
			"add chain " RULESET_TABLE " %s\nflush chain " RULESET_TABLE " %s\n",
			chains[i], chains[i]);
	for (size_t i = 0; i < HOOKS; i++) {
		const char *name = hooks[i].name;
		buf_printf(out,
			"add chain " RULESET_TABLE " zones-%s\nflush chain " RULESET_TABLE
			" zones-%s\n"
			"add chain " RULESET_TABLE
			" %s { type filter hook %s priority -5; policy accept; }\n"
			"flush chain " RULESET_TABLE " %s\n",
			name, name, name, name, name);
	}
	put_contain(out, zones);
	put_refuse(out);
	for (size_t i = 0; i < HOOKS; i++) {
		put_zones(out, zones, &hooks[i]);
		buf_printf(out,
			"add rule " RULESET_TABLE " %s jump contain\n"
			"add rule " RULESET_TABLE " %s jump zones-%s\n",
			hooks[i].name, hooks[i].name, hooks[i].name);
	}
}

void ruleset_add(
	enum ruleset_kind kind, const struct prefix *prefix, uint32_t seconds, struct buf *out)
{
	char address[PREFIX_TEXT_BYTES];
	const char *set = ruleset_set(kind, prefix);
	prefix_text(prefix, address);
	buf_printf(out, "add element " RULESET_TABLE " %s { %s timeout %us }\n", set, address,
		seconds);
}

// Adding what is there changes nothing; so this deletes it in any case, and never fails.
void ruleset_remove(enum ruleset_kind kind, const struct prefix *prefix, struct buf *out)
{
	char address[PREFIX_TEXT_BYTES];
	const char *set = ruleset_set(kind, prefix);
	prefix_text(prefix, address);
	buf_printf(out,
		"add element " RULESET_TABLE " %s { %s }\n"
		"delete element " RULESET_TABLE " %s { %s }\n",
		set, address, set, address);
}

void ruleset_take(enum ruleset_kind kind, const struct prefix *prefix, struct buf *out)
{
	char address[PREFIX_TEXT_BYTES];
	prefix_text(prefix, address);
	buf_printf(out, "delete element " RULESET_TABLE " %s { %s }\n", ruleset_set(kind, prefix),
		address);
}
