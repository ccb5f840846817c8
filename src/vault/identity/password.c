// What makes a password acceptable: long enough, not known to be used by everybody, and not easily
// guessed. No rules of composition, no expiry (NIST SP 800-63B-4, section 3.1.1).
#include "vault/identity/identity_in.h"

#include "common/base/text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zxcvbn.h>

enum {
	ALONE_CHARACTERS = 15,
	WITH_FACTOR_CHARACTERS = 8,
	WEAKEST_SCORE = 2,
	GUESSED_BYTES = 100,
	PERSONAL_BYTES = 4
};

static size_t characters(const char *text)
{
	size_t count = 0;
	for (; *text; text++)
		count += ((unsigned char)*text & 0xc0) != 0x80;
	return count;
}

enum err blocklist_load(struct identity *identity, const char *path)
{
	char line[256], folded[256];
	if (!path)
		return OK;
	FILE *file = fopen(path, "re");
	if (!file)
		return ERR_IO;
	while (fgets(line, sizeof line, file)) {
		line[strcspn(line, "\r\n")] = 0;
		if (!*line || *line == '#')
			continue;
		text_fold(bytes_text(line), folded, sizeof folded);
		map_set(identity->blocked, bytes_text(folded), identity);
	}
	bool failed = ferror(file);
	fclose(file);
	return failed ? ERR_IO : OK;
}

// zxcvbn's guesses in powers of ten, as its authors band them into scores.
static unsigned score_of(double entropy_bits)
{
	double guesses = entropy_bits * 0.30103; // log10(2)
	return guesses < 3 ? 0 : guesses < 6 ? 1 : guesses < 8 ? 2 : guesses < 10 ? 3 : 4;
}

// Each text as a whole, and each of its words: "Zoë Adams" forbids "adams", too.
static bool contains_personal(const char *password, const char *const *personal)
{
	char words[256], *rest;
	for (; personal && *personal; personal++) {
		if (strlen(*personal) >= PERSONAL_BYTES && strcasestr(password, *personal))
			return true;
		snprintf(words, sizeof words, "%s", *personal);
		for (char *word = strtok_r(words, " .,-_@", &rest); word;
			word = strtok_r(NULL, " .,-_@", &rest))
			if (strlen(word) >= PERSONAL_BYTES && strcasestr(password, word))
				return true;
	}
	return false;
}

static void suggest(struct password_advice *advice, const char *text)
{
	if (advice->suggestion_count < 4)
		advice->suggestions[advice->suggestion_count++] = text;
}

void identity_password_advice(struct identity *identity, const char *password, bool second_factor,
	const char *const *personal, struct password_advice *ret_advice)
{
	char folded[256], guessed[GUESSED_BYTES + 1];
	struct password_advice advice = {.acceptable = true, .warning = ""};
	size_t least = second_factor ? WITH_FACTOR_CHARACTERS : ALONE_CHARACTERS;
	text_fold(bytes_text(password), folded, sizeof folded);
	snprintf(guessed, sizeof guessed, "%s",
		password); // beyond this it takes long and adds little
	advice.score = score_of(ZxcvbnMatch(guessed, (const char **)personal, NULL));
	crypto_wipe(guessed, sizeof guessed);
	if (characters(password) < least) {
		advice.acceptable = false;
		advice.warning =
			second_factor
				? "Use at least 8 characters."
				: "Use at least 15 characters: this account has no second factor.";
	} else if (strlen(password) > PASSWORD_MOST_BYTES || !text_is_utf8(bytes_text(password))) {
		advice.acceptable = false;
		advice.warning = "This is too long, or not text.";
	} else if (map_find(identity->blocked, bytes_text(folded))) {
		advice.acceptable = false;
		advice.warning = "This is one of the passwords that attackers try first.";
	} else if (contains_personal(password, personal)) {
		advice.acceptable = false;
		advice.warning = "It contains your name or login.";
	} else if (advice.score < WEAKEST_SCORE) {
		advice.acceptable = false;
		advice.warning = "This would be guessed quickly.";
	}
	if (!advice.acceptable || advice.score < 3) {
		suggest(&advice, "Put three or four words together that do not belong together.");
		suggest(&advice, "Length helps more than symbols.");
	}
	crypto_wipe(folded, sizeof folded);
	*ret_advice = advice;
}
