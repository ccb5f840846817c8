// ocsf: the one shape of what happened, as detection rules see it.
//
// Classes and attribute names are OCSF's (Open Cybersecurity Schema Framework 1.x) where they fit;
// what a hospital has besides (patient, care relationship, broken glass) has names of its own. A
// field is a small number; its name, type and help stand in one table, which rules, their tests and
// docs/rules.md are checked against. Values are texts; a field may have several (patients, flags).
// Bounded: OCSF_VALUES values of OCSF_VALUE_BYTES; what found no room is counted. Pure.
#pragma once

#include "common/base/bytes.h"

enum ocsf_field {
	OCSF_CLASS_UID,
	OCSF_CLASS_NAME,
	OCSF_CATEGORY_NAME,
	OCSF_ACTIVITY_ID,
	OCSF_ACTIVITY_NAME,
	OCSF_STATUS,
	OCSF_STATUS_DETAIL,
	OCSF_SEVERITY,
	OCSF_TIME,
	OCSF_HOUR,
	OCSF_WEEKDAY,
	OCSF_ACTOR,
	OCSF_ACTOR_ROLE,
	OCSF_SESSION,
	OCSF_USER,
	OCSF_ADDRESS,
	OCSF_USER_AGENT,
	OCSF_RESOURCE_TYPE,
	OCSF_RESOURCE,
	OCSF_PATIENT,
	OCSF_PATIENT_COUNT,
	OCSF_PURPOSE,
	OCSF_BROKEN_GLASS,
	OCSF_RELATIONSHIP,
	OCSF_EXPLANATION,
	OCSF_EXPLANATION_STRENGTH,
	OCSF_EXPLANATION_LOOK,
	OCSF_FLAGS,
	OCSF_POLICY_RULE,
	OCSF_DORMANT_DAYS,
	OCSF_SEQ,
	OCSF_FIELDS
};

enum ocsf_type {
	OCSF_TEXT,
	OCSF_NUMBER,
	OCSF_IP
};

struct ocsf_field_row {
	const char *name; // "actor.user.uid"
	enum ocsf_type type;
	bool many;        // may have several values
	const char *help; // one sentence for who writes rules
};
extern const struct ocsf_field_row ocsf_fields[OCSF_FIELDS];
int ocsf_field_find(const char *name); // an enum ocsf_field, or -1; for loading, not for matching

// What may happen, as a log source: `category` of a rule and OCSF's class behind it.
struct ocsf_class {
	const char *category; // "record-access"
	int uid;              // 6005
	const char *name, *category_name, *help;
};
extern const struct ocsf_class ocsf_classes[];
extern const size_t ocsf_class_count;
const struct ocsf_class *ocsf_class_find(const char *category); // NULL when unknown
const struct ocsf_class *ocsf_class_of(int uid);                // NULL when unknown

enum {
	OCSF_VALUES = 160,
	OCSF_VALUE_BYTES = 1024
};

struct ocsf_value {
	struct bytes text; // UTF-8
	int64_t number;    // of a field of type OCSF_NUMBER
	uint16_t next;     // of the same field: an index into the values plus one, or 0
};

struct ocsf_event {
	struct arena *arena; // borrowed; holds the texts
	uint64_t seq;        // of the trail's entry that proves it
	uint64_t place;      // of the entry that told of it: another one, where it came later
	int64_t time_us;
	int class_uid;
	uint16_t count, dropped;                        // values here, and those that found no room
	uint16_t first[OCSF_FIELDS], last[OCSF_FIELDS]; // indices plus one
	struct ocsf_value values[OCSF_VALUES];
};

// Empty again; the texts live in `arena`, which the caller resets.
void ocsf_begin(struct ocsf_event *event, struct arena *arena);
// The text is borrowed: it lives as long as the arena or is static. An empty one is no value.
void ocsf_add(struct ocsf_event *event, enum ocsf_field field, struct bytes text);
void ocsf_add_text(struct ocsf_event *event, enum ocsf_field field, const char *text);
void ocsf_add_number(struct ocsf_event *event, enum ocsf_field field, int64_t number);
void ocsf_add_opaque(struct ocsf_event *event, enum ocsf_field field, uint64_t number); // hex
// Sequence number, time and class at once, with the fields that follow from them. The hour and the
// day (0: Sunday) are the hospital's own: the caller knows its time zone.
// `place` is `seq`, until the caller says otherwise.
void ocsf_set_when(struct ocsf_event *event, uint64_t seq, int64_t time_us);
void ocsf_set_local(struct ocsf_event *event, int hour, int weekday);
void ocsf_set_class(struct ocsf_event *event, const struct ocsf_class *class);

// The first value of a field, or NULL; then ocsf_next() until NULL.
const struct ocsf_value *ocsf_first(const struct ocsf_event *event, enum ocsf_field field);
const struct ocsf_value *ocsf_next(const struct ocsf_event *event, const struct ocsf_value *value);
struct bytes ocsf_text(const struct ocsf_event *event, enum ocsf_field field); // first, or empty

// The table of fields as Markdown, for docs/rules.md.
void ocsf_fields_markdown(struct buf *out);
