#include "common/format/phonetic.h"

#include "common/base/text.h"

#include <string.h>

enum {
	NAME_MOST_BYTES = 256
};

// The digit of a letter; '0' for vowels, which separate equal digits; 0 for h and w, which do not.
static char digit_of(char letter)
{
	static const char digits[] = "01230120022455012623010202";
	if (letter == 'h' || letter == 'w')
		return 0;
	return digits[letter - 'a'];
}

bool phonetic_code(struct bytes name, char ret_code[PHONETIC_BYTES])
{
	char folded[NAME_MOST_BYTES];
	text_fold(name, folded, sizeof folded);
	size_t size = 0;
	char last = 0;
	for (const char *at = folded; *at && size < PHONETIC_BYTES - 1; at++) {
		if (*at < 'a' || *at > 'z')
			continue;
		char digit = digit_of(*at);
		if (size == 0)
			ret_code[size++] = (char)(*at - 'a' + 'A');
		else if (digit != 0 && digit != '0' && digit != last)
			ret_code[size++] = digit;
		if (digit != 0)
			last = digit;
	}
	if (size == 0) {
		ret_code[0] = 0;
		return false;
	}
	memset(ret_code + size, '0', PHONETIC_BYTES - 1 - size);
	ret_code[PHONETIC_BYTES - 1] = 0;
	return true;
}
