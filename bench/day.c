#include "day.h"

#include "common/format/trail.h"

#include <stdio.h>
#include <string.h>

static uint64_t draw(uint64_t *state)
{
	*state = *state * 6364136223846793005u + 1442695040888963407u;
	return *state >> 33;
}

static void texts(struct feed_event *e, uint64_t chance)
{
	static const char *const types[] = {
		"Patient", "Observation", "Encounter", "MedicationRequest", "DiagnosticReport"};
	bool sign_in = e->kind == TRAIL_SIGN_IN;
	strcpy(e->role, e->actor % 3 ? "nurse" : "clinician");
	strcpy(e->purpose, sign_in ? "" : "TREAT");
	strcpy(e->resource_type, sign_in ? "" : types[chance % 5]);
	strcpy(e->relationship, sign_in ? "" : e->related ? "encounter" : "none");
	strcpy(e->rule, sign_in ? "" : "treating");
	snprintf(e->address, sizeof e->address, "10.40.%u.%u", (unsigned)(e->actor / 250),
		(unsigned)(e->actor % 250));
	snprintf(e->application, sizeof e->application, "Mozilla/5.0 (X11; Linux x86_64) Ward/%u.0",
		(unsigned)(e->actor % 20));
}

void day_make(struct feed_event *events, size_t count, int64_t begin_us)
{
	static const uint8_t actions[] = {TRAIL_READ, TRAIL_READ, TRAIL_READ, TRAIL_READ,
		TRAIL_READ, TRAIL_READ, TRAIL_SEARCH, TRAIL_SEARCH, TRAIL_UPDATE, TRAIL_CREATE};
	uint64_t state = 7;
	for (size_t i = 0; i < count; i++) {
		bool sign_in = draw(&state) % 50 == 0;
		struct feed_event *e = &events[i];
		*e = (struct feed_event){.seq = i + 1,
			.time_us = begin_us + (int64_t)i * DAY_EVERY_US,
			.kind = sign_in ? TRAIL_SIGN_IN : TRAIL_ACCESS,
			.action = sign_in ? TRAIL_SIGNED_IN : actions[draw(&state) % 10],
			.outcome = draw(&state) % 100 ? TRAIL_ALLOWED : TRAIL_DENIED,
			.related = draw(&state) % 10 != 0,
			.actor = 1 + draw(&state) % DAY_STAFF};
		e->session = e->actor + 0x10000;
		if (!sign_in) {
			uint64_t own = e->actor * 17 + draw(&state) % DAY_OWN;
			e->patient = 1 + (e->related ? own : draw(&state)) % DAY_PATIENTS;
			e->patients[0] = e->patient;
			e->patients_here = 1;
			e->patient_count = 1;
		}
		texts(e, draw(&state));
	}
}
