// stix_pattern: what STIX 2.1 patterns say, as far as one value by itself is a sign.
//
// Supported: comparisons with =, IN and (for addresses) ISSUBSET, and LIKE '%text%' on a user
// agent, joined by OR within and between observations, on
//   ipv4-addr:value  ipv6-addr:value  domain-name:value  url:value
//   file:hashes.MD5 / 'SHA-1' / 'SHA-256' / 'SHA-512'
//   network-traffic:src_ref.value / dst_ref.value
//   network-traffic:extensions.'http-request-ext'.request_header.'User-Agent'
// Everything else (AND, FOLLOWEDBY, NOT, MATCHES, qualifiers, other objects) needs more than one
// value, or is none that is seen here: ERR_UNSUPPORTED, with the reason. Then none of the pattern
// is used: half of an AND would be a false alarm. Pure.
#pragma once

#include "common/format/indicator.h"

enum {
	STIX_PATTERN_BYTES = 64 * 1024,
	STIX_PATTERN_VALUES = 1000
};

// Called for each value of the pattern, only when all of it can be used.
typedef void stix_value(void *context, enum observable kind, struct bytes text);
// ERR_SYNTAX, ERR_LIMIT, ERR_UNSUPPORTED; *ret_why is static.
enum err stix_pattern(struct bytes text, stix_value *value, void *context, const char **ret_why);
