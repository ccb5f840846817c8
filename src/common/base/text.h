// text: UTF-8 and the small encodings (hex, base64url, base32) that keys, tokens and codes are
// written in. Pure functions; every output size is computed by the caller from the constants here.
#pragma once

#include "common/base/bytes.h"

// Valid UTF-8 without surrogates, overlong forms or NUL (RFC 3629).
bool text_is_utf8(struct bytes text);
// The same, and no control character but tab, line feed and carriage return: what may be kept,
// shown on a terminal, and given back in JSON.
bool text_is_clean(struct bytes text);
// For whatever is shown as it is, on a terminal, in a line of a log or a mail: in place, '?' for
// each byte of a character that does more than stand there. Those are the control characters, also
// those past ASCII that terminals obey (U+0080 to U+009F), line separators, and marks that turn the
// order of letters around. Line feeds and tabs stay with `lines`.
void text_tame(char *text, bool lines);
// Would it change anything?
bool text_is_tame(const char *text, bool lines);
// Letters are folded to ASCII lower case where that is enough for searching: A-Z, and the Latin
// letters with diacritics (é to e, ß to ss, ø to o); the rest stays. At most most_bytes - 1 bytes
// and a NUL.
size_t text_fold(struct bytes text, char *ret_text, size_t most_bytes);
bool text_starts(const char *text, const char *prefix);
// For sentences: text_plural(1, "zone", "zones") is "zone".
const char *text_plural(uint64_t count, const char *one, const char *many);
// A FHIR id: [A-Za-z0-9\-\.]{1,64}.
bool text_is_id(const char *text);

void text_hex(struct bytes bytes, char *ret_text);                            // writes 2 * size + 1
enum err text_unhex(const char *text, uint8_t *ret_bytes, size_t size_bytes); // exactly that size

// RFC 4648 base64url without padding, canonical: other spellings of the same bytes are ERR_SYNTAX.
size_t text_base64url_size(size_t size_bytes); // with the NUL
void text_base64url(struct bytes bytes, char *ret_text);
enum err text_unbase64url(const char *text, uint8_t *ret_bytes, size_t size_bytes);

// RFC 4648 base64 with padding (signed notes, PEM-like lines).
size_t text_base64_size(size_t size_bytes); // with the NUL
void text_base64(struct bytes bytes, char *ret_text);
// Returns ERR_SYNTAX for anything not canonical, ERR_LIMIT past most_bytes.
enum err text_unbase64(struct bytes text, uint8_t *ret_bytes, size_t most_bytes, size_t *ret_size);

// A version 4 UUID from 16 random bytes, lower case, 36 characters and a NUL.
void text_uuid(const uint8_t random[16], char ret_text[37]);
