// Any file as destinations.yaml: refused with its words, or everything in it is a destination that
// nothing breaks out of, and that leads nowhere but to its own port.
#include "fuzz.h"

#include "courier/destinations.h"

#include <netinet/in.h>
#include <string.h>

static void check(const struct destination *d)
{
	const struct endpoint *end = destination_end(d);
	struct sockaddr_in inside = {.sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
		.sin_port = htons((uint16_t)(end->port + 1))};
	fuzz_rule(d->kind > 0 && d->kind < DESTINATION_KINDS, "a kind");
	fuzz_rule(d->url && d->end.host && *d->end.host && end->port >= 1 && end->port <= 65535,
		"somewhere to go");
	fuzz_rule(!strpbrk(d->url, " \r\n\t") && !strchr(d->url, '#'), "an address in one piece");
	fuzz_rule(!destination_allows(d, (struct sockaddr *)&inside), "not another port");
	fuzz_rule(d->insecure || strcmp(d->end.scheme, "http") != 0, "TLS");
	for (size_t i = 0; d->recipients[i]; i++)
		fuzz_rule(!strpbrk(d->recipients[i], "<> \r\n,"), "one recipient");
	for (size_t i = 0; d->headers[i]; i++)
		fuzz_rule(!strpbrk(d->headers[i], "\r\n"), "one header");
	fuzz_rule(d->timeout_ms > 0 && d->expiry_ms > 0 && d->backoff_most_ms >= d->backoff_ms &&
			  d->backoff_ms > 0 && d->retries > 0 && d->most_bytes > 0,
		"times and sizes");
}

int LLVMFuzzerTestOneInput(const uint8_t *at, size_t size)
{
	struct arena *arena = arena_new();
	const struct destinations *all = destinations_parse(bytes_of(at, size), arena);
	fuzz_rule(!*all->problem || all->count == 0, "a file with a problem names nobody");
	for (size_t i = 0; i < all->count; i++)
		check(&all->list[i]);
	arena_free(arena);
	return 0;
}
