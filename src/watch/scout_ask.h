// scout_ask: what may be asked of threat intelligence (see question.h and intelligence.h).
#pragma once

#include "watch/question.h"

void answer_intelligence(
	const struct watch_parts *parts, const json_t *arguments, struct reply *reply);
void answer_intelligence_look(
	const struct watch_parts *parts, const json_t *arguments, struct reply *reply); // "value"
void answer_intelligence_share(
	const struct watch_parts *parts, const json_t *arguments, struct reply *reply);
