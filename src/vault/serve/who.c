#include "vault/serve/who.h"

#include "common/base/map.h"
#include "common/base/text.h"
#include "common/format/fhir_type.h"
#include "vault/identity/measures.h"
#include "vault/policy/policy.h"
#include "vault/records/records.h"
#include "vault/serve/honey.h"
#include "vault/serve/route.h"

#include <string.h>

static const struct principal local_principal = {
	.known = true,
	.account = "local",
	.name = "the command line",
	.login = "local",
	.role = "local",
	.person = "",
	.session = "",
	.second_factor = true,
};

void who_identify(struct vault *vault, struct exchange *x)
{
	x->who = (struct principal){
		.account = "", .name = "", .login = "", .role = "", .person = "", .session = ""};
	if (x->entrance == ENTRANCE_LOCAL) {
		x->who = local_principal;
		x->who.name = arena_printf(x->arena, "the command line (user %u)", x->local_uid);
		return;
	}
	if (x->ask.token_kind == DOOR_TOKEN_NONE)
		return;
	const struct session *session;
	enum session_kind kind =
		x->ask.token_kind == DOOR_TOKEN_COOKIE ? SESSION_COOKIE : SESSION_BEARER;
	if (session_find(vault->parts.identity, x->ask.token, kind, x->now_us, &session)) {
		honey_token(vault, x);
		return;
	}
	x->who = (struct principal){
		.known = true,
		.account = arena_text(x->arena, session->account),
		.name = arena_text(x->arena, session->name),
		.login = arena_text(x->arena, session->login),
		.role = arena_text(x->arena, session->role),
		.person = arena_text(x->arena, session->person),
		.session = arena_text(x->arena, session->handle),
		.second_factor = session->second_factor,
		.factor_us = session->factor_us,
		.locked = session->locked,
		.step_up = session->step_up,
	};
}

static void answer_contained(struct exchange *x)
{
	if (x->who.locked)
		answer_error(x, 403, "account-locked",
			"Your account is restricted because of something that was noticed. If you "
			"need a record now, break the glass; call the security officer for the rest.");
	else
		answer_error(
			x, 403, "second-factor-required", "Sign in again with your second factor.");
}

// What was tried, so that whoever reads the trail knows: a search of the trail with its words, or
// the work that the route is for.
static void note_refused_work(
	struct vault *vault, struct exchange *x, const char *verb, const char *rule)
{
	bool trail = text_starts(x->ask.path, "/api/trail") && strcmp(verb, "trail-search") == 0;
	const char *help = x->route->help;
	struct trail_entry note = note_begin(x,
		strcmp(verb, "trail-search") == 0      ? TRAIL_REVIEW
		: strcmp(verb, "accounts-manage") == 0 ? TRAIL_ACCOUNT
		: strcmp(verb, "sessions-manage") == 0 ? TRAIL_SIGN_IN
						       : TRAIL_SYSTEM,
		trail ? TRAIL_TRAIL_SEARCHED : TRAIL_WORK, TRAIL_DENIED);
	note.detail = arena_printf(x->arena, "%s: %.*s, %s %s", verb, (int)strcspn(help, "."), help,
		door_method_text(x->ask.method), x->ask.path);
	note.query = trail ? exchange_query(x) : "";
	note.rule = rule;
	note.status = 403;
	note_add(vault, x, &note);
}

bool who_may(struct vault *vault, struct exchange *x, const char *verb)
{
	enum policy_role role = policy_role_find(x->who.role);
	bool factor = x->who.second_factor || !policy_needs_factor(vault->parts.policy, role);
	bool contained = x->who.locked || x->who.step_up;
	if (factor && !contained && policy_may(vault->parts.policy, role, verb))
		return true;
	note_refused_work(vault, x, verb, contained ? "contained" : "deny by default");
	vault->denials++;
	if (contained)
		answer_contained(x);
	else if (factor)
		answer_error(x, 403, "denied", "Your role (%s) may not do this.", x->who.role);
	else
		answer_error(x, 403, "second-factor-required", "Sign in with your second factor.");
	return false;
}

bool who_reads_all(struct vault *vault, const struct exchange *x, int type)
{
	const struct policy_ask ask = {.role = policy_role_find(x->who.role),
		.action = POLICY_READ,
		.type = type,
		.of_patient = true,
		.second_factor = x->who.second_factor};
	struct policy_decision decision;
	policy_decide(vault->parts.policy, &ask, &decision);
	return decision.allowed && !x->who.locked && !x->who.step_up &&
	       !measures_any(vault->parts.identity, MEASURE_RECORD);
}

static enum policy_action policy_of(enum trail_action action)
{
	switch (action) {
	case TRAIL_SEARCH:
		return POLICY_SEARCH;
	case TRAIL_CREATE:
	case TRAIL_IMPORT:
		return POLICY_CREATE;
	case TRAIL_UPDATE:
	case TRAIL_PATCH:
		return POLICY_UPDATE;
	case TRAIL_DELETE:
		return POLICY_DELETE;
	case TRAIL_EXPORT:
		return POLICY_EXPORT;
	case TRAIL_WHO_SAW:
		return POLICY_WHO_SAW;
	case TRAIL_BREAK_GLASS:
		return POLICY_BREAK_GLASS;
	default:
		return POLICY_READ;
	}
}

static bool is_patient_themself(const struct exchange *x, const char *patient)
{
	return text_is_id(patient) && text_starts(x->who.person, "Patient/") &&
	       strcmp(x->who.person + strlen("Patient/"), patient) == 0;
}

enum err who_cares(
	struct vault *vault, struct exchange *x, const char *patient, struct care *ret_care)
{
	struct care care = {.evidence = ""};
	if (!text_starts(x->who.person, "Practitioner/")) {
		*ret_care = care;
		return OK;
	}
	if (!x->cares)
		x->cares = map_new();
	const struct care *known = map_find(x->cares, bytes_text(patient));
	enum err err = OK;
	if (!known) {
		err = records_care(vault->parts.records, x->who.person, patient, x->arena, &care);
		known = arena_copy(x->arena, &care, sizeof care);
		if (!err)
			map_set(x->cares, bytes_text(patient), (void *)known);
	}
	if (!err)
		*ret_care = *known;
	return err;
}

// Relationship, broken glass and being the patient: what the policy asks about.
static enum err gather(struct vault *vault, struct exchange *x, const char *patient,
	struct policy_ask *ask, struct verdict *verdict)
{
	struct care care = {.evidence = ""};
	ask->of_patient = true;
	ask->own = is_patient_themself(x, patient);
	if (ask->own) {
		verdict->relationship = "self";
		verdict->purpose = "PATRQT";
		return OK;
	}
	enum err err = who_cares(vault, x, patient, &care);
	if (err)
		return err;
	ask->relationship = care.kind != CARE_NONE;
	verdict->relationship = care_kind_text(care.kind);
	verdict->evidence = care.evidence;
	const struct broken_glass *glass =
		glass_find(vault->parts.identity, x->who.session, patient, x->now_us);
	ask->broken_glass = glass != NULL;
	verdict->glass = glass;
	if (glass && !ask->relationship) {
		verdict->purpose = "BTG";
		verdict->reason = arena_text(x->arena, glass->reason);
	}
	return OK;
}

static bool may_break_glass(struct vault *vault, const struct exchange *x)
{
	const struct policy_ask ask = {.role = policy_role_find(x->who.role),
		.action = POLICY_BREAK_GLASS,
		.type = fhir_type_find("Patient"),
		.second_factor = true};
	struct policy_decision decision;
	policy_decide(vault->parts.policy, &ask, &decision);
	return decision.allowed;
}

// Does a measure narrow this to broken glass? Finding a patient and breaking the glass stay, and
// whatever belongs to no patient. A locked record stays the patient's own, and takes in what is
// written to it anew: results do not wait for a case.
static bool contained(struct vault *vault, const struct exchange *x, const struct access *access,
	const struct policy_ask *ask)
{
	if (ask->action == POLICY_BREAK_GLASS || ask->own)
		return false;
	if (x->who.locked || x->who.step_up)
		return ask->of_patient;
	return access->patient && ask->action != POLICY_CREATE && ask->action != POLICY_WHO_SAW &&
	       measure_on(vault->parts.identity, MEASURE_RECORD, access->patient, x->now_us);
}

// Only broken glass is left of what was allowed.
static void narrow(struct vault *vault, struct exchange *x, struct policy_ask *ask,
	struct verdict *verdict, struct policy_decision *decision)
{
	const struct broken_glass *glass = verdict->glass;
	if (glass && !vault->parts.skip_glass) {
		ask->relationship = false;
		verdict->purpose = "BTG";
		verdict->reason = arena_text(x->arena, glass->reason);
		policy_decide(vault->parts.policy, ask, decision);
		return;
	}
	*decision = (struct policy_decision){.rule = "contained",
		.why = "It is contained: only broken glass opens it.",
		.break_glass_would_help = may_break_glass(vault, x)};
}

static enum err decide_one(struct vault *vault, struct exchange *x, const struct access *access,
	struct verdict *ret_verdict)
{
	struct policy_ask ask = {
		.role = policy_role_find(x->who.role),
		.action = policy_of(access->action),
		.type = access->type,
		.second_factor = x->who.second_factor,
		.risk = vault->parts.risk ? vault->parts.risk(vault->parts.context, x->who.account)
					  : 0,
		.factor_age_s = (x->now_us - x->who.factor_us) / 1000000,
		.one_person = access->one_person,
	};
	struct verdict verdict = {
		.relationship = "none", .evidence = "", .purpose = "TREAT", .reason = ""};
	if (ask.role == ROLE_LOCAL || ask.role == ROLE_ADMINISTRATOR)
		verdict.purpose = "HSYSADMIN";
	else if (ask.role == ROLE_FRONT_DESK || ask.role == ROLE_PRIVACY_OFFICER)
		verdict.purpose = "HOPERAT";
	if (access->patient) {
		enum err err = gather(vault, x, access->patient, &ask, &verdict);
		if (err)
			return err;
	}
	struct policy_decision decision;
	policy_decide(vault->parts.policy, &ask, &decision);
	if (decision.allowed && contained(vault, x, access, &ask))
		narrow(vault, x, &ask, &verdict, &decision);
	verdict.allowed = decision.allowed;
	verdict.break_glass_would_help = decision.break_glass_would_help;
	verdict.second_factor_would_help = decision.second_factor_would_help;
	verdict.fresh_factor_would_help = decision.fresh_factor_would_help;
	verdict.risk_refused = decision.risk_refused;
	verdict.rule = decision.rule;
	verdict.why = decision.why;
	*ret_verdict = verdict;
	return OK;
}

enum err access_decide(struct vault *vault, struct exchange *x, const struct access *access,
	struct verdict *ret_verdict)
{
	if (access->patient || !access->patient_count)
		return decide_one(vault, x, access, ret_verdict);
	enum policy_action action = policy_of(access->action);
	bool one_is_enough = action == POLICY_READ || action == POLICY_SEARCH;
	struct verdict verdict = {0};
	for (size_t i = 0; i < access->patient_count; i++) {
		struct access one = *access;
		one.patient = access->patients[i];
		enum err err = decide_one(vault, x, &one, &verdict);
		if (err)
			return err;
		if (verdict.allowed == one_is_enough)
			break;
	}
	*ret_verdict = verdict;
	return OK;
}

static void answer_denied(struct exchange *x, const struct verdict *verdict)
{
	if (verdict->rule && strcmp(verdict->rule, "contained") == 0 && x->who.step_up)
		answer_error(x, 403, "fresh-factor-required",
			"Give a new code of your second factor; breaking the glass opens it at once.");
	else if (verdict->rule && strcmp(verdict->rule, "contained") == 0)
		answer_error(x, 403,
			verdict->break_glass_would_help ? "break-glass-possible" : "denied",
			"This is closed for a while because of something that was noticed.%s",
			verdict->break_glass_would_help
				? " If you need the record now, break the glass: it will be reviewed."
				: " Call the security officer.");
	else if (verdict->fresh_factor_would_help)
		answer_error(x, 403, "fresh-factor-required",
			"Give a new code of your second factor. %s", verdict->why);
	else if (verdict->risk_refused)
		answer_error(x, 403, "denied",
			"%s Ask for one person, by number or by name and birth date.",
			verdict->why);
	else if (verdict->break_glass_would_help)
		answer_error(x, 403, "break-glass-possible",
			"You are not known to be treating this patient. If you need the record now, "
			"break the glass: it will be reviewed.");
	else if (verdict->second_factor_would_help)
		answer_error(x, 403, "second-factor-required", "Sign in with your second factor.");
	else
		answer_error(x, 403, "denied", "Your role (%s) may not do this.", x->who.role);
}

bool access_check(struct vault *vault, struct exchange *x, const struct access *access,
	struct verdict *ret_verdict)
{
	struct verdict verdict;
	enum err err = access_decide(vault, x, access, &verdict);
	if (err) {
		answer_error(x, 503, "unavailable", "The decision cannot be made now: %s.",
			err_text(err));
		return false;
	}
	if (!verdict.allowed) {
		struct trail_entry note = note_access(x, access, &verdict, TRAIL_DENIED);
		note.status = 403;
		note_add(vault, x, &note);
		vault->denials++;
		answer_denied(x, &verdict);
		return false;
	}
	*ret_verdict = verdict;
	return true;
}
