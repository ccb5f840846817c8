#include "watch/detect/sentence.h"

#include "common/format/finding.h"

#include <stdio.h>
#include <string.h>

static void add_field(struct buf *out, const char *name, const struct ocsf_event *event)
{
	int field = ocsf_field_find(name);
	const struct ocsf_value *value =
		field < 0 ? NULL : ocsf_first(event, (enum ocsf_field)field);
	if (!value) {
		buf_add_text(out, "nobody known");
		return;
	}
	buf_add_bytes(out, value->text);
	if (ocsf_next(event, value))
		buf_add_text(out, " and others");
}

static void add_named(struct buf *out, const char *name, const struct sigma_rule *rule,
	const struct ocsf_event *event, uint64_t count)
{
	if (strcmp(name, "count") == 0)
		buf_printf(out, "%llu", (unsigned long long)count);
	else if (strcmp(name, "timespan") == 0)
		buf_add_text(out, rule->correlation ? rule->correlation->timespan : "a moment");
	else
		add_field(out, name, event);
}

void sentence_fill(const struct sigma_rule *rule, const struct ocsf_event *event, uint64_t count,
	char *ret_text)
{
	struct buf out = {0};
	char name[64];
	for (const char *at = rule->sentence; *at;) {
		size_t plain = strcspn(at, "{");
		buf_add(&out, at, plain);
		at += plain;
		if (!*at)
			break;
		size_t size = strcspn(++at, "}");
		snprintf(name, sizeof name, "%.*s", (int)size, at);
		add_named(&out, name, rule, event, count);
		at += size + (at[size] != 0);
	}
	if (!out.size) {
		buf_printf(&out, "%s: ", rule->title);
		add_field(&out, ocsf_fields[OCSF_ACTOR].name, event);
	}
	size_t size = out.size < FINDING_SENTENCE_BYTES ? out.size : FINDING_SENTENCE_BYTES - 1;
	while (size && size < out.size && (out.at[size] & 0xc0) == 0x80)
		size--;
	memcpy(ret_text, out.at, size);
	ret_text[size] = 0;
	buf_done(&out);
}
