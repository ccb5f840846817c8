// destinations: where the courier may go, from a file that people read and write.
//
//   security-mail:
//     kind: mail
//     url: smtps://mail.example.org
//     from: hospitaller@example.org
//     recipients: [it@example.org]
//     credentials: /etc/hospitaller/secrets/mail
//
// One table describes every option; docs/courier.md follows it. What is not known, does not fit its
// kind or cannot be kept safe is refused with its line, and then nobody is a destination until the
// file is repaired. Everything that a destination needs (certificates, secrets) is read together
// with the file, before the role confines itself: afterwards it can open none of them.
#pragma once

#include "common/base/bytes.h"

#include <sys/socket.h>

enum {
	DESTINATIONS_MOST = 64, // as many as ERRAND_DESTINATIONS_MOST
	DESTINATION_LIST = 16,  // recipients, networks, headers of one
	DESTINATION_FILES = 6,  // certificates and secrets of one
	DESTINATION_FILE_BYTES = 2 * 1024 * 1024,
};

enum destination_kind {
	DESTINATION_MAIL = 1,
	DESTINATION_WEBHOOK,
	DESTINATION_FEED,
	DESTINATION_SYSLOG,
	DESTINATION_KINDS
};

// Where a connection goes: the destination's own host, or its proxy's.
struct endpoint {
	const char *scheme, *host; // an IPv6 address without its brackets
	unsigned port;
};

struct network {
	int family;
	uint8_t address[16];
	unsigned prefix;
};

// A network name and password, or what to put behind "Authorization: "; NULL where not given.
struct credentials {
	const char *user, *password, *authorization;
};

struct destination {
	const char *name;
	unsigned line;
	enum destination_kind kind;
	const char *url; // as curl takes it
	struct endpoint end, proxy_end;
	const char *proxy; // or NULL
	const char *from;
	const char *recipients[DESTINATION_LIST + 1]; // ends with NULL
	const char *headers[DESTINATION_LIST + 1];    // "Name: value"; ends with NULL
	const char *accept;
	struct network networks[DESTINATION_LIST]; // none: wherever its name leads, but see allows
	size_t network_count;
	struct bytes ca, certificate, certificate_key; // PEM; empty: the system's; none; none
	struct bytes secret;                           // of a webhook's signature
	struct credentials credentials, proxy_credentials;
	int64_t timeout_ms, backoff_ms, backoff_most_ms, expiry_ms;
	unsigned retries;
	size_t most_bytes;
	unsigned facility; // of syslog
	bool insecure;
	const char *files[DESTINATION_FILES + 1]; // that were read for it; ends with NULL
};

struct destinations {
	struct destination list[DESTINATIONS_MOST];
	size_t count;
	struct bytes system_ca; // of the system, where it has one
	unsigned line;          // of what is wrong
	char problem[200];      // "" when the file is fine, or is not there
};

// Reads the file and what it names. A file that is not there names nobody. Never fails: what is
// wrong is in `problem`, and then there are no destinations.
struct destinations *destinations_load(const char *path, struct arena *arena);
// The same from a text; files that it names are read all the same.
struct destinations *destinations_parse(struct bytes text, struct arena *arena);
const struct destination *destinations_find(const struct destinations *all, const char *name);

const char *destination_kind_text(enum destination_kind kind); // "mail"
// Where its connections go: the proxy where there is one.
const struct endpoint *destination_end(const struct destination *d);
// May a connection for it go there? The port must be the named one. The address must be in one of
// its networks; without any, it must be the address itself where the file names one, loopback where
// it says localhost, and otherwise not loopback, link-local, multicast or nobody's: a name that
// leads there was turned by somebody.
bool destination_allows(const struct destination *d, const struct sockaddr *address);
