// Time-based one-time passwords (RFC 6238: SHA-1, 30 seconds, six digits) and their enrolment.
#include "vault/identity/identity_in.h"

#include <liboath/oath.h>
#include <qrencode.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool code_at(const uint8_t secret[TOTP_SECRET_BYTES], uint64_t step, char ret_code[8])
{
	return oath_hotp_generate((const char *)secret, TOTP_SECRET_BYTES, step, 6, false,
		       OATH_HOTP_DYNAMIC_TRUNCATION, ret_code) == OATH_OK;
}

uint64_t totp_step_of(
	const uint8_t secret[TOTP_SECRET_BYTES], const char *code, int64_t now_us, uint64_t after)
{
	uint64_t now = (uint64_t)(now_us / 1000000 / TOTP_STEP_S), found = 0;
	char want[8];
	if (strlen(code) != 6)
		return 0;
	for (uint64_t step = now - 1; step <= now + 1; step++)
		if (code_at(secret, step, want) && step > after &&
			bytes_equal_secret(bytes_text(want), bytes_text(code)))
			found = step;
	crypto_wipe(want, sizeof want);
	return found;
}

// Black modules as one path: small, sharp at any size, without script or style.
static char *svg_of(const char *text, struct arena *arena)
{
	QRcode *code = QRcode_encodeString(text, 0, QR_ECLEVEL_M, QR_MODE_8, 1);
	struct buf buf = {0};
	if (!code)
		return NULL;
	int side = code->width + 8;
	buf_printf(&buf,
		"<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d %d\" "
		"shape-rendering=\"crispEdges\"><path fill=\"#fff\" d=\"M0 0h%dv%dH0z\"/>"
		"<path fill=\"#000\" d=\"",
		side, side, side, side);
	for (int y = 0; y < code->width; y++)
		for (int x = 0; x < code->width; x++)
			if (code->data[y * code->width + x] & 1)
				buf_printf(&buf, "M%d %dh1v1h-1z", x + 4, y + 4);
	buf_add_text(&buf, "\"/></svg>");
	char *svg = arena_text_n(arena, (const char *)buf.at, buf.size);
	buf_done(&buf);
	QRcode_free(code);
	return svg;
}

static void add_escaped(char *to, size_t most, const char *text)
{
	size_t at = strlen(to);
	for (; *text && at + 4 < most; text++) {
		bool plain = (*text >= 'a' && *text <= 'z') || (*text >= 'A' && *text <= 'Z') ||
			     (*text >= '0' && *text <= '9') || strchr("-._~", *text);
		at += (size_t)snprintf(
			to + at, most - at, plain ? "%c" : "%%%02X", (unsigned char)*text);
	}
}

enum err totp_describe(const struct identity *identity, const char *login,
	const uint8_t secret[TOTP_SECRET_BYTES], struct arena *arena, struct enrolment *ret)
{
	struct enrolment e = {0};
	char *base32 = NULL;
	size_t size;
	if (oath_base32_encode((const char *)secret, TOTP_SECRET_BYTES, &base32, &size) != OATH_OK)
		return ERR_CRYPTO;
	snprintf(e.secret, sizeof e.secret, "%s", base32);
	crypto_wipe(base32, size);
	free(base32);
	snprintf(e.uri, sizeof e.uri, "otpauth://totp/");
	add_escaped(e.uri, 200, identity->issuer);
	strcat(e.uri, ":");
	add_escaped(e.uri, 360, login);
	size_t at = strlen(e.uri);
	at += (size_t)snprintf(e.uri + at, sizeof e.uri - at, "?secret=%s&issuer=", e.secret);
	add_escaped(e.uri, sizeof e.uri, identity->issuer);
	e.svg = svg_of(e.uri, arena);
	if (!e.svg)
		return ERR_CRYPTO;
	*ret = e;
	return OK;
}
