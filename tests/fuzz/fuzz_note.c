// A signed note opens only as the very bytes that were signed.
#include "fuzz.h"

#include "common/crypto/note.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *at, size_t size)
{
	static const char vkey[] =
		"PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";
	struct checkpoint checkpoint;
	char name[NOTE_ORIGIN_BYTES], text[NOTE_VKEY_BYTES], again[NOTE_VKEY_BYTES];
	uint8_t public[SIGN_PUBLIC_BYTES];
	fuzz_rule(note_open(bytes_of(at, size), vkey, &checkpoint) != OK, "nobody has that key");
	size_t length = size < sizeof text - 1 ? size : sizeof text - 1;
	memcpy(text, at, length);
	text[length] = 0;
	if (note_vkey_parse(text, name, public) == OK) {
		fuzz_rule(note_vkey(name, public, again) == OK, "a key can be written");
		fuzz_rule(strcmp(again, text) == 0, "one spelling");
	}
	return 0;
}
