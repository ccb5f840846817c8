#include "common/format/trail.h"

#include "common/base/text.h"

#include <assert.h>
#include <string.h>

enum {
	TRAIL_VERSION = 2,
	TRAIL_VERSION_1_TEXTS = 16
};

struct action_row {
	const char *text;
	const char *done;  // "Dr X ..."
	const char *tried; // "... tried to ..."
};

static const struct action_row actions[TRAIL_ACTIONS] = {
	[TRAIL_READ] = {"read", "read", "read"},
	[TRAIL_VREAD] = {"vread", "read an earlier version of", "read an earlier version of"},
	[TRAIL_HISTORY] = {"history", "read the history of", "read the history of"},
	[TRAIL_SEARCH] = {"search", "searched", "search"},
	[TRAIL_CREATE] = {"create", "added", "add"},
	[TRAIL_UPDATE] = {"update", "changed", "change"},
	[TRAIL_PATCH] = {"patch", "changed a part of", "change a part of"},
	[TRAIL_DELETE] = {"delete", "deleted", "delete"},
	[TRAIL_TRANSACTION] = {"transaction", "stored a bundle with", "store a bundle with"},
	[TRAIL_BATCH] = {"batch", "sent a batch with", "send a batch with"},
	[TRAIL_IMPORT] = {"import", "imported", "import"},
	[TRAIL_EXPORT] = {"export", "exported", "export"},
	[TRAIL_BREAK_GLASS] = {"break-glass", "broke the glass for", "break the glass for"},
	[TRAIL_SIGNED_IN] = {"sign-in", "signed in", "sign in"},
	[TRAIL_SIGNED_OUT] = {"sign-out", "signed out", "sign out"},
	[TRAIL_SECOND_FACTOR] = {"second-factor", "gave the second factor",
		"give the second factor"},
	[TRAIL_ENROLLED] = {"enrol", "enrolled a second factor", "enrol a second factor"},
	[TRAIL_PASSWORD_CHANGED] = {"password", "changed the password", "change the password"},
	[TRAIL_SESSION_REVOKED] = {"session-revoke", "ended a session", "end a session"},
	[TRAIL_ACCOUNT_CREATED] = {"account-create", "made an account", "make an account"},
	[TRAIL_ACCOUNT_CHANGED] = {"account-change", "changed an account", "change an account"},
	[TRAIL_TOKEN_CREATED] = {"token-create", "made an application token",
		"make an application token"},
	[TRAIL_TRAIL_SEARCHED] = {"trail-search", "searched the trail", "search the trail"},
	[TRAIL_WHO_SAW] = {"who-saw", "asked who has seen", "ask who has seen"},
	[TRAIL_STARTED] = {"start", "started", "start"},
	[TRAIL_STOPPED] = {"stop", "stopped", "stop"},
	[TRAIL_RECOVERED] = {"recover", "recovered after an interruption", "recover"},
	[TRAIL_RESTORED] = {"restore", "was restored", "be restored"},
	[TRAIL_KEYS_ROTATED] = {"key-rotate", "rotated the keys", "rotate the keys"},
	[TRAIL_SHREDDED] = {"shred", "destroyed the key of", "destroy the key of"},
	[TRAIL_ERRAND_TESTED] = {"errand-test", "sent a test errand", "send a test errand"},
	[TRAIL_BLOCKED] = {"block", "ordered the block of an address", "block an address"},
	[TRAIL_UNBLOCKED] = {"unblock", "ended a block", "end a block"},
	[TRAIL_QUARANTINED] = {"quarantine", "ordered the quarantine of a host",
		"quarantine a host"},
	[TRAIL_RELEASED] = {"release", "released a host from quarantine",
		"release a host from quarantine"},
	[TRAIL_ZONES] = {"zones", "changed the zones of the network",
		"change the zones of the network"},
	[TRAIL_EXPLAINED] = {"explained", "looked for an explanation of an access",
		"explain an access"},
	[TRAIL_TOKEN_USED] = {"token-use", "used a token", "use a token that opens nothing"},
	[TRAIL_LURES] = {"lures", "looked after the lures", "look after the lures"},
	[TRAIL_EXCEPTION] = {"exception", "changed the exceptions of a detection rule",
		"change the exceptions of a detection rule"},
	[TRAIL_FOUND] = {"found", "found something unusual", "find something"},
	[TRAIL_INCIDENT_OPENED] = {"incident-open", "opened an incident", "open an incident"},
	[TRAIL_INCIDENT_CHANGED] = {"incident-change", "worked on an incident",
		"work on an incident"},
	[TRAIL_INCIDENT_CLOSED] = {"incident-close", "closed an incident", "close an incident"},
	[TRAIL_ACTED] = {"act", "contained a case", "contain a case"},
	[TRAIL_ACT_ENDED] = {"act-end", "ended what contained a case", "end what contained a case"},
	[TRAIL_APPROVED] = {"approve", "approved a step of a playbook",
		"approve a step of a playbook"},
	[TRAIL_DECLINED] = {"decline", "declined a step of a playbook",
		"decline a step of a playbook"},
	[TRAIL_QUEUE_REVIEWED] = {"queue-review", "decided about somebody in the queue",
		"decide about somebody in the queue"},
	[TRAIL_FORGED] = {"forged-order", "had guard do what the vault did not order",
		"have guard do what the vault did not order"},
	[TRAIL_CONTINUED] = {"continued", "also named", "name"},
	[TRAIL_WORK] = {"work", "did other work", "do what another role does"},
};

static const char *const kinds[TRAIL_KINDS] = {
	[TRAIL_ACCESS] = "access",
	[TRAIL_SIGN_IN] = "sign-in",
	[TRAIL_ACCOUNT] = "account",
	[TRAIL_REVIEW] = "review",
	[TRAIL_SYSTEM] = "system",
};

static const char *const outcomes[TRAIL_OUTCOMES] = {
	[TRAIL_ALLOWED] = "allowed",
	[TRAIL_DENIED] = "denied",
	[TRAIL_FAILED] = "failed",
	[TRAIL_INTENDED] = "intended",
	[TRAIL_ABORTED] = "aborted",
};

#define TEXT(field) offsetof(struct trail_entry, field)
static const size_t trail_texts[] = {TEXT(actor), TEXT(actor_name), TEXT(role), TEXT(session),
	TEXT(address), TEXT(application), TEXT(resource), TEXT(relationship), TEXT(evidence),
	TEXT(purpose), TEXT(reason), TEXT(query), TEXT(rule), TEXT(detail), TEXT(trace),
	TEXT(content), TEXT(target), TEXT(flags)};
#undef TEXT
enum {
	TEXTS = sizeof trail_texts / sizeof *trail_texts,
	NUMBERS_BYTES = 36
};
static_assert(NUMBERS_BYTES + TEXTS * (2 + TRAIL_TEXT_BYTES) + 2 +
			      TRAIL_PATIENTS * (1 + TRAIL_ID_BYTES) <=
		      TRAIL_ENTRY_BYTES,
	"every entry fits, whatever its texts");

static struct bytes cut(const char *text)
{
	struct bytes span = bytes_text(text);
	if (span.size <= TRAIL_TEXT_BYTES)
		return span;
	span.size = TRAIL_TEXT_BYTES;
	while (span.size && (span.at[span.size] & 0xc0) == 0x80)
		span.size--;
	return span;
}

void trail_encode(const struct trail_entry *entry, struct buf *out)
{
	put_u8(out, TRAIL_VERSION);
	put_u64(out, (uint64_t)entry->time_us);
	put_u8(out, (uint8_t)entry->kind);
	put_u8(out, (uint8_t)entry->action);
	put_u8(out, (uint8_t)entry->outcome);
	put_u16(out, entry->status);
	put_u64(out, entry->refers_to);
	put_u64(out, entry->version);
	put_u32(out, entry->patient_count);
	for (size_t i = 0; i < TEXTS; i++) {
		struct bytes text =
			cut(*(const char *const *)((const char *)entry + trail_texts[i]));
		put_u16(out, (uint16_t)text.size);
		buf_add_bytes(out, text);
	}
	uint32_t count =
		entry->patients_here < TRAIL_PATIENTS ? entry->patients_here : TRAIL_PATIENTS;
	put_u16(out, (uint16_t)count);
	for (uint32_t i = 0; i < count; i++) {
		struct bytes id = bytes_text(entry->patients[i]);
		if (id.size > TRAIL_ID_BYTES)
			id.size = TRAIL_ID_BYTES;
		put_span_u8(out, id);
	}
}

static const char *span_text(struct cursor *in, struct arena *arena, struct bytes span)
{
	if (in->err || !span.size)
		return "";
	if (!text_is_utf8(span)) {
		cursor_fail(in, ERR_SYNTAX);
		return "";
	}
	return arena_text_n(arena, (const char *)span.at, span.size);
}

static void get_patients(struct cursor *in, struct arena *arena, struct trail_entry *entry)
{
	entry->patients_here = get_u16(in);
	if (entry->patients_here > TRAIL_PATIENTS)
		cursor_fail(in, ERR_LIMIT);
	if (in->err)
		return;
	const char **patients = arena_alloc(arena, entry->patients_here * sizeof *patients);
	for (uint32_t i = 0; i < entry->patients_here; i++) {
		struct bytes id = get_span_u8(in);
		if (id.size > TRAIL_ID_BYTES)
			cursor_fail(in, ERR_LIMIT);
		patients[i] = span_text(in, arena, id);
	}
	entry->patients = patients;
}

static bool known(const struct trail_entry *entry)
{
	return entry->kind >= 1 && entry->kind < TRAIL_KINDS && entry->action >= 1 &&
	       entry->action < TRAIL_ACTIONS && entry->outcome >= 1 &&
	       entry->outcome < TRAIL_OUTCOMES;
}

enum err trail_parse(struct bytes encoded, struct arena *arena, struct trail_entry *ret_entry)
{
	struct cursor in = cursor_of(encoded);
	if (encoded.size > TRAIL_ENTRY_BYTES)
		return ERR_LIMIT;
	uint8_t version = get_u8(&in);
	if (!in.err && version != 1 && version != TRAIL_VERSION)
		return ERR_UNSUPPORTED;
	struct trail_entry entry = {.time_us = (int64_t)get_u64(&in)};
	entry.kind = (enum trail_kind)get_u8(&in);
	entry.action = (enum trail_action)get_u8(&in);
	entry.outcome = (enum trail_outcome)get_u8(&in);
	entry.status = get_u16(&in);
	entry.refers_to = get_u64(&in);
	entry.version = get_u64(&in);
	entry.patient_count = get_u32(&in);
	entry.target = entry.flags = "";
	size_t texts = version == 1 ? TRAIL_VERSION_1_TEXTS : TEXTS;
	for (size_t i = 0; i < texts; i++) {
		uint16_t size = get_u16(&in);
		if (size > TRAIL_TEXT_BYTES)
			cursor_fail(&in, ERR_LIMIT);
		*(const char **)((char *)&entry + trail_texts[i]) =
			span_text(&in, arena, get_raw(&in, size));
	}
	get_patients(&in, arena, &entry);
	enum err err = cursor_end(&in);
	if (!err && !known(&entry))
		err = ERR_SYNTAX;
	if (!err)
		*ret_entry = entry;
	return err;
}

const char *trail_kind_text(enum trail_kind kind)
{
	return kind >= 1 && kind < TRAIL_KINDS ? kinds[kind] : "?";
}

const char *trail_action_text(enum trail_action action)
{
	return action >= 1 && action < TRAIL_ACTIONS ? actions[action].text : "?";
}

const char *trail_outcome_text(enum trail_outcome outcome)
{
	return outcome >= 1 && outcome < TRAIL_OUTCOMES ? outcomes[outcome] : "?";
}

enum trail_action trail_action_find(const char *text)
{
	for (int i = 1; i < TRAIL_ACTIONS; i++)
		if (strcmp(actions[i].text, text) == 0)
			return (enum trail_action)i;
	return 0;
}

enum trail_outcome trail_outcome_find(const char *text)
{
	for (int i = 1; i < TRAIL_OUTCOMES; i++)
		if (strcmp(outcomes[i], text) == 0)
			return (enum trail_outcome)i;
	return 0;
}

// How people call what a resource type holds, one and many; the rest keep their FHIR name.
static const char *thing(const struct trail_entry *e, struct arena *arena)
{
	static const struct {
		const char *type, *one, *many;
	} names[] = {{"Patient", "the personal details", "the personal details"},
		{"Observation", "a result or measurement", "results and measurements"},
		{"Condition", "a problem", "the problems"},
		{"MedicationRequest", "a prescription", "prescriptions"},
		{"Encounter", "a visit", "visits"}, {"DiagnosticReport", "a report", "reports"},
		{"DocumentReference", "a document", "documents"},
		{"AllergyIntolerance", "an allergy", "allergies"},
		{"Immunization", "an immunisation", "immunisations"},
		{"Procedure", "a procedure", "procedures"},
		{"CarePlan", "a care plan", "care plans"},
		{"CareTeam", "a care team", "care teams"},
		{"Appointment", "an appointment", "appointments"},
		{"ServiceRequest", "an order", "orders"}};
	size_t length = strcspn(e->resource, "/");
	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		if (strlen(names[i].type) == length &&
			strncmp(names[i].type, e->resource, length) == 0)
			return e->action == TRAIL_SEARCH ? names[i].many : names[i].one;
	return length ? arena_printf(arena, "%.*s", (int)length, e->resource) : "something";
}

static const char *of_whom(const struct trail_entry *e, const char *patient, struct arena *arena)
{
	if (patient && e->patient_count <= 1)
		return arena_printf(arena, " of %s", patient);
	if (patient)
		return arena_printf(arena, " of %s and %u other patient%s", patient,
			e->patient_count - 1, e->patient_count == 2 ? "" : "s");
	if (e->patient_count > 1)
		return arena_printf(arena, " of %u patients", e->patient_count);
	return "";
}

static const char *known_as(const struct trail_entry *e, struct arena *arena)
{
	static const struct {
		const char *kind, *words;
	} kinds_of_care[] = {{"encounter", "who is in their care"},
		{"careteam", "whose care team they belong to"},
		{"appointment", "who has an appointment with them"},
		{"general-practitioner", "whose general practitioner they are"},
		{"self", "their own record"}};
	if (strcmp(e->relationship, "all") == 0)
		return e->patient_count > 1 ? ", all of them in their care"
					    : ", who is in their care";
	if (strcmp(e->relationship, "some") == 0)
		return arena_printf(arena, ", %.*s of them in their care",
			(int)strcspn(e->evidence, " "), e->evidence);
	for (size_t i = 0; i < sizeof kinds_of_care / sizeof *kinds_of_care; i++)
		if (strcmp(kinds_of_care[i].kind, e->relationship) == 0)
			return *e->evidence ? arena_printf(arena, ", %s (%s)",
						      kinds_of_care[i].words, e->evidence)
					    : arena_printf(arena, ", %s", kinds_of_care[i].words);
	return NULL;
}

// Whose work is not care: nobody expects a care relationship of them, so its absence says nothing.
static const struct {
	const char *role, *words;
} not_treating[] = {
	{"front-desk", ", as the front desk does for registration, appointments and bills"},
	{"privacy-officer", ", as the one who answers for who reads records"},
	{"security-officer", ", in a role that takes no part in care"},
	{"administrator", ", in a role that takes no part in care"},
	{"application", ", as a program: whom it asked for is not known here"},
	{"patient", ", as a patient who is not known to be this one"},
	{"local", ", from the server itself"},
	{"watch", ", which watches the trail"},
};

static const char *without_care(const char *role)
{
	for (size_t i = 0; i < sizeof not_treating / sizeof *not_treating; i++)
		if (strcmp(not_treating[i].role, role) == 0)
			return not_treating[i].words;
	return NULL;
}

bool trail_asks_for(const char *query, const char *parameter)
{
	size_t size = strlen(parameter);
	for (const char *at = query; at && *at; at = strchr(at, '&'), at = at ? at + 1 : NULL)
		if (strncmp(at, parameter, size) == 0 && at[size] == '=')
			return true;
	return false;
}

bool trail_care_expected(const char *role)
{
	return !without_care(role);
}

// An entry about several that does not say of how many the care is known accuses nobody.
static const char *because(const struct trail_entry *e, struct arena *arena)
{
	if (strcmp(e->purpose, "BTG") == 0 && e->action != TRAIL_BREAK_GLASS)
		return ", having broken the glass";
	const char *care = known_as(e, arena);
	if (care)
		return care;
	bool looked_up = strcmp(e->relationship, "none") == 0 &&
			 (e->patient_count == 1 || (e->patient_count && *e->evidence));
	const char *other = without_care(e->role);
	return !looked_up || e->kind != TRAIL_ACCESS || e->outcome != TRAIL_ALLOWED ? ""
	       : other                                                              ? other
		       : ", without a known care relationship";
}

struct trail_entry trail_about(
	const struct trail_entry *entry, const struct trail_entry *first, const char *patient)
{
	struct trail_entry told = *entry;
	bool only = entry->patient_count == 1, review = entry->kind == TRAIL_REVIEW;
	bool asked = entry->action == TRAIL_WHO_SAW && entry->patients_here &&
		     strcmp(entry->patients[0], patient) == 0;
	bool other = text_starts(entry->resource, "Patient/") &&
		     strcmp(entry->resource + strlen("Patient/"), patient) != 0;
	if (first)
		told.action = first->action;
	if (review) // the others are those whose names it joined in
		told.patient_count = 1;
	if (review && !asked)
		told.action = TRAIL_CONTINUED;
	if ((review && !asked) || other)
		told.resource = "";
	if (review ? !asked : !only) {
		told.purpose = told.reason = told.rule = told.evidence = "";
		if (strcmp(told.relationship, "all") != 0)
			told.relationship = "";
	}
	told.flags = ""; // what reviewers are told, and nobody else
	return told;
}

static const char *about_what(const struct trail_entry *e, const char *patient, struct arena *arena)
{
	bool record = e->action == TRAIL_BREAK_GLASS || e->action == TRAIL_WHO_SAW;
	if (e->kind == TRAIL_REVIEW && e->action == TRAIL_CONTINUED)
		return arena_printf(
			arena, " the trail, where %s was named", patient ? patient : "a patient");
	bool order = e->action >= TRAIL_BLOCKED && e->action <= TRAIL_WORK;
	if (order || e->action == TRAIL_EXPLAINED || e->action == TRAIL_LURES ||
		e->action == TRAIL_EXCEPTION ||
		(e->action >= TRAIL_FOUND && e->action <= TRAIL_INCIDENT_CLOSED) ||
		(e->action >= TRAIL_ACTED && e->action <= TRAIL_FORGED))
		return *e->detail ? arena_printf(arena, " (%s)", e->detail) : "";
	if (e->kind != TRAIL_ACCESS && e->action != TRAIL_WHO_SAW)
		return "";
	if (record)
		return patient ? arena_printf(arena, " %s", patient) : " a record";
	if (!*e->resource && !e->patient_count)
		return e->action == TRAIL_TRANSACTION || e->action == TRAIL_BATCH
			       ? " several entries"
			       : " something";
	return arena_printf(arena, " %s%s", thing(e, arena), of_whom(e, patient, arena));
}

static const char *how_it_ended(const struct trail_entry *e, struct arena *arena)
{
	return e->outcome == TRAIL_DENIED    ? "; it was refused"
	       : e->outcome == TRAIL_FAILED  ? "; nothing came of it"
	       : e->outcome == TRAIL_ABORTED ? "; this was interrupted and did not happen"
	       : e->action == TRAIL_BREAK_GLASS
		       ? arena_printf(arena, ", giving as reason: %s", e->reason)
		       : because(e, arena);
}

char *trail_sentence(const struct trail_entry *e, const char *patient, struct arena *arena)
{
	const struct action_row *row = &actions[e->action];
	const char *who = *e->actor_name ? e->actor_name
			  : *e->actor    ? e->actor
					 : "Somebody unknown";
	const char *role = *e->role ? arena_printf(arena, " (%s)", e->role) : "";
	bool tried = e->outcome == TRAIL_DENIED || e->outcome == TRAIL_FAILED;
	bool named = e->kind == TRAIL_REVIEW && e->action == TRAIL_CONTINUED;
	return arena_printf(arena, "%s%s %s%s%s%s.", who, role, tried ? "tried to " : "",
		named   ? tried ? "look at" : "looked at"
		: tried ? row->tried
			: row->done,
		about_what(e, patient, arena), how_it_ended(e, arena));
}
