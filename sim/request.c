#include "request.h"

#include "common/base/time.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

// What an act asks for. In a path, %p is the patient's id, %n the name and birth date, %l letters.
static const struct ask {
	const char *method, *path;
	int status;
} asks[ASKS] = {
	[ASK_SIGN_IN] = {"POST", "/api/sign-in", 200},
	[ASK_SIGN_OUT] = {"POST", "/api/sign-out", 200},
	[ASK_WORKLIST] = {"GET", "/api/me/patients?_count=50", 200},
	[ASK_FIND] = {"GET", "/fhir/Patient?%n", 200},
	[ASK_BROWSE] = {"GET", "/fhir/Patient?name=%l&_count=50", 200},
	[ASK_PATIENT] = {"GET", "/fhir/Patient/%p", 200},
	[ASK_CONDITIONS] = {"GET", "/fhir/Condition?patient=%p&_count=50", 200},
	[ASK_MEDICATIONS] = {"GET", "/fhir/MedicationRequest?patient=%p&_count=50", 200},
	[ASK_RESULTS] = {"GET", "/fhir/Observation?patient=%p&_sort=-date&_count=20", 200},
	[ASK_VITALS] = {"GET",
		"/fhir/Observation?patient=%p&category=vital-signs&_sort=-date&_count=20", 200},
	[ASK_ENCOUNTERS] = {"GET", "/fhir/Encounter?patient=%p&_sort=-date&_count=20", 200},
	[ASK_ALLERGIES] = {"GET", "/fhir/AllergyIntolerance?patient=%p", 200},
	[ASK_REPORTS] = {"GET", "/fhir/DiagnosticReport?patient=%p&_sort=-date&_count=10", 200},
	[ASK_APPOINTMENTS] = {"GET", "/fhir/Appointment?patient=%p&_count=20", 200},
	[ASK_WRITE_VITALS] = {"POST", "/fhir/Observation", 201},
	[ASK_WRITE_NOTE] = {"POST", "/fhir/ClinicalImpression", 201},
	[ASK_BREAK_GLASS] = {"POST", "/api/break-glass", 200},
	[ASK_WHO_SAW] = {"GET", "/api/patients/%p/seen?_count=50", 200},
	[ASK_TRAIL] = {"GET", "/api/trail?_count=50", 200},
	[ASK_STATUS] = {"GET", "/api/status", 200},
	[ASK_ACCOUNTS] = {"GET", "/api/accounts?text=dr", 200},
};

static void add_escaped(struct buf *out, const char *text, size_t most_letters)
{
	for (size_t i = 0, letters = 0; text[i]; i++) {
		unsigned char c = (unsigned char)text[i];
		letters += (c & 0xc0) != 0x80; // not within a letter of several bytes
		if (letters > most_letters)
			break;
		int plain =
			(c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
		buf_printf(out, plain ? "%c" : "%%%02X", c);
	}
}

static void add_path(const struct town *town, const struct act *act, struct buf *out)
{
	const struct person *p = act->patient == NOBODY ? NULL : &town->people[act->patient];
	for (const char *c = asks[act->what].path; *c; c++) {
		if (*c != '%' || !p) {
			buf_add(out, c, 1);
			continue;
		}
		c++;
		if (*c == 'p')
			buf_add_text(out, p->id);
		if (*c == 'l')
			add_escaped(out, p->given, 3);
		if (*c == 'n') {
			buf_add_text(out, "family=");
			add_escaped(out, p->family, SIZE_MAX);
			buf_printf(out, "&birthdate=%04d-%02d-%02d", p->born_year, p->born_month,
				p->born_day);
		}
	}
}

static const char *instant(int64_t at_s, char ret[32])
{
	time_t at = (time_t)at_s;
	struct tm tm;
	gmtime_r(&at, &tm);
	strftime(ret, 32, "%Y-%m-%dT%H:%M:%SZ", &tm);
	return ret;
}

static const char *reason_of(const struct act *act)
{
	static const char *const honest[] = {"Called to this patient on the ward",
		"Asked for an opinion by the treating colleague", "On call: the ward asked for me",
		"Looking after this patient during this shift"};
	static const char *const thin[] = {"Needed for treatment", "Checking something",
		"Question from the patient", "Called to this patient on the ward"};
	return act->why >= WHY_MISUSE     ? thin[act->salt % 4]
	       : act->why == WHY_REFERRAL ? honest[1]
	       : act->why == WHY_ON_CALL  ? honest[2]
	       : act->why == WHY_COVER    ? honest[3]
					  : honest[0];
}

static void add_common(const struct town *town, const struct act *act, struct buf *out)
{
	char id[37], at[32];
	buf_printf(out, ",\"subject\":{\"reference\":\"Patient/%s\"},\"effectiveDateTime\":\"%s\"",
		town->people[act->patient].id, instant(act->at_s, at));
	if (act->visit == NO_VISIT)
		return;
	plan_id(town, act->patient, act->visit, THING_ENCOUNTER, id);
	buf_printf(out, ",\"encounter\":{\"reference\":\"Encounter/%s\"}", id);
}

static void add_vitals(const struct town *town, const struct act *act, struct buf *out)
{
	static const struct {
		const char *code, *name, *unit;
		unsigned low, wide;
	} vitals[] = {{"8867-4", "Heart rate", "/min", 58, 40},
		{"8480-6", "Systolic blood pressure", "mm[Hg]", 100, 50},
		{"2708-6", "Oxygen saturation", "%", 93, 7}};
	size_t v = act->salt % 3;
	buf_printf(out,
		"{\"resourceType\":\"Observation\",\"status\":\"final\",\"category\":[{\"coding\":[{\"system\":"
		"\"http://terminology.hl7.org/CodeSystem/observation-category\",\"code\":\"vital-signs\"}]}],"
		"\"code\":{\"coding\":[{\"system\":\"http://loinc.org\",\"code\":\"%s\",\"display\":\"%s\"}]}",
		vitals[v].code, vitals[v].name);
	add_common(town, act, out);
	buf_printf(out,
		",\"performer\":[{\"reference\":\"Practitioner/%s\"}],\"valueQuantity\":{\"value\":%u,"
		"\"unit\":\"%s\",\"system\":\"http://unitsofmeasure.org\",\"code\":\"%s\"}}",
		town->people[act->person].staff_id, vitals[v].low + act->salt / 3 % vitals[v].wide,
		vitals[v].unit, vitals[v].unit);
}

static void add_note(const struct town *town, const struct act *act, struct buf *out)
{
	static const char *const notes[] = {"Feels better; continue as before.",
		"Unchanged. Laboratory tomorrow.", "Pain less than yesterday, walks with help.",
		"Blood pressure still high: medicine increased, come back in two weeks."};
	char at[32];
	buf_add_text(out, "{\"resourceType\":\"ClinicalImpression\",\"status\":\"completed\"");
	add_common(town, act, out);
	buf_printf(out,
		",\"date\":\"%s\",\"assessor\":{\"reference\":\"Practitioner/%s\"},\"summary\":\"%s\"}",
		instant(act->at_s, at), town->people[act->person].staff_id, notes[act->salt % 4]);
}

void request_init(const struct town *town, const struct act *act, struct request *ret)
{
	const struct ask *ask = &asks[act->what];
	*ret = (struct request){.method = ask->method};
	add_path(town, act, &ret->path);
	if (act->what == ASK_WRITE_VITALS)
		add_vitals(town, act, &ret->body);
	else if (act->what == ASK_WRITE_NOTE)
		add_note(town, act, &ret->body);
	else if (act->what == ASK_BREAK_GLASS)
		buf_printf(&ret->body, "{\"patient\":\"%s\",\"reason\":\"%s\"}",
			town->people[act->patient].id, reason_of(act));
	else if (act->what == ASK_SIGN_OUT)
		buf_add_text(&ret->body, "{}");
}

void request_done(struct request *request)
{
	buf_done(&request->path);
	buf_done(&request->body);
}

int request_expects(const struct act *act, long status)
{
	return status == asks[act->what].status || (act->outside && status == 403);
}

void request_label(const struct town *town, const struct act *act, const struct outcome *outcome,
	struct buf *out)
{
	const struct person *p = &town->people[act->person];
	char at[32], sent[TIME_TEXT_BYTES];
	buf_printf(out,
		"{\"at\":\"%s\",\"login\":\"%s\",\"staff\":\"%s\",\"role\":\"%s\",\"patient\":\"%s\","
		"\"why\":\"%s\",\"misuse\":%s,\"method\":\"%s\",\"path\":\"",
		instant(act->at_s, at), p->login, p->staff_id, p->role,
		act->patient == NOBODY ? "" : town->people[act->patient].id, why_texts[act->why],
		act->why >= WHY_MISUSE ? "true" : "false", asks[act->what].method);
	add_path(town, act, out);
	buf_printf(out, act->outside ? "\",\"expect\":[%d,403]" : "\",\"expect\":[%d]",
		asks[act->what].status);
	if (act->by != act->person)
		buf_printf(out, ",\"by\":\"%s\"", town->people[act->by].login);
	if (outcome) {
		time_format(outcome->sent_us, sent);
		buf_printf(out, ",\"sent\":\"%s\",\"took_us\":%lld,\"status\":%ld", sent,
			(long long)outcome->took_us, outcome->status);
	}
	buf_add_text(out, "}\n");
}
