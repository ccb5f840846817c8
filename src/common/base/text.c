#include "common/base/text.h"

#include <string.h>

// Length of the sequence that starts at `at`, or 0 when it is not valid (RFC 3629, section 4).
static size_t sequence(const uint8_t *at, size_t left)
{
	uint8_t c = at[0];
	if (c < 0x80)
		return c != 0;
	size_t length = c >= 0xf0 && c <= 0xf4  ? 4
			: c >= 0xe0 && c < 0xf0 ? 3
			: c >= 0xc2 && c < 0xe0 ? 2
						: 0;
	if (!length || length > left)
		return 0;
	uint8_t low = c == 0xe0 ? 0xa0 : c == 0xf0 ? 0x90 : 0x80;
	uint8_t high = c == 0xed ? 0x9f : c == 0xf4 ? 0x8f : 0xbf;
	if (at[1] < low || at[1] > high)
		return 0;
	for (size_t i = 2; i < length; i++)
		if ((at[i] & 0xc0) != 0x80)
			return 0;
	return length;
}

// Eight ASCII characters, none of them zero: what most text consists of.
static bool is_plain(const uint8_t *at)
{
	uint64_t word;
	memcpy(&word, at, sizeof word);
	const uint64_t ones = 0x0101010101010101, tops = 0x8080808080808080;
	return !((word | (word - ones)) & tops);
}

bool text_is_utf8(struct bytes text)
{
	for (size_t i = 0; i < text.size;) {
		if (text.size - i >= 8 && is_plain(text.at + i)) {
			i += 8;
			continue;
		}
		size_t length = sequence(text.at + i, text.size - i);
		if (!length)
			return false;
		i += length;
	}
	return true;
}

bool text_is_clean(struct bytes text)
{
	for (size_t i = 0; i < text.size; i++) {
		uint8_t c = text.at[i];
		if ((c < 0x20 && c != '\t' && c != '\n' && c != '\r') || c == 0x7f)
			return false;
	}
	return text_is_utf8(text);
}

// Its length in bytes when the character at this place is none that only stands there; else 0.
static size_t acting(const char *at, bool lines)
{
	const unsigned char *c = (const unsigned char *)at;
	if (c[0] < 0x20)
		return !lines || (c[0] != '\n' && c[0] != '\t');
	if (c[0] == 0x7f)
		return 1;
	if (c[0] == 0xc2 && c[1] >= 0x80 && c[1] <= 0x9f)
		return 2;
	if (c[0] == 0xd8 && c[1] == 0x9c) // U+061C
		return 2;
	if (c[0] != 0xe2 || (c[1] != 0x80 && c[1] != 0x81))
		return 0;
	bool turns = c[1] == 0x80 ? c[2] == 0x8e || c[2] == 0x8f || (c[2] >= 0xa8 && c[2] <= 0xae)
				  : c[2] >= 0xa6 && c[2] <= 0xa9;
	return turns ? 3 : 0; // U+200E, 200F, 2028 to 202E, 2066 to 2069
}

void text_tame(char *text, bool lines)
{
	for (char *at = text; *at; at++)
		for (size_t size = acting(at, lines); size; size--) {
			*at = '?';
			at += size > 1;
		}
}

bool text_is_tame(const char *text, bool lines)
{
	for (; *text; text++)
		if (acting(text, lines))
			return false;
	return true;
}

// Latin-1 Supplement and Latin Extended-A (U+00C0 to U+017F) without their marks; '.' keeps it.
static const char folded[] =
	"aaaaaa.ceeeeiiii.nooooo.ouuuuy..aaaaaa.ceeeeiiii.nooooo.ouuuuy.y"
	"aaaaaaccccccccddddeeeeeeeeeegggggggghhhhiiiiiiiiii..jjkk.llllllllllnnnnnn...oooooo..rrrrrr"
	"ssssssssttttttuuuuuuuuuuuuwwyyyzzzzzzs";

static size_t fold_pair(unsigned code, char *out)
{
	static const struct {
		unsigned code;
		const char *text;
	} pairs[] = {{0xc6, "ae"}, {0xe6, "ae"}, {0xde, "th"}, {0xfe, "th"}, {0xdf, "ss"},
		{0xd0, "d"}, {0xf0, "d"}, {0x132, "ij"}, {0x133, "ij"}, {0x138, "k"}, {0x14a, "n"},
		{0x14b, "n"}, {0x149, "n"}, {0x152, "oe"}, {0x153, "oe"}};
	for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++) {
		if (pairs[i].code == code) {
			size_t length = strlen(pairs[i].text);
			memcpy(out, pairs[i].text, length);
			return length;
		}
	}
	if (code >= 0xc0 && code - 0xc0 < sizeof folded - 1 && folded[code - 0xc0] != '.') {
		*out = folded[code - 0xc0];
		return 1;
	}
	return 0;
}

size_t text_fold(struct bytes text, char *ret_text, size_t most)
{
	size_t size = 0;
	for (size_t i = 0; i < text.size && size + 5 < most;) {
		size_t length = sequence(text.at + i, text.size - i);
		if (!length) {
			i++;
			continue;
		}
		uint8_t c = text.at[i];
		size_t done = 0;
		if (length == 1) {
			ret_text[size] = c >= 'A' && c <= 'Z' ? (char)(c + 32) : (char)c;
			done = 1;
		} else if (length == 2) {
			done = fold_pair((unsigned)(c & 0x1f) << 6 | (text.at[i + 1] & 0x3f),
				ret_text + size);
		}
		if (!done) {
			memcpy(ret_text + size, text.at + i, length);
			done = length;
		}
		size += done;
		i += length;
	}
	ret_text[size] = 0;
	return size;
}

const char *text_plural(uint64_t count, const char *one, const char *many)
{
	return count == 1 ? one : many;
}

bool text_starts(const char *text, const char *prefix)
{
	return strncmp(text, prefix, strlen(prefix)) == 0;
}

bool text_is_id(const char *text)
{
	size_t length =
		strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-.");
	return length >= 1 && length <= 64 && !text[length];
}

void text_hex(struct bytes bytes, char *ret_text)
{
	static const char digits[] = "0123456789abcdef";
	for (size_t i = 0; i < bytes.size; i++) {
		*ret_text++ = digits[bytes.at[i] >> 4];
		*ret_text++ = digits[bytes.at[i] & 15];
	}
	*ret_text = 0;
}

static int hex_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

enum err text_unhex(const char *text, uint8_t *ret_bytes, size_t size)
{
	if (strlen(text) != 2 * size)
		return ERR_SYNTAX;
	for (size_t i = 0; i < 2 * size; i++)
		if (hex_value(text[i]) < 0)
			return ERR_SYNTAX;
	for (size_t i = 0; i < size; i++)
		ret_bytes[i] = (uint8_t)(hex_value(text[2 * i]) << 4 | hex_value(text[2 * i + 1]));
	return OK;
}

static const char url_digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
static const char std_digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

static char *encode64(struct bytes bytes, const char *digits, char *out)
{
	uint32_t bits = 0;
	unsigned count = 0;
	for (size_t i = 0; i < bytes.size; i++) {
		bits = bits << 8 | bytes.at[i];
		for (count += 8; count >= 6;) {
			count -= 6;
			*out++ = digits[bits >> count & 63];
		}
	}
	if (count)
		*out++ = digits[bits << (6 - count) & 63];
	return out;
}

// Exactly the digits of `size` bytes, with the unused low bits zero.
static enum err decode64(struct bytes text, const char *digits, uint8_t *out, size_t size)
{
	uint32_t bits = 0;
	unsigned count = 0;
	size_t done = 0;
	if (text.size != (size * 4 + 2) / 3)
		return ERR_SYNTAX;
	for (size_t i = 0; i < text.size; i++) {
		const char *digit = text.at[i] ? strchr(digits, text.at[i]) : NULL;
		if (!digit)
			return ERR_SYNTAX;
		bits = bits << 6 | (uint32_t)(digit - digits);
		if ((count += 6) >= 8) {
			count -= 8;
			out[done++] = (uint8_t)(bits >> count);
		}
	}
	return bits & ((1u << count) - 1) ? ERR_SYNTAX : OK;
}

size_t text_base64url_size(size_t size)
{
	return (size * 4 + 2) / 3 + 1;
}

void text_base64url(struct bytes bytes, char *ret_text)
{
	*encode64(bytes, url_digits, ret_text) = 0;
}

enum err text_unbase64url(const char *text, uint8_t *ret_bytes, size_t size)
{
	return decode64(bytes_text(text), url_digits, ret_bytes, size);
}

size_t text_base64_size(size_t size)
{
	return (size + 2) / 3 * 4 + 1;
}

void text_base64(struct bytes bytes, char *ret_text)
{
	char *end = encode64(bytes, std_digits, ret_text);
	while ((end - ret_text) % 4)
		*end++ = '=';
	*end = 0;
}

enum err text_unbase64(struct bytes text, uint8_t *ret_bytes, size_t most, size_t *ret_size)
{
	if (text.size % 4)
		return ERR_SYNTAX;
	size_t pad = 0;
	while (pad < 2 && pad < text.size && text.at[text.size - 1 - pad] == '=')
		pad++;
	size_t size = text.size / 4 * 3 - pad;
	if (size > most)
		return ERR_LIMIT;
	enum err err = decode64(bytes_of(text.at, text.size - pad), std_digits, ret_bytes, size);
	if (!err)
		*ret_size = size;
	return err;
}

void text_uuid(const uint8_t random[16], char ret_text[37])
{
	uint8_t raw[16];
	char hex[33];
	memcpy(raw, random, 16);
	raw[6] = (raw[6] & 0x0f) | 0x40;
	raw[8] = (raw[8] & 0x3f) | 0x80;
	text_hex(bytes_of(raw, 16), hex);
	static const unsigned cuts[] = {0, 8, 12, 16, 20, 32};
	char *out = ret_text;
	for (unsigned i = 0; i < 5; i++) {
		memcpy(out, hex + cuts[i], cuts[i + 1] - cuts[i]);
		out += cuts[i + 1] - cuts[i];
		*out++ = i < 4 ? '-' : 0;
	}
}
