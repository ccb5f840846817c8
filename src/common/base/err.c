#include "common/base/err.h"

static const char *const texts[ERR_COUNT] = {
	[OK] = "fine",
	[ERR_SYNTAX] = "malformed",
	[ERR_INVALID] = "not valid",
	[ERR_LIMIT] = "past a limit",
	[ERR_NOT_FOUND] = "not found",
	[ERR_GONE] = "deleted",
	[ERR_EXISTS] = "exists already",
	[ERR_CONFLICT] = "changed by somebody else",
	[ERR_DENIED] = "not allowed",
	[ERR_UNAUTHENTICATED] = "not signed in",
	[ERR_BUSY] = "busy",
	[ERR_UNSUPPORTED] = "not supported",
	[ERR_IO] = "input or output failed",
	[ERR_CORRUPT] = "damaged",
	[ERR_CRYPTO] = "cryptography failed",
	[ERR_CLOSED] = "closed by the other side",
};

const char *err_text(enum err err)
{
	return err >= 0 && err < ERR_COUNT ? texts[err] : "unknown";
}
