#include "house.h"

#include "parts.h"

#include "common/base/map.h"
#include "common/base/text.h"
#include "common/base/time.h"
#include "common/format/fhir_date.h"
#include "common/format/json.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *get(const json_t *json, const char *key)
{
	const char *text = json_get_text(json, key);
	return text ? text : "";
}

static const char *keep(struct house *h, const char *text)
{
	return arena_text(h->arena, text);
}

static void push(struct house *h, const struct house_thing *thing)
{
	if (h->count == h->room) {
		h->room = h->room ? 2 * h->room : 65536;
		h->things = realloc(h->things, h->room * sizeof *h->things);
		fail_if(!h->things, "no memory");
	}
	h->things[h->count] = *thing;
	h->things[h->count].order = h->count;
	h->count++;
}

// ---- When a resource was written down.

static uint64_t dice_of(const char *text)
{
	uint64_t hash = 1469598103934665603ull;
	for (; *text; text++)
		hash = (hash ^ (uint8_t)*text) * 1099511628211ull;
	hash ^= hash >> 31;
	hash *= 0x9e3779b97f4a7c15ull;
	return (hash ^ hash >> 29) & INT64_MAX;
}

static int64_t clinical_us(const json_t *r)
{
	static const char *const names[] = {
		"start", "authoredOn", "effectiveDateTime", "occurrenceDateTime", "recordedDate"};
	struct fhir_interval at;
	const char *text = json_get_text(json_object_get(r, "period"), "start");
	for (size_t i = 0; !text && i < sizeof names / sizeof *names; i++)
		text = json_get_text(r, names[i]);
	return text && fhir_date_parse(text, FHIR_FORM_DATE_TIME, &at) ? at.low_us : 0;
}

static int64_t recorded_us(const json_t *r, unsigned late_percent)
{
	static const char *const before[] = {"Slot", "Schedule", "Patient"};
	const char *type = get(r, "resourceType");
	int64_t at = clinical_us(r);
	uint64_t dice = dice_of(get(r, "id"));
	for (size_t i = 0; i < sizeof before / sizeof *before; i++)
		if (strcmp(type, before[i]) == 0)
			at = 0;
	if (!at)
		return 1; // long before
	if (strcmp(type, "Appointment") == 0)
		return at - 14 * DAY_US;
	if (dice % 100 < late_percent)
		return at + (int64_t)(dice / 100 % 36 + 1) * HOUR_US;
	return at - HOUR_US;
}

static void read_bundle(struct house *h, const char *path, unsigned late_percent)
{
	size_t i;
	json_t *entry, *bundle = json_load_file(path, 0, NULL);
	fail_if(!bundle, path);
	json_array_foreach(json_object_get(bundle, "entry"), i, entry)
	{
		json_t *r = json_incref(json_object_get(entry, "resource"));
		push(h, &(struct house_thing){
				.at_us = recorded_us(r, late_percent), .resource = r});
	}
	json_decref(bundle);
}

static void read_bundles(struct house *h, const char *dir, unsigned late_percent)
{
	char path[600];
	struct dirent **names;
	snprintf(path, sizeof path, "%s/bundles", dir);
	int count = scandir(path, &names, NULL, alphasort);
	fail_if(count < 3, "there are no bundles: run hospital-sim make");
	for (int i = 0; i < count; i++) {
		if (names[i]->d_name[0] != '.') {
			snprintf(path, sizeof path, "%s/bundles/%s", dir, names[i]->d_name);
			read_bundle(h, path, late_percent);
		}
		free(names[i]);
	}
	free(names);
}

// ---- Who did what.

static void read_staff(struct house *h, const char *dir)
{
	char path[600];
	size_t i;
	json_t *one;
	snprintf(path, sizeof path, "%s/truth/rosters.json", dir);
	json_t *json = json_load_file(path, 0, NULL);
	fail_if(!json, path);
	json_array_foreach(json_object_get(json, "staff"), i, one)
	{
		struct house_staff *staff = arena_alloc(h->arena, sizeof *staff);
		*staff = (struct house_staff){.login = keep(h, get(one, "login")),
			.unit = (int)json_integer_value(json_object_get(one, "unit"))};
		map_set(h->staff, bytes_text(staff->login), staff);
	}
	json_decref(json);
}

static struct house_staff *staff_of(struct house *h, const json_t *line)
{
	struct house_staff *staff = map_find(h->staff, bytes_text(get(line, "login")));
	fail_if(!staff, "somebody who is not in truth/rosters.json");
	if (!staff->practitioner) {
		staff->practitioner = arena_printf(h->arena, "Practitioner/%s", get(line, "staff"));
		staff->role = keep(h, get(line, "role"));
	}
	return staff;
}

static struct house_why *why_of(struct house *h, const json_t *line)
{
	const char *name = get(line, "why");
	for (size_t i = 0; i < h->why_count; i++)
		if (strcmp(h->whys[i].name, name) == 0)
			return &h->whys[i];
	fail_if(h->why_count == HOUSE_WHYS, "too many kinds");
	struct house_why *why = &h->whys[h->why_count++];
	*why = (struct house_why){.name = keep(h, name),
		.misuse = json_is_true(json_object_get(line, "misuse")),
		.doers = map_new()};
	return why;
}

// What the server makes of a path. False: nothing stands on the trail.
static bool set_action(struct house *h, const json_t *line, struct trail_entry *e)
{
	static const struct {
		const char *path;
		enum trail_kind kind;
		enum trail_action action;
	} others[] = {{"/api/break-glass", TRAIL_ACCESS, TRAIL_BREAK_GLASS},
		{"/api/sign-in", TRAIL_SIGN_IN, TRAIL_SIGNED_IN},
		{"/api/sign-out", TRAIL_SIGN_IN, TRAIL_SIGNED_OUT},
		{"/api/patients/", TRAIL_REVIEW, TRAIL_WHO_SAW},
		{"/api/trail", TRAIL_REVIEW, TRAIL_TRAIL_SEARCHED}};
	const char *path = get(line, "path"), *type = path + 6;
	e->kind = TRAIL_ACCESS;
	e->outcome = TRAIL_ALLOWED;
	for (size_t i = 0; i < sizeof others / sizeof *others; i++)
		if (text_starts(path, others[i].path)) {
			e->kind = others[i].kind;
			e->action = others[i].action;
			return true;
		}
	if (!text_starts(path, "/fhir/"))
		return false;
	size_t length = strcspn(type, "/?");
	e->action = strcmp(get(line, "method"), "POST") == 0 ? TRAIL_CREATE
		    : type[length] == '/'                    ? TRAIL_READ
							     : TRAIL_SEARCH;
	e->outcome = e->action == TRAIL_CREATE ? TRAIL_INTENDED : TRAIL_ALLOWED;
	e->resource = e->action == TRAIL_READ ? arena_printf(h->arena, "%.*s/%s", (int)length, type,
							get(line, "patient"))
					      : arena_printf(h->arena, "%.*s", (int)length, type);
	return true;
}

// Refused, unless the glass is broken; in reality the care relationship decides.
static bool may_be_refused(const json_t *line)
{
	size_t i;
	json_t *status;
	bool expects = false;
	json_array_foreach(json_object_get(line, "expect"), i, status) expects |=
		json_integer_value(status) == 403;
	return expects && !text_starts(get(line, "path"), "/fhir/Patient?");
}

static void read_line(struct house *h, const json_t *line)
{
	struct house_act *act = arena_alloc(h->arena, sizeof *act);
	const char *by = get(line, "by");
	int64_t at_us;
	fail_if(time_parse(get(line, "at"), &at_us), "a line cannot be read");
	*act = (struct house_act){.who = staff_of(h, line),
		.why = why_of(h, line),
		.patient = keep(h, get(line, "patient"))};
	if (!set_action(h, line, &act->entry))
		return;
	const struct house_staff *sits = *by ? map_find(h->staff, bytes_text(by)) : act->who;
	fail_if(!sits, "nobody sits there");
	act->entry.time_us = at_us;
	act->entry.actor = act->who->login;
	act->entry.role = act->who->role;
	act->entry.address = arena_printf(h->arena, "127.0.1.%d", sits->unit + 1);
	act->entry.application = "Ward/1.0";
	act->entry.purpose = "TREAT";
	if (may_be_refused(line))
		act->entry.outcome = TRAIL_DENIED;
	if (*act->patient) {
		act->entry.patients = &act->patient;
		act->entry.patients_here = act->entry.patient_count = 1;
	}
	push(h, &(struct house_thing){.at_us = at_us, .act = act});
}

static void read_work(struct house *h, const char *dir)
{
	char path[600], *text = NULL;
	size_t room = 0;
	snprintf(path, sizeof path, "%s/truth/work.jsonl", dir);
	FILE *file = fopen(path, "r");
	fail_if(!file, "there is no truth/work.jsonl: run hospital-sim work --dry-run");
	while (getline(&text, &room, file) > 0) {
		json_t *line = json_loads(text, 0, NULL);
		fail_if(!line, "a line cannot be read");
		read_line(h, line);
		json_decref(line);
	}
	free(text);
	fclose(file);
}

static int by_time(const void *one, const void *other)
{
	const struct house_thing *x = one, *y = other;
	if (x->at_us != y->at_us)
		return x->at_us < y->at_us ? -1 : 1;
	return x->order < y->order ? -1 : 1;
}

// ---- What only shows in the order of time.

static void open_glass(struct house *h, struct map *glass, struct house_act *act)
{
	struct trail_entry *e = &act->entry;
	const char *key = arena_printf(h->arena, "%s %s", act->who->login, act->patient);
	const int64_t *at = map_find(glass, bytes_text(key));
	if (e->action == TRAIL_BREAK_GLASS) {
		e->purpose = "BTG";
		map_set(glass, bytes_text(key), &e->time_us);
	} else if (e->outcome == TRAIL_DENIED && at && e->time_us - *at <= HOUR_US) {
		e->purpose = "BTG";
		e->outcome = e->action == TRAIL_CREATE ? TRAIL_INTENDED : TRAIL_ALLOWED;
	}
	e->status = e->outcome == TRAIL_DENIED ? 403 : 200;
}

static void name_session(struct house *h, struct house_act *act)
{
	act->who->sessions += act->entry.action == TRAIL_SIGNED_IN;
	act->entry.session = arena_printf(h->arena, "%s-%u", act->who->login, act->who->sessions);
}

static void note_doer(struct house *h, const struct house_act *act)
{
	struct house_why *why = act->why;
	int64_t day = act->entry.time_us / DAY_US;
	struct house_doer *doer = house_doer(why, act->who->login);
	if (!doer) {
		doer = arena_alloc(h->arena, sizeof *doer);
		*doer = (struct house_doer){
			.why = why, .who = act->who, .first_us = act->entry.time_us};
		map_set(why->doers, bytes_text(act->who->login), doer);
	}
	if (doer->day_count < HOUSE_DAYS &&
		(!doer->day_count || doer->days[doer->day_count - 1] != day))
		doer->days[doer->day_count++] = day;
}

struct house_doer *house_doer(const struct house_why *why, const char *login)
{
	return map_find(why->doers, bytes_text(login));
}

void house_read(const char *dir, unsigned late_percent, struct house *ret_house)
{
	struct house *h = ret_house;
	struct map *glass = map_new();
	*h = (struct house){.arena = arena_new(), .staff = map_new()};
	read_staff(h, dir);
	read_bundles(h, dir, late_percent);
	read_work(h, dir);
	qsort(h->things, h->count, sizeof *h->things, by_time);
	for (size_t i = 0; i < h->count; i++) {
		struct house_act *act = h->things[i].act;
		if (!act)
			continue;
		if (!h->first_day)
			h->first_day = h->things[i].at_us / DAY_US;
		h->days = h->things[i].at_us / DAY_US - h->first_day + 1;
		open_glass(h, glass, act);
		name_session(h, act);
		if (act->why->misuse)
			note_doer(h, act);
	}
	map_free(glass);
}

void house_done(struct house *h)
{
	for (size_t i = 0; i < h->count; i++)
		json_decref(h->things[i].resource);
	for (size_t i = 0; i < h->why_count; i++)
		map_free(h->whys[i].doers);
	free(h->things);
	map_free(h->staff);
	arena_free(h->arena);
}

json_t *house_note(struct house *h, const struct house_act *act)
{
	static unsigned number;
	char at[TIME_TEXT_BYTES];
	const char *type = act->entry.resource;
	bool note = strcmp(type, "ClinicalImpression") == 0;
	time_format(act->entry.time_us, at);
	json_t *r = json_pack("{s:s, s:s, s:s, s:{s:s}, s:{s:s}, s:s}", "resourceType", type, "id",
		arena_printf(h->arena, "written-%u", number++), "status",
		note ? "completed" : "final", "code", "text", "written at work", "subject",
		"reference", arena_printf(h->arena, "Patient/%s", act->patient),
		"effectiveDateTime", at);
	const char *staff = act->who->practitioner;
	json_object_set_new(r, note ? "assessor" : "performer",
		note ? json_pack("{s:s}", "reference", staff)
		     : json_pack("[{s:s}]", "reference", staff));
	return r;
}
