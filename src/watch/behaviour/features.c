#include "watch/behaviour/features.h"

const struct feature_row features[FEATURES] = {
	[F_RECORDS] = {"records", "records opened", "opened %u record", "opened %u records", false,
		"attack.collection", "attack.t1213"},
	[F_PATIENTS] = {"patients", "different patients", "opened the records of %u patient",
		"opened the records of %u patients", false, "attack.collection", "attack.t1213"},
	[F_NEW] = {"new-patients", "patients never opened before",
		"opened %u patient for the first time", "opened %u patients for the first time",
		true, "attack.collection", "attack.t1213"},
	[F_STRANGE] = {"strange-patients", "patients of nobody they work with",
		"opened %u patient whom nobody they share patients with had opened in two weeks",
		"opened %u patients whom nobody they share patients with had opened in two weeks",
		true, "attack.collection", "attack.t1213"},
	[F_SEARCHES] = {"searches", "searches for persons", "searched for persons %u time",
		"searched for persons %u times", false, "attack.collection", "attack.t1213"},
	[F_LISTS] = {"lists", "patients taken in lists", "took %u patient in long lists",
		"took %u patients in long lists", false, "attack.collection", "attack.t1530"},
	[F_REFUSED] = {"refused", "refusals", "was refused %u time", "was refused %u times", false,
		"attack.collection", "attack.t1213"},
	[F_GLASS] = {"break-glass", "glass broken", "broke the glass %u time",
		"broke the glass %u times", false, "attack.collection", "attack.t1213"},
	[F_HOURS] = {"unusual-hours", "unusual hours", "was active in %u hour that is not theirs",
		"was active in %u hours that are not theirs", true, "attack.initial-access",
		"attack.t1078"},
	[F_PLACES] = {"new-places", "new addresses and applications",
		"came from %u address or application never used before",
		"came from %u addresses or applications never used before", true,
		"attack.initial-access", "attack.t1078"},
	[F_FAILED] = {"failed-sign-ins", "failed sign-ins", "failed to sign in %u time",
		"failed to sign in %u times", false, "attack.credential-access", "attack.t1110"},
	[F_HOUR] = {"busiest-hour", "records in the busiest hour",
		"opened %u record within an hour", "opened %u records within an hour", false,
		"attack.collection", "attack.t1213"},
};

void feature_words(enum feature feature, uint32_t value, struct buf *out)
{
	const char *text = value == 1 ? features[feature].one : features[feature].many;
	for (; *text; text++) {
		if (text[0] == '%' && text[1] == 'u') {
			buf_printf(out, "%u", value);
			text++;
		} else {
			buf_add(out, text, 1);
		}
	}
}
