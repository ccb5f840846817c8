// certificate: the door's own TLS certificate, for a hospital that has not put in another.
#pragma once

#include "common/crypto/crypto.h"

enum {
	CERTIFICATE_DAYS = 397,
	CERTIFICATE_RENEW_DAYS = 30
};

// Writes a new EC P-256 key (mode 0400) and a self-signed certificate for these names, unless both
// files are there and the certificate holds for CERTIFICATE_RENEW_DAYS more. *ret_made tells.
// Names that look like addresses become IP entries. ERR_IO, ERR_CRYPTO.
enum err certificate_ensure(const char *certificate_path, const char *key_path,
	const char *const *names, bool *ret_made); // names: NULL-ended, the first is the subject
// Is this the private key of that certificate? False, too, when either cannot be read.
bool certificate_fits(const char *certificate_path, const char *key_path);
// SHA-256 of the certificate in hex with colons, as browsers show it.
enum err certificate_fingerprint(const char *certificate_path, char ret_text[96]);
