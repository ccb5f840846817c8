// event: the one shape of what happened, as detection rules see it.
//
// Classes and attribute names are OCSF's (Open Cybersecurity Schema Framework 1.x) where they fit;
// what a hospital has besides (patient, care relationship, broken glass) has names of its own. A
// field is a small number; its name, type and help stand in one table, which rules, their tests and
// docs/rules.md are checked against. Values are texts; a field may have several (patients, flags).
// Bounded: EVENT_VALUES values of EVENT_VALUE_BYTES; what found no room is counted. Pure.
#pragma once

#include "common/base/bytes.h"

enum event_field {
	EVENT_CLASS_UID,
	EVENT_CLASS_NAME,
	EVENT_CATEGORY_NAME,
	EVENT_ACTIVITY_ID,
	EVENT_ACTIVITY_NAME,
	EVENT_STATUS,
	EVENT_STATUS_DETAIL,
	EVENT_SEVERITY,
	EVENT_TIME,
	EVENT_HOUR,
	EVENT_WEEKDAY,
	EVENT_ACTOR,
	EVENT_ACTOR_ROLE,
	EVENT_SESSION,
	EVENT_USER,
	EVENT_ADDRESS,
	EVENT_WORKSTATION,
	EVENT_USER_AGENT,
	EVENT_RESOURCE_TYPE,
	EVENT_RESOURCE,
	EVENT_PATIENT,
	EVENT_PATIENT_COUNT,
	EVENT_PURPOSE,
	EVENT_BROKEN_GLASS,
	EVENT_RELATIONSHIP,
	EVENT_EXPLANATION,
	EVENT_EXPLANATION_STRENGTH,
	EVENT_FLAGS,
	EVENT_POLICY_RULE,
	EVENT_DORMANT_DAYS,
	EVENT_SEQ,
	EVENT_FIELDS
};

enum event_type {
	EVENT_TEXT,
	EVENT_NUMBER,
	EVENT_IP
};

struct event_field_row {
	const char *name; // "actor.user.uid"
	enum event_type type;
	bool many;        // may have several values
	const char *help; // one sentence for who writes rules
};
extern const struct event_field_row event_fields[EVENT_FIELDS];
int event_field_find(const char *name); // an enum event_field, or -1; for loading, not for matching

// What may happen, as a log source: `category` of a rule and OCSF's class behind it.
struct event_class {
	const char *category; // "record-access"
	int uid;              // 6005
	const char *name, *category_name, *help;
};
extern const struct event_class event_classes[];
extern const size_t event_class_count;
const struct event_class *event_class_find(const char *category); // NULL when unknown
const struct event_class *event_class_of(int uid);                // NULL when unknown

enum {
	EVENT_VALUES = 160,
	EVENT_VALUE_BYTES = 1024
};

struct event_value {
	struct bytes text; // UTF-8
	int64_t number;    // of a field of type EVENT_NUMBER
	uint16_t next;     // of the same field: an index into the values plus one, or 0
};

struct event_record {
	struct arena *arena; // borrowed; holds the texts
	uint64_t seq;        // of the trail's entry that proves it
	int64_t time_us;
	int class_uid;
	uint16_t count, dropped; // values here, and those that found no room
	uint16_t first[EVENT_FIELDS], last[EVENT_FIELDS]; // indices plus one
	struct event_value values[EVENT_VALUES];
};

// Empty again; the texts live in `arena`, which the caller resets.
void event_begin(struct event_record *event, struct arena *arena);
// The text is borrowed: it lives as long as the arena or is static. An empty one is no value.
void event_add(struct event_record *event, enum event_field field, struct bytes text);
void event_add_text(struct event_record *event, enum event_field field, const char *text);
void event_add_number(struct event_record *event, enum event_field field, int64_t number);
void event_add_opaque(struct event_record *event, enum event_field field, uint64_t number); // hex
// Sequence number, time and class at once, with the fields that follow from them. The hour and the
// day (0: Sunday) are the hospital's own: the caller knows its time zone.
void event_set_when(struct event_record *event, uint64_t seq, int64_t time_us);
void event_set_local(struct event_record *event, int hour, int weekday);
void event_set_class(struct event_record *event, const struct event_class *class);

// The first value of a field, or NULL; then event_next() until NULL.
const struct event_value *event_first(const struct event_record *event, enum event_field field);
const struct event_value *event_next(
	const struct event_record *event, const struct event_value *value);

// The table of fields as Markdown, for docs/rules.md.
void event_fields_markdown(struct buf *out);
