// err: the one list of ways in which a call can fail.
//
// Every function that can fail returns `enum err`; the compiler complains when it is dropped.
// Outputs are `ret_` parameters and are written only when OK is returned. `assert` is for our own
// mistakes, `err` for the world's. Floors 0 to 4 never log: they return what went wrong.
#pragma once

enum [[nodiscard]] err{OK = 0,
	ERR_SYNTAX,          // the bytes do not follow their format
	ERR_INVALID,         // well formed, but the content is not allowed
	ERR_LIMIT,           // past a named ceiling
	ERR_NOT_FOUND,       // there is no such thing
	ERR_GONE,            // there was such a thing, and it was deleted
	ERR_EXISTS,          // there is such a thing already
	ERR_CONFLICT,        // somebody else changed it first (If-Match, versions)
	ERR_DENIED,          // the policy says no
	ERR_UNAUTHENTICATED, // nobody we know asks
	ERR_BUSY,            // not now; the same call may succeed later
	ERR_UNSUPPORTED,     // a valid wish that we do not grant
	ERR_IO,              // the system refused: disk, socket, process
	ERR_CORRUPT,         // what we stored is not what we read
	ERR_CRYPTO,          // the cryptographic library failed
	ERR_CLOSED,          // the other side went away
	ERR_COUNT};

// Two or three plain words for a person. Never NULL; static memory.
const char *err_text(enum err err);
