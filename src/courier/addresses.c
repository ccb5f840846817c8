// Whether a connection may go where a name led. Declared in destinations.h.
#include "courier/destinations.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>

// The address as it counts: IPv4 where it is only dressed up as IPv6.
static int plain(const struct sockaddr *address, uint8_t ret[16], unsigned *ret_port)
{
	static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff};
	if (address->sa_family == AF_INET) {
		const struct sockaddr_in *four = (const void *)address;
		memcpy(ret, &four->sin_addr, 4);
		*ret_port = ntohs(four->sin_port);
		return AF_INET;
	}
	if (address->sa_family != AF_INET6)
		return 0;
	const struct sockaddr_in6 *six = (const void *)address;
	*ret_port = ntohs(six->sin6_port);
	memcpy(ret, &six->sin6_addr, 16);
	if (memcmp(ret, mapped, sizeof mapped) != 0)
		return AF_INET6;
	memmove(ret, ret + 12, 4);
	return AF_INET;
}

static bool in_network(const struct network *network, int family, const uint8_t *address)
{
	unsigned whole = network->prefix / 8, rest = network->prefix % 8;
	if (network->family != family || memcmp(network->address, address, whole) != 0)
		return false;
	return !rest || (network->address[whole] ^ address[whole]) >> (8 - rest) == 0;
}

static bool in_any(const struct network *networks, size_t count, int family, const uint8_t *address)
{
	for (size_t i = 0; i < count; i++)
		if (in_network(&networks[i], family, address))
			return true;
	return false;
}

static const struct network loopback[] = {
	{AF_INET, {127}, 8},
	{AF_INET6, {[15] = 1}, 128},
};

// Where no name of somebody else's machine leads: nobody's, loopback, link-local, multicast,
// broadcast; and IPv4 addresses in IPv6 clothes.
static const struct network nowhere[] = {
	{AF_INET, {0}, 8},
	{AF_INET, {127}, 8},
	{AF_INET, {169, 254}, 16},
	{AF_INET, {224}, 3},
	{AF_INET6, {0}, 96},
	{AF_INET6, {0xfe, 0x80}, 10},
	{AF_INET6, {0xff}, 8},
	{AF_INET6, {0, 0x64, 0xff, 0x9b}, 96},
	{AF_INET6, {0x20, 0x02}, 16},
};

bool destination_allows(const struct destination *d, const struct sockaddr *address)
{
	const struct endpoint *end = destination_end(d);
	uint8_t there[16], named[16];
	unsigned port = 0;
	int family = plain(address, there, &port);
	if (!family || port != end->port)
		return false;
	if (d->network_count)
		return in_any(d->networks, d->network_count, family, there);
	if (inet_pton(family, end->host, named) == 1)
		return memcmp(named, there, family == AF_INET ? 4 : 16) == 0;
	if (strcmp(end->host, "localhost") == 0)
		return in_any(loopback, 2, family, there);
	return !in_any(nowhere, sizeof nowhere / sizeof *nowhere, family, there);
}
