#include "watch/scout_ask.h"

#include "common/base/text.h"
#include "watch/detector.h"
#include "watch/intelligence/intelligence.h"

#include <string.h>

void answer_intelligence(
	const struct watch_parts *parts, const json_t *arguments, struct reply *reply)
{
	(void)arguments;
	reply->json = intelligence_status(detector_intelligence(parts->detector));
}

void answer_intelligence_look(
	const struct watch_parts *parts, const json_t *arguments, struct reply *reply)
{
	const char *value = json_string_value(json_object_get(arguments, "value"));
	if (!value || !*value || strlen(value) >= INDICATOR_VALUE_BYTES) {
		reply_problem(reply, 422,
			"Give what to look for: an address, a domain, a URL, a hash, or a user agent.");
		return;
	}
	reply->json = intelligence_look(detector_intelligence(parts->detector), value);
}

void answer_intelligence_share(
	const struct watch_parts *parts, const json_t *arguments, struct reply *reply)
{
	const char *identity = json_string_value(json_object_get(arguments, "identity"));
	const char *colour = json_string_value(json_object_get(arguments, "tlp"));
	json_int_t from = json_integer_value(json_object_get(arguments, "from"));
	enum tlp most = colour && *colour ? tlp_find(colour) : TLP_AMBER;
	if (!identity || !*identity || strlen(identity) >= INDICATOR_NAME_BYTES ||
		!text_is_clean(bytes_text(identity))) {
		reply_problem(reply, 422, "Give the name under which you share.");
		return;
	}
	if (!most || most > TLP_AMBER) {
		reply_problem(reply, 422,
			"What is shared is clear, green or amber: what is closer is never shared.");
		return;
	}
	reply->json = intelligence_share(detector_intelligence(parts->detector), identity, most,
		from > 0 ? (size_t)from : 0);
}
