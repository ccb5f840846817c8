#include "watch/behaviour/pack.h"

#include <string.h>

void pack_u8(struct pack *p, uint8_t *value)
{
	if (p->out)
		put_u8(p->out, *value);
	else
		*value = get_u8(p->in);
}

void pack_u16(struct pack *p, uint16_t *value)
{
	if (p->out)
		put_u16(p->out, *value);
	else
		*value = get_u16(p->in);
}

void pack_u32(struct pack *p, uint32_t *value)
{
	if (p->out)
		put_u32(p->out, *value);
	else
		*value = get_u32(p->in);
}

void pack_u64(struct pack *p, uint64_t *value)
{
	if (p->out)
		put_u64(p->out, *value);
	else
		*value = get_u64(p->in);
}

void pack_i64(struct pack *p, int64_t *value)
{
	uint64_t bits = (uint64_t)*value;
	pack_u64(p, &bits);
	*value = (int64_t)bits;
}

void pack_i32(struct pack *p, int32_t *value)
{
	uint32_t bits = (uint32_t)*value;
	pack_u32(p, &bits);
	*value = (int32_t)bits;
}

void pack_bool(struct pack *p, bool *value)
{
	uint8_t byte = *value;
	pack_u8(p, &byte);
	*value = byte != 0;
}

void pack_float(struct pack *p, float *value)
{
	uint32_t bits;
	memcpy(&bits, value, sizeof bits);
	pack_u32(p, &bits);
	memcpy(value, &bits, sizeof bits);
}

void pack_double(struct pack *p, double *value)
{
	uint64_t bits;
	memcpy(&bits, value, sizeof bits);
	pack_u64(p, &bits);
	memcpy(value, &bits, sizeof bits);
}

void pack_raw(struct pack *p, void *bytes, size_t size)
{
	if (p->out) {
		buf_add(p->out, bytes, size);
		return;
	}
	struct bytes raw = get_raw(p->in, size);
	memset(bytes, 0, size);
	if (raw.size)
		memcpy(bytes, raw.at, raw.size);
}
