// The rules, their record and what they remember, for people.
#include "watch/detect/detect_in.h"

#include "common/base/time.h"

static json_t *rule_json(const struct rules_entry *entry, const struct memory *memory)
{
	json_t *json = json_pack("{s:s, s:s, s:s, s:s, s:I, s:I}", "id", entry->rule->id, "title",
		entry->rule->title, "level", sigma_level_text(entry->rule->level), "file",
		entry->file, "hits", (json_int_t)memory->hits, "findings",
		(json_int_t)memory->findings);
	if (memory->excepted)
		json_object_set_new(json, "excepted", json_integer((json_int_t)memory->excepted));
	if (memory->held_back)
		json_object_set_new(json, "held_back", json_integer((json_int_t)memory->held_back));
	if (entry->rule->gave_up)
		json_object_set_new(
			json, "regex_gave_up", json_integer((json_int_t)entry->rule->gave_up));
	return json;
}

static json_t *memory_json(const struct detect *detect)
{
	struct correlate_stats all = {0}, one;
	for (size_t i = 0; i < detect->rules->count; i++) {
		if (!detect->memories[i]->state)
			continue;
		correlate_stats(detect->memories[i]->state, &one);
		all.groups += one.groups;
		all.bytes += one.bytes;
		all.evicted_groups += one.evicted_groups;
		all.evicted_marks += one.evicted_marks;
	}
	return json_pack("{s:I, s:I, s:I, s:I}", "groups", (json_int_t)all.groups, "bytes",
		(json_int_t)all.bytes, "evicted_groups", (json_int_t)all.evicted_groups,
		"evicted_marks", (json_int_t)all.evicted_marks);
}

static json_t *problems_json(const struct rules *rules)
{
	json_t *list = json_array();
	size_t shown =
		rules->problem_count < RULES_PROBLEMS ? rules->problem_count : RULES_PROBLEMS;
	for (size_t i = 0; i < shown; i++)
		json_array_append_new(
			list, json_pack("{s:s, s:I, s:s}", "file", rules->problems[i].file, "line",
				      (json_int_t)rules->problems[i].line, "text",
				      rules->problems[i].text));
	return list;
}

static json_t *exceptions_json(const struct exceptions *exceptions, int64_t now_us)
{
	json_t *list = json_array();
	for (size_t i = 0; i < exceptions->count && i < 100; i++) {
		const struct exception *e = &exceptions->at[i];
		json_array_append_new(list,
			json_pack("{s:s, s:s, s:s, s:s, s:I, s:b}", "rule", e->rule, "field",
				ocsf_fields[e->field].name, "reason", e->reason, "until", e->until,
				"used", (json_int_t)e->used, "ended", e->until_us < now_us));
	}
	return list;
}

json_t *detect_json(const struct detect *detect, int64_t now_us)
{
	json_t *levels = json_object(), *rules = json_array();
	for (int i = 0; i < SIGMA_LEVELS; i++)
		json_object_set_new(levels, sigma_level_text((enum sigma_level)i),
			json_integer((json_int_t)detect->levels[i]));
	for (size_t i = 0; i < detect->rules->count; i++)
		json_array_append_new(rules, rule_json(&detect->rules->at[i], detect->memories[i]));
	json_t *json = json_pack("{s:I, s:o, s:o, s:o, s:I, s:o, s:o}", "events",
		(json_int_t)detect->events, "findings", levels, "rules", rules, "memory",
		memory_json(detect), "problem_count", (json_int_t)detect->rules->problem_count,
		"problems", problems_json(detect->rules), "exceptions",
		exceptions_json(&detect->rules->exceptions, now_us));
	if (detect->events) {
		char since[TIME_TEXT_BYTES];
		time_format(detect->since_us, since);
		json_object_set_new(json, "remembers_since", json_string(since));
	}
	json_object_set_new(
		json, "longest_seconds", json_integer(detect_longest_us(detect) / 1000000));
	return json;
}
