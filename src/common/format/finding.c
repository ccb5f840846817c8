#include "common/format/finding.h"

#include "common/base/text.h"
#include "common/base/time.h"

#include <stdlib.h>
#include <string.h>

static json_t *texts(const struct sigma_names *names, const char *prefix)
{
	json_t *list = json_array();
	for (size_t i = 0; names && i < names->count; i++)
		if (strncmp(names->at[i], prefix, strlen(prefix)) == 0)
			json_array_append_new(list, json_string(names->at[i] + strlen(prefix)));
	return list;
}

static json_t *entries(const struct finding *f)
{
	json_t *list = json_array();
	for (size_t i = 0; i < f->evidence_count && i < FINDING_EVIDENCE; i++)
		json_array_append_new(list, json_integer((json_int_t)f->evidence[i]));
	return list;
}

static void add_known(json_t *json, const char *key, struct bytes text)
{
	if (text.size)
		json_object_set_new(json, key, json_stringn((const char *)text.at, text.size));
}

// A rule's words and whatever came in with the event go to terminals, mails and logs of others.
static void tame(json_t *json)
{
	const char *key, *text = json_string_value(json);
	json_t *one;
	size_t i;
	json_object_foreach(json, key, one) tame(one);
	json_array_foreach(json, i, one) tame(one);
	char *own = text && !text_is_tame(text, false) ? strdup(text) : NULL;
	if (!own)
		return;
	text_tame(own, false);
	json_string_set(json, own);
	free(own);
}

json_t *finding_json(const struct finding *f)
{
	char at[TIME_TEXT_BYTES];
	time_format(f->time_us, at);
	json_t *json = json_pack(
		"{s:s, s:s, s:s, s:s, s:b, s:s, s:I, s:I, s:s, s:s, s:o, s:o, s:o}", "source",
		f->source, "rule", f->id, "title", f->title, "level", sigma_level_text(f->level),
		"certain", f->certain, "time", at, "seq", (json_int_t)f->seq, "count",
		(json_int_t)f->count, "sentence", f->sentence, "advice", f->advice, "evidence",
		entries(f), "attack", texts(f->tags, "attack."), "false_positives",
		texts(f->false_positives, ""));
	if (!json)
		return NULL;
	json_object_set_new(json, "tags", texts(f->tags, ""));
	add_known(json, "actor", f->actor);
	add_known(json, "patient", f->patient);
	add_known(json, "address", f->address);
	add_known(json, "session", f->session);
	add_known(json, "application", f->application);
	tame(json);
	return json;
}
