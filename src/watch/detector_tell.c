// What the detector found, as the vault is told of it.
#include "watch/detector_in.h"

#include "common/base/time.h"

#include <stdlib.h>
#include <string.h>

enum {
	TOLD_BYTES = 40000,
	COUNTS_BYTES = 15000,
	BRIEF = 5
};

static char *small_enough(json_t *counts)
{
	char *text = json_dumps(counts, JSON_COMPACT);
	for (const char *const *key =
			(const char *const[]){"rules", "exceptions", "problems", NULL};
		text && *key && strlen(text) > COUNTS_BYTES; key++) {
		free(text);
		json_object_del(counts, *key);
		text = json_dumps(counts, JSON_COMPACT);
	}
	return text;
}

void detector_tell(struct detector *d, struct buf *out)
{
	json_t *list = findings_json(d->findings, FINDINGS_TOLD, TOLD_BYTES);
	json_t *counts = detect_json(d->detect, time_now_us());
	char when[TIME_TEXT_BYTES];
	time_format(d->rules_read_us, when);
	json_object_set_new(counts, "rules_read", json_string(when));
	char *findings = json_dumps(list, JSON_COMPACT), *rest = small_enough(counts);
	buf_printf(out, "{\"total\":%llu,\"findings\":%s,\"detect\":%s}",
		(unsigned long long)findings_total(d->findings), findings ? findings : "[]",
		rest ? rest : "{}");
	free(findings);
	free(rest);
	json_decref(list);
	json_decref(counts);
}

void detector_brief(struct detector *d, struct buf *out)
{
	json_t *list = findings_json(d->findings, BRIEF, TOLD_BYTES), *short_list = json_array(),
	       *one;
	static const char *const keys[] = {"id", "title", "level", "time", "seq"};
	size_t i;
	json_array_foreach(list, i, one)
	{
		json_t *brief = json_object();
		for (size_t k = 0; k < sizeof keys / sizeof *keys; k++)
			json_object_set(brief, keys[k], json_object_get(one, keys[k]));
		json_array_append_new(short_list, brief);
	}
	char *text = json_dumps(short_list, JSON_COMPACT);
	buf_printf(out, "\"findings\":{\"total\":%llu,\"newest\":%s}",
		(unsigned long long)findings_total(d->findings), text ? text : "[]");
	free(text);
	json_decref(list);
	json_decref(short_list);
}
