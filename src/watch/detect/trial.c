#include "watch/detect/trial.h"

#include "common/base/time.h"
#include "watch/detect/detect.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
	REPEAT_MOST = 10000,
	START_S = 1772618400 // Wednesday, 4 March 2026, 10 o'clock
};

struct run {
	const char *folder;
	void (*say)(void *context, const char *words);
	void *context;
	struct trial result;
	struct detect *detect; // of this case
	const char *rule;      // whose findings are counted
	size_t found;
	struct ocsf_event event;
	struct arena *arena;
	uint64_t seq;
	int64_t time_us;
};

static void wrong(struct run *run, const char *file, const char *name, const char *words)
{
	char line[600];
	snprintf(line, sizeof line, "%s: %s%s%s", file, name, *name ? ": " : "", words);
	run->say(run->context, line);
	run->result.failed++;
}

static void on_found(void *context, const struct finding *finding)
{
	struct run *run = context;
	if (strcmp(finding->id, run->rule) == 0)
		run->found++;
}

// ---- Events.

static const char *numbered(struct run *run, const char *text, size_t number)
{
	const char *mark = strchr(text, '#');
	return mark ? arena_printf(
			      run->arena, "%.*s%zu%s", (int)(mark - text), text, number, mark + 1)
		    : text;
}

static bool add_value(struct run *run, enum ocsf_field field, const json_t *value, size_t number)
{
	if (json_is_integer(value))
		ocsf_add_number(&run->event, field, json_integer_value(value));
	else if (json_is_string(value))
		ocsf_add_text(&run->event, field, numbered(run, json_string_value(value), number));
	else
		return false;
	return json_is_integer(value) == (ocsf_fields[field].type == OCSF_NUMBER);
}

static bool is_own_key(const char *key)
{
	static const char *const keys[] = {"category", "repeat", "every", "after", "at"};
	for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
		if (strcmp(keys[i], key) == 0)
			return true;
	return false;
}

// What follows from what was said, unless it was said otherwise.
static void complete(struct run *run, const json_t *json)
{
	const char *detail = json_string_value(json_object_get(json, "status_detail"));
	bool fine = !detail || strcmp(detail, "allowed") == 0 || strcmp(detail, "intended") == 0;
	if (!json_object_get(json, "status"))
		ocsf_add_text(&run->event, OCSF_STATUS, fine ? "Success" : "Failure");
	int64_t hours = run->time_us / 3600000000;
	if (!json_object_get(json, "time.hour"))
		ocsf_add_number(&run->event, OCSF_HOUR, hours % 24);
	if (!json_object_get(json, "time.weekday"))
		ocsf_add_number(&run->event, OCSF_WEEKDAY, (hours / 24 + 4) % 7);
}

static const char *build_event(struct run *run, json_t *json, size_t number)
{
	const char *key, *category = json_string_value(json_object_get(json, "category"));
	const struct ocsf_class *class = category ? ocsf_class_find(category) : NULL;
	json_t *value, *one;
	size_t i;
	if (!class)
		return "an event needs its category";
	ocsf_begin(&run->event, run->arena);
	ocsf_set_when(&run->event, run->seq++, run->time_us);
	ocsf_set_class(&run->event, class);
	complete(run, json);
	json_object_foreach(json, key, value)
	{
		int field = ocsf_field_find(key);
		bool fine = field >= 0;
		if (is_own_key(key))
			continue;
		if (json_is_array(value))
			json_array_foreach(value, i, one) fine =
				fine && ocsf_fields[field].many &&
				add_value(run, (enum ocsf_field)field, one, number);
		else
			fine = fine && add_value(run, (enum ocsf_field)field, value, number);
		if (!fine)
			return arena_printf(
				run->arena, "'%s' is no field, or has another type", key);
	}
	return NULL;
}

static int64_t seconds(const json_t *json, const char *key, int64_t otherwise)
{
	const json_t *value = json_object_get(json, key);
	return json_is_integer(value) ? json_integer_value(value) : otherwise;
}

static const char *play(struct run *run, json_t *json)
{
	int64_t repeat = seconds(json, "repeat", 1), every = seconds(json, "every", 1);
	const char *at = json_string_value(json_object_get(json, "at")), *words = NULL;
	if (repeat < 1 || repeat > REPEAT_MOST)
		return "an event is repeated 1 to 10000 times";
	run->time_us += seconds(json, "after", 1) * 1000000;
	if (at && time_parse(at, &run->time_us))
		return "'at' is no time";
	for (int64_t i = 0; i < repeat && !words; i++) {
		arena_reset(run->arena);
		run->time_us += i ? every * 1000000 : 0;
		words = build_event(run, json, (size_t)i);
		if (!words)
			detect_event(run->detect, &run->event);
	}
	return words;
}

// ---- Cases.

static void run_case(struct run *run, const char *file, json_t *json, bool match)
{
	const struct detect_owner owner = {on_found, NULL, run};
	const char *name = json_string_value(json_object_get(json, "name")), *words = NULL;
	json_t *events = json_object_get(json, "events"), *one;
	int64_t want = seconds(json, "findings", -1);
	char told[100];
	size_t i;
	run->detect = detect_new(&owner);
	run->found = 0;
	run->seq = 1;
	run->time_us = START_S * INT64_C(1000000);
	(void)detect_read(run->detect, run->folder);
	json_array_foreach(events, i, one) if (!words) words = play(run, one);
	if (!name || !json_array_size(events))
		words = "a case has a name and events";
	snprintf(told, sizeof told, "%zu findings, %s expected", run->found,
		!match     ? "none"
		: want < 0 ? "some"
			   : "another number");
	if (!words && (match ? !run->found || (want >= 0 && (int64_t)run->found != want)
			     : run->found > 0))
		words = told;
	if (words)
		wrong(run, file, name ? name : "", words);
	run->result.cases++;
	detect_free(run->detect);
}

static void run_rule(struct run *run, const struct sigma_rule *rule)
{
	char path[RULES_PATH_BYTES * 2], file[80];
	json_error_t error;
	json_t *one;
	size_t i;
	snprintf(file, sizeof file, "tests/%s.json", rule->id);
	snprintf(path, sizeof path, "%s/%s", run->folder, file);
	json_t *json = json_load_file(path, JSON_REJECT_DUPLICATES, &error);
	json_t *match = json_object_get(json, "match"),
	       *no_match = json_object_get(json, "no_match");
	run->result.rules++;
	run->rule = rule->id;
	if (!json)
		wrong(run, file, rule->title, error.text);
	else if (!json_array_size(match) || !json_array_size(no_match))
		wrong(run, file, rule->title, "a match and a no_match are needed");
	json_array_foreach(match, i, one) run_case(run, file, one, true);
	json_array_foreach(no_match, i, one) run_case(run, file, one, false);
	json_decref(json);
}

struct trial trial_run(
	const char *folder, void (*say)(void *context, const char *words), void *context)
{
	struct run *run = calloc(1, sizeof *run);
	struct rules *rules = rules_read(folder);
	if (!run)
		abort();
	*run = (struct run){.folder = folder, .say = say, .context = context, .arena = arena_new()};
	for (size_t i = 0; i < rules->problem_count && i < RULES_PROBLEMS; i++) {
		char line[20];
		snprintf(line, sizeof line, "line %u", rules->problems[i].line);
		wrong(run, rules->problems[i].file, line, rules->problems[i].text);
	}
	for (size_t i = 0; i < rules->count; i++)
		if (!rules->at[i].rule->referred)
			run_rule(run, rules->at[i].rule);
	struct trial result = run->result;
	arena_free(run->arena);
	rules_free(rules);
	free(run);
	return result;
}
