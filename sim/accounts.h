// accounts: people of the invented hospital get accounts the way real ones do.
#pragma once

struct accounts_wish {
	const char *dir;         // of `make`
	const char *state;       // of the server
	const char *url;         // https://localhost:8443
	const char *hospitaller; // the program
	const char *clock;       // the server's, where it is turned; or NULL
	int demo;                // only the first of each role
	int care;                // only those who treat, nurse and receive
};

int accounts_make(const struct accounts_wish *wish); // an exit status

// The code of a second factor at a step (30 seconds of it, since 1970), from its base32 secret.
int accounts_code(const char *base32, unsigned long long step, char ret_code[8]);
