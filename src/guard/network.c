#include "guard/network.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
	ANSWER_BYTES = 32 * 1024,
	RESOLV_BYTES = 16 * 1024
};

static bool keep(struct zones *zones, const struct prefix *prefix, const char *why)
{
	for (size_t i = 0; i < zones->kept_count; i++)
		if (prefix_equal(&zones->kept[i].prefix, prefix))
			return true;
	if (zones->kept_count == ZONES_KEPT)
		return false;
	struct kept *kept = &zones->kept[zones->kept_count++];
	*kept = (struct kept){.prefix = *prefix};
	snprintf(kept->why, sizeof kept->why, "%s", why);
	return true;
}

static bool keep_text(struct zones *zones, const char *text, const char *why)
{
	struct prefix prefix;
	return prefix_parse(text, &prefix) == OK && keep(zones, &prefix, why);
}

// ---- rtnetlink.

static enum err ask(int fd, uint16_t type)
{
	struct {
		struct nlmsghdr header;
		struct rtgenmsg body;
	} request = {.header = {.nlmsg_len = sizeof request,
			     .nlmsg_type = type,
			     .nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP},
		.body = {.rtgen_family = AF_UNSPEC}};
	const struct sockaddr_nl kernel = {.nl_family = AF_NETLINK};
	ssize_t sent = sendto(
		fd, &request, sizeof request, 0, (const struct sockaddr *)&kernel, sizeof kernel);
	return sent == (ssize_t)sizeof request ? OK : ERR_IO;
}

static void keep_attribute(
	struct zones *zones, const struct rtattr *attribute, int family, const char *why)
{
	size_t want = family == AF_INET ? 4 : 16;
	if ((family != AF_INET && family != AF_INET6) || RTA_PAYLOAD(attribute) != want)
		return;
	struct prefix prefix =
		prefix_of_address(family == AF_INET ? 4 : 6, (const uint8_t *)RTA_DATA(attribute));
	if (prefix_check(&prefix) == OK)
		(void)keep(zones, &prefix, why);
}

static void take_address(struct zones *zones, struct nlmsghdr *header)
{
	struct ifaddrmsg *message = NLMSG_DATA(header);
	int left = (int)IFA_PAYLOAD(header);
	for (struct rtattr *a = IFA_RTA(message); RTA_OK(a, left); a = RTA_NEXT(a, left))
		if (a->rta_type == IFA_LOCAL || a->rta_type == IFA_ADDRESS)
			keep_attribute(zones, a, message->ifa_family, "an address of this server");
}

static void take_route(struct zones *zones, struct nlmsghdr *header)
{
	struct rtmsg *message = NLMSG_DATA(header);
	int left = (int)RTM_PAYLOAD(header);
	for (struct rtattr *a = RTM_RTA(message); RTA_OK(a, left); a = RTA_NEXT(a, left))
		if (a->rta_type == RTA_GATEWAY)
			keep_attribute(
				zones, a, message->rtm_family, "a gateway of this server's routes");
}

static enum err dump(int fd, uint16_t type, struct zones *zones)
{
	static union {
		char at[ANSWER_BYTES];
		struct nlmsghdr aligned;
	} answer;
	enum err err = ask(fd, type);
	for (bool more = !err; more;) {
		ssize_t got = recv(fd, answer.at, sizeof answer.at, 0);
		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			return ERR_IO;
		size_t left = (size_t)got;
		for (struct nlmsghdr *h = &answer.aligned; NLMSG_OK(h, left);
			h = NLMSG_NEXT(h, left)) {
			if (h->nlmsg_type == NLMSG_DONE)
				more = false;
			else if (h->nlmsg_type == NLMSG_ERROR)
				return ERR_IO;
			else if (h->nlmsg_type == RTM_NEWADDR)
				take_address(zones, h);
			else if (h->nlmsg_type == RTM_NEWROUTE)
				take_route(zones, h);
		}
	}
	return err;
}

// ---- Names.

void network_resolvers(struct bytes text, struct zones *zones)
{
	static const char word[] = "nameserver";
	for (size_t at = 0; at < text.size;) {
		const char *line = (const char *)text.at + at;
		const char *end = memchr(line, '\n', text.size - at);
		size_t size = end ? (size_t)(end - line) : text.size - at;
		char address[64];
		at += size + 1;
		if (size <= sizeof word || strncmp(line, word, sizeof word - 1) != 0)
			continue;
		line += sizeof word - 1;
		size -= sizeof word - 1;
		while (size && (*line == ' ' || *line == '\t'))
			line++, size--;
		size_t length = 0;
		while (length < size && length + 1 < sizeof address &&
			!strchr(" \t%#;\r", line[length]))
			address[length] = line[length], length++;
		address[length] = 0;
		(void)keep_text(zones, address, "a name server of this server"); // or no address
	}
}

static void resolvers(struct zones *zones)
{
	char text[RESOLV_BYTES];
	int fd = open("/etc/resolv.conf", O_RDONLY | O_CLOEXEC);
	ssize_t got = fd >= 0 ? read(fd, text, sizeof text) : 0;
	if (fd >= 0)
		close(fd);
	if (got > 0)
		network_resolvers(bytes_of(text, (size_t)got), zones);
}

enum err network_keep(struct zones *zones)
{
	static const struct {
		const char *text, *why;
	} always[] = {{"127.0.0.0/8", "loopback"}, {"::1", "loopback"},
		{"169.254.0.0/16", "link-local addresses"}, {"fe80::/10", "link-local addresses"},
		{"224.0.0.0/4", "multicast"}, {"ff00::/8", "multicast"},
		{"255.255.255.255", "broadcast"}, {"0.0.0.0", "no address yet (DHCP)"},
		{"::", "no address yet"}};
	for (size_t i = 0; i < sizeof always / sizeof *always; i++)
		if (!keep_text(zones, always[i].text, always[i].why))
			return ERR_LIMIT;
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
	if (fd < 0)
		return ERR_IO;
	enum err err = dump(fd, RTM_GETADDR, zones);
	if (!err)
		err = dump(fd, RTM_GETROUTE, zones);
	close(fd);
	resolvers(zones);
	if (!err && zones->kept_count == ZONES_KEPT)
		err = ERR_LIMIT;
	return err;
}
