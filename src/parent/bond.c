#include "parent/bond.h"

#include "common/base/text.h"
#include "common/crypto/crypto.h"
#include "common/io/wire.h"

enum err bond_renew(const struct child *vault, const struct child *guard)
{
	static struct wire wire; // 8 KiB, wiped below
	struct key key;
	wire = (struct wire){.kind = WIRE_KEY, .fd = -1};
	crypto_random(key.bytes, KEY_BYTES);
	text_hex(bytes_of(key.bytes, KEY_BYTES), wire.text);
	// Guard first: it must know the key before the vault's first order under it.
	enum err err = wire_send(guard->control, &wire);
	if (!err)
		err = wire_send(vault->control, &wire);
	crypto_wipe(&key, sizeof key);
	crypto_wipe(&wire, sizeof wire);
	return err;
}
