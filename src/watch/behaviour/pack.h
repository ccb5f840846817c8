// pack: one description of a record's layout, for writing and for reading it.
//
// Reading or writing, the same functions are called in the same order; numbers are little-endian,
// floating ones as their bits (IEEE 754), so that what is read is exactly what was written.
#pragma once

#include "common/base/bytes.h"

struct pack {
	struct buf *out;   // writing, or NULL:
	struct cursor *in; // reading; after an error everything is 0
};

void pack_u8(struct pack *pack, uint8_t *value);
void pack_u16(struct pack *pack, uint16_t *value);
void pack_u32(struct pack *pack, uint32_t *value);
void pack_u64(struct pack *pack, uint64_t *value);
void pack_i64(struct pack *pack, int64_t *value);
void pack_i32(struct pack *pack, int32_t *value);
void pack_bool(struct pack *pack, bool *value);
void pack_float(struct pack *pack, float *value);
void pack_double(struct pack *pack, double *value);
void pack_raw(struct pack *pack, void *bytes, size_t size_bytes); // texts of a fixed size
