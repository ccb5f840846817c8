// export: the trail as other people's tools read it.
//
// Writes the checkpoint, the tiles and the entry bundles of C2SP tlog-tiles below a folder that
// can then be served as it is: OUT/checkpoint, OUT/tile/L/N, OUT/tile/entries/N. Bundles hold the
// sealed entries, each behind its size as a big-endian u16. Everything is derived from the
// segments up to DIR/checkpoint; call ledger_verify() first, this does not check again.
#pragma once

#include "vault/ledger/verify.h"

// OUT is made when missing. ERR_NOT_FOUND without checkpoint or segments, ERR_CORRUPT when they do
// not hold as many entries as were signed or lead to another root, ERR_IO.
enum err ledger_export(const char *dir, const char *vkey, const char *out);
