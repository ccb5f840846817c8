// Texts with wildcards: read, classified once, compared without allocating.
#include "common/format/sigma_in.h"

#include <string.h>

char pattern_fold(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c + 32) : c;
}

static bool special(uint8_t c)
{
	return c >= GLOB_DASH;
}

// A backslash takes the meaning from a wildcard or a backslash behind it; else it is itself.
void pattern_read(const char *text, struct buf *glob)
{
	for (; *text; text++) {
		if (*text == '*' || *text == '?') {
			put_u8(glob, *text == '*' ? GLOB_MANY : GLOB_ONE);
			continue;
		}
		if (*text == '\\' && text[1] && strchr("\\*?", text[1]))
			text++;
		put_u8(glob, (uint8_t)*text);
	}
}

// Many stars in a row are one.
static void squeeze(struct buf *glob)
{
	size_t kept = 0;
	for (size_t i = 0; i < glob->size; i++)
		if (glob->at[i] != GLOB_MANY || !kept || glob->at[kept - 1] != GLOB_MANY)
			glob->at[kept++] = glob->at[i];
	glob->size = kept;
}

static enum glob_shape shape_of(struct bytes glob)
{
	bool head = glob.size && glob.at[0] == GLOB_MANY;
	bool tail = glob.size > head && glob.at[glob.size - 1] == GLOB_MANY;
	for (size_t i = head; i + tail < glob.size; i++)
		if (special(glob.at[i]))
			return GLOB_MIXED;
	return head ? tail ? GLOB_WITHIN : GLOB_SUFFIX : tail ? GLOB_PREFIX : GLOB_EXACT;
}

void pattern_init(struct sigma_pattern *pattern, struct buf *glob, bool cased, struct arena *arena)
{
	squeeze(glob);
	if (!cased)
		for (size_t i = 0; i < glob->size; i++)
			glob->at[i] = (uint8_t)pattern_fold((char)glob->at[i]);
	pattern->cased = cased;
	pattern->glob = bytes_copy(arena, buf_bytes(glob));
	pattern->shape = shape_of(pattern->glob);
	if (pattern->shape == GLOB_SUFFIX || pattern->shape == GLOB_WITHIN) {
		pattern->glob.at++;
		pattern->glob.size--;
	}
	if (pattern->shape == GLOB_PREFIX || (pattern->shape == GLOB_WITHIN && pattern->glob.size))
		pattern->glob.size--;
}

static bool same(const uint8_t *text, const uint8_t *want, size_t size, bool cased)
{
	if (cased)
		return !size || memcmp(text, want, size) == 0;
	for (size_t i = 0; i < size; i++)
		if ((uint8_t)pattern_fold((char)text[i]) != want[i])
			return false;
	return true;
}

static bool within(struct bytes text, struct bytes want, bool cased)
{
	for (size_t i = 0; i + want.size <= text.size; i++)
		if (same(text.at + i, want.at, want.size, cased))
			return true;
	return false;
}

// How many bytes the character at `text` has.
static size_t character(struct bytes text, size_t at)
{
	size_t end = at + 1;
	while (end < text.size && (text.at[end] & 0xc0) == 0x80)
		end++;
	return end - at;
}

// -, /, and the three long dashes that a copied command line may have.
static size_t dash(struct bytes text, size_t at)
{
	if (text.at[at] == '-' || text.at[at] == '/')
		return 1;
	if (at + 3 <= text.size && text.at[at] == 0xe2 && text.at[at + 1] == 0x80 &&
		text.at[at + 2] >= 0x93 && text.at[at + 2] <= 0x95)
		return 3;
	return 0;
}

// How much of the text one element of the glob takes; 0: it does not fit.
static size_t takes(uint8_t element, struct bytes text, size_t at, bool cased)
{
	if (element == GLOB_ONE)
		return character(text, at);
	if (element == GLOB_DASH)
		return dash(text, at);
	return same(text.at + at, &element, 1, cased) ? 1 : 0;
}

// Goes back to the last star only: no more than text times pattern.
static bool mixed(const struct sigma_pattern *pattern, struct bytes text)
{
	const struct bytes glob = pattern->glob;
	size_t g = 0, t = 0, star = SIZE_MAX, from = 0;
	while (t < text.size) {
		if (g < glob.size && glob.at[g] == GLOB_MANY) {
			star = g++;
			from = t;
			continue;
		}
		size_t taken = g < glob.size ? takes(glob.at[g], text, t, pattern->cased) : 0;
		if (taken) {
			t += taken;
			g++;
		} else if (star != SIZE_MAX) {
			from += character(text, from);
			t = from;
			g = star + 1;
		} else {
			return false;
		}
	}
	while (g < glob.size && glob.at[g] == GLOB_MANY)
		g++;
	return g == glob.size;
}

bool pattern_match(const struct sigma_pattern *pattern, struct bytes text)
{
	const struct bytes want = pattern->glob;
	if (pattern->shape == GLOB_MIXED)
		return mixed(pattern, text);
	if (text.size < want.size || (pattern->shape == GLOB_EXACT && text.size != want.size))
		return false;
	if (pattern->shape == GLOB_WITHIN)
		return within(text, want, pattern->cased);
	size_t from = pattern->shape == GLOB_SUFFIX ? text.size - want.size : 0;
	return same(text.at + from, want.at, want.size, pattern->cased);
}
