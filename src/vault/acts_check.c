// Whom an act concerns, and everything that forbids it.
#include "vault/acts_in.h"

#include "common/base/time.h"
#include "common/format/fhir_type.h"
#include "common/format/json.h"
#include "vault/ledger/ledger.h"
#include "vault/policy/policy.h"
#include "vault/serve/opaque.h"
#include "vault/spared.h"

#include <stdio.h>
#include <string.h>

static const char *text_of(struct act *act, const json_t *json, const char *key, size_t most)
{
	const char *text = json_get_text(json, key);
	return text && strlen(text) <= most && text_is_clean(bytes_text(text))
		       ? arena_text(act->arena, text)
		       : "";
}

static uint64_t number_of(const json_t *json, const char *key)
{
	json_int_t number = json_integer_value(json_object_get(json, key));
	return number > 0 ? (uint64_t)number : 0;
}

bool acts_read(struct act *act, const json_t *json, const char **ret_problem)
{
	uint64_t seconds = number_of(json, "seconds");
	act->key = text_of(act, json, "key", MEASURE_KEY_BYTES - 1);
	act->kind = act_find(text_of(act, json, "action", ACT_NAME_BYTES));
	act->actor = text_of(act, json, "actor", 16);
	act->patient = text_of(act, json, "patient", 16);
	act->address = text_of(act, json, "address", PREFIX_TEXT_BYTES);
	act->case_id = text_of(act, json, "case", WARD_CASE_BYTES);
	act->playbook = text_of(act, json, "playbook", 80);
	act->reason = text_of(act, json, "reason", WARD_REASON_BYTES);
	act->seq = number_of(json, "seq");
	act->approved = number_of(json, "approved");
	act->undo = json_is_true(json_object_get(json, "undo"));
	act->subject = act->whom = "";
	if (!*act->key)
		*ret_problem = "an act has a key";
	else if (!act->kind || act->kind->doer == ACT_BY_WATCH)
		*ret_problem = "that is nothing the vault does";
	else if (seconds > act->kind->most || (act->kind->most && !seconds && !act->undo))
		*ret_problem = "every act ends in its time";
	else
		*ret_problem = NULL;
	act->seconds = (uint32_t)seconds;
	return !*ret_problem;
}

bool act_is_guards(const char *action)
{
	const struct act_kind *kind = act_find(action);
	return kind && kind->doer == ACT_BY_GUARD;
}

// ---- Whom it concerns, as the entry on the trail says.

static const char *find_account(struct acts *acts, struct act *act, const struct trail_entry *e)
{
	struct account account;
	if (!opaque_is(acts->parts->opaque, e->actor, act->actor))
		return "the entry does not name this account";
	if (identity_account_find(acts->parts->identity, e->actor, act->arena, &account))
		return "there is no such account";
	if (strcmp(account.role, "application") == 0)
		return "an application has no second factor: its token can be revoked";
	act->subject = account.id;
	act->whom = account.login;
	return NULL;
}

static const char *find_patient(struct acts *acts, struct act *act, const struct trail_entry *e)
{
	for (uint32_t i = 0; i < e->patients_here; i++)
		if (opaque_is(acts->parts->opaque, e->patients[i], act->patient)) {
			act->subject = act->whom = e->patients[i];
			return NULL;
		}
	return "the entry does not name this patient";
}

static const char *find_token(struct acts *acts, struct act *act, const struct trail_entry *e)
{
	struct session *sessions;
	size_t count = 0;
	if (!opaque_is(acts->parts->opaque, e->actor, act->actor) || !*e->session)
		return "the entry names no session";
	if (session_list(acts->parts->identity, e->actor, act->arena, &sessions, &count))
		return "the sessions cannot be looked at";
	for (size_t i = 0; i < count; i++)
		if (strcmp(sessions[i].handle, e->session) == 0) {
			if (strcmp(sessions[i].role, "application") != 0)
				return "this is no application's token but a person's session";
			act->subject = arena_text(act->arena, sessions[i].handle);
			act->whom = arena_text(act->arena, sessions[i].login);
			return NULL;
		}
	return "this session is over";
}

static const char *find_subject(struct acts *acts, struct act *act, struct trail_entry *e)
{
	char text[PREFIX_TEXT_BYTES];
	if (act->kind->target == ACT_ON_ADDRESS) {
		if (prefix_parse(act->address, &act->prefix) || !prefix_is_one(&act->prefix))
			return "that is not one address";
		prefix_text(&act->prefix, text);
		act->subject = act->whom = arena_text(act->arena, text);
		return NULL;
	}
	if (act->kind->target == ACT_ON_NOTHING)
		return NULL;
	if (ledger_read(acts->parts->ledger, act->seq, act->arena, e))
		return "there is no such entry";
	if (act->kind->target == ACT_ON_ACTOR)
		return find_account(acts, act, e);
	return act->kind->target == ACT_ON_PATIENT ? find_patient(acts, act, e)
						   : find_token(acts, act, e);
}

// ---- Who agreed.

static bool says(const char *query, const char *about)
{
	size_t size = strlen(query), tail = strlen(about);
	return size >= tail + 2 && strcmp(query + size - tail, about) == 0 &&
	       memcmp(query + size - tail - 2, ", ", 2) == 0;
}

// An approval is an entry on the trail that a person made for exactly this step, and for this act
// on this person, record or address, not long ago. What is wrong with it, or NULL.
static const char *approval_flaw(struct acts *acts, const struct act *act, enum trail_action action)
{
	static const char none[] =
		"the approval is not on the trail, or not by somebody who may give it";
	struct trail_entry e;
	if (!act->approved || ledger_read(acts->parts->ledger, act->approved, act->arena, &e))
		return none;
	const struct act_whom whom = {act->actor, act->patient, act->address, act->seq};
	char about[ACT_ABOUT_BYTES];
	act_about(act->kind, &whom, about);
	enum policy_role role = policy_role_find(e.role);
	bool may = policy_may(acts->parts->policy, role, "playbooks");
	bool right = action == TRAIL_ACT_ENDED || role == ROLE_LOCAL ||
		     role == ROLE_ADMINISTRATOR || strcmp(e.role, act->kind->approver) == 0;
	bool concerned = opaque_is(acts->parts->opaque, e.actor, act->actor) ||
			 (*act->subject && strcmp(e.actor, act->subject) == 0);
	if (e.action != action || e.outcome != TRAIL_ALLOWED || strcmp(e.detail, act->key) != 0 ||
		!says(e.query, about) || !may || !right || concerned)
		return none;
	return time_now_us() - e.time_us > (int64_t)ACTS_APPROVAL_S * 1000000
		       ? "the approval is older than seven days: somebody has to look again"
		       : NULL;
}

// Behind one address there may be a whole ward, an outpost, or everybody at home: whoever takes
// records there must not have the others shut out.
static bool others_work_there(struct acts *acts, const struct act *act)
{
	struct session *sessions;
	size_t count = 0;
	if (session_list(acts->parts->identity, NULL, act->arena, &sessions, &count))
		return true; // not known: a person looks
	for (size_t i = 0; i < count; i++) {
		struct prefix place;
		if (prefix_parse(sessions[i].address, &place) == OK &&
			prefix_overlaps(&place, &act->prefix) &&
			!opaque_is(acts->parts->opaque, sessions[i].account, act->actor))
			return true;
	}
	return false;
}

static const char *address_problem(struct acts *acts, const struct act *act)
{
	if (prefix_is_private(&act->prefix))
		return "an address of the house needs approval";
	return others_work_there(acts, act)
		       ? "others are signed in from this address: it needs approval"
		       : NULL;
}

static const char *approval_problem(struct acts *acts, struct act *act, const struct trail_entry *e)
{
	if (act->kind->approval == ACT_FREE)
		return NULL;
	if (act->approved)
		return approval_flaw(acts, act, TRAIL_APPROVED);
	if (act->kind->approval == ACT_ALWAYS)
		return "this is never done without approval";
	if (act->kind->target == ACT_ON_ADDRESS)
		return address_problem(acts, act);
	if (act->kind->target == ACT_ON_SESSION)
		return "people may treat through an application: its token needs approval";
	// Whoever fails at a colleague's password makes entries about them, but none in a session
	// of theirs.
	bool themself = *e->session && e->outcome != TRAIL_DENIED;
	return themself
		       ? NULL
		       : "it is not shown that they were signed in and did it: this needs approval";
}

// ---- The never-touch list and the ceilings.

static const char *spared_problem_of(
	struct acts *acts, const struct act *act, const struct spared *s)
{
	struct account account;
	const char *id = act->kind->target == ACT_ON_ACTOR ? act->subject : act->whom;
	bool person = act->kind->target == ACT_ON_ACTOR || act->kind->target == ACT_ON_SESSION;
	if (person) {
		if (identity_account_find(acts->parts->identity, id, act->arena, &account))
			return "there is no such account";
		if (spared_has(s->accounts, s->account_count, account.login) ||
			spared_has(s->roles, s->role_count, account.role))
			return "the account is on the never-touch list";
	}
	if (act->kind->target == ACT_ON_PATIENT &&
		spared_has(s->patients, s->patient_count, act->subject))
		return "the patient is on the never-touch list";
	if (act->kind->target == ACT_ON_ADDRESS && spared_address(s, &act->prefix))
		return "the address is on the never-touch list";
	return NULL;
}

static const char *ceiling_problem(struct acts *acts, const struct act *act, const struct spared *s)
{
	struct identity *identity = acts->parts->identity;
	int64_t since_us = act->from_us - 3600 * 1000000ll;
	unsigned all = 0, by_itself = 0, same = 0;
	for (const struct measure *m = measure_next(identity, NULL); m;
		m = measure_next(identity, m)) {
		if (m->from_us < since_us || !*m->subject || strcmp(m->key, act->key) == 0)
			continue;
		all++;
		by_itself += m->by_itself;
		same += m->by_itself && strcmp(m->subject, act->subject) == 0;
	}
	for (const struct act *a = acts->first; a; a = a->next) {
		bool counts = *a->subject && !a->undo;
		all += counts;
		by_itself += counts && !a->approved;
		same += counts && !a->approved && strcmp(a->subject, act->subject) == 0;
	}
	if (all >= s->an_hour)
		return "there were too many acts within the hour: a person has to look";
	if (!act->approved && by_itself >= s->by_itself)
		return "too much was done without approval within the hour: this needs approval";
	if (!act->approved && act->kind->target != ACT_ON_ADDRESS && same >= s->by_itself_account)
		return "enough was done to this account within the hour: this needs approval";
	return NULL;
}

// What touches nobody is kept as well, and would push out of memory what the ceilings count.
static const char *plain_problem(struct acts *acts, const struct act *act)
{
	struct identity *identity = acts->parts->identity;
	int64_t since_us = act->from_us - 3600 * 1000000ll;
	unsigned count = 0;
	for (const struct measure *m = measure_next(identity, NULL); m;
		m = measure_next(identity, m))
		count += m->from_us >= since_us && !*m->subject && strcmp(m->key, act->key) != 0;
	for (const struct act *a = acts->first; a; a = a->next)
		count += !*a->subject;
	return count < ACTS_PLAIN ? NULL : "there were too many of these within the hour";
}

// ---- Locking an account.

static bool role_breaks_glass(const struct acts *acts, const char *role)
{
	const struct policy_ask ask = {.role = policy_role_find(role),
		.action = POLICY_BREAK_GLASS,
		.type = fhir_type_patient(),
		.second_factor = true};
	struct policy_decision decision;
	policy_decide(acts->parts->policy, &ask, &decision);
	return decision.allowed;
}

static const char *lock_problem(struct acts *acts, struct act *act)
{
	struct account account, *all;
	size_t count, others = 0;
	if (strcmp(act->kind->name, "lock-account") != 0)
		return NULL;
	if (identity_account_find(acts->parts->identity, act->subject, act->arena, &account) ||
		identity_account_list(acts->parts->identity, "", act->arena, &all, &count))
		return "the accounts cannot be looked at";
	act->narrow = role_breaks_glass(acts, account.role);
	for (size_t i = 0; i < count; i++)
		others += strcmp(all[i].id, account.id) != 0 &&
			  strcmp(all[i].role, account.role) == 0 &&
			  all[i].state == ACCOUNT_ACTIVE &&
			  !measure_on(acts->parts->identity, MEASURE_LOCK, all[i].id, act->from_us);
	return others ? NULL : "it is the last open account of its role";
}

static const char *undo_problem(struct acts *acts, struct act *act)
{
	const struct measure *m = measure_by_key(acts->parts->identity, act->key);
	if (!m || strcmp(m->action, act->kind->name) != 0)
		return "there is nothing to take back";
	act->subject = act->whom = arena_text(act->arena, m->subject); // not the one concerned
	const char *flaw = approval_flaw(acts, act, TRAIL_ACT_ENDED);
	if (flaw)
		return flaw;
	if (act->kind->doer == ACT_BY_GUARD && prefix_parse(m->subject, &act->prefix))
		return "that is not one address";
	return NULL;
}

// What no approval helps against. Fills in whom it concerns, the entry, and the never-touch list.
static const char *subject_problem(
	struct acts *acts, struct act *act, struct trail_entry *e, struct spared *spared)
{
	struct spared_problem wrong = {0};
	char path[512];
	const char *problem = find_subject(acts, act, e);
	if (problem || act->kind->target == ACT_ON_NOTHING)
		return problem ? problem : plain_problem(acts, act);
	snprintf(path, sizeof path, "%s/playbooks/never-touch.yaml", acts->parts->config->rules);
	if (spared_load(path, act->arena, spared, &wrong))
		return arena_printf(
			act->arena, "%s:%u: %s; nobody is touched", path, wrong.line, wrong.text);
	return spared_problem_of(acts, act, spared);
}

const char *acts_problem(struct acts *acts, struct act *act)
{
	struct trail_entry e = {.session = ""};
	struct spared *spared = arena_alloc(act->arena, sizeof *spared);
	if (acts->count >= ACTS_MOST)
		return "too many acts wait";
	if (act->undo)
		return undo_problem(acts, act);
	const char *problem = subject_problem(acts, act, &e, spared);
	if (problem || act->kind->target == ACT_ON_NOTHING)
		return problem;
	problem = approval_problem(acts, act, &e);
	if (!problem)
		problem = ceiling_problem(acts, act, spared);
	return problem ? problem : lock_problem(acts, act);
}

struct act_trial acts_try(struct acts *acts, struct act *act)
{
	struct trail_entry e = {.session = ""};
	struct spared *spared = arena_alloc(act->arena, sizeof *spared);
	struct act_trial trial = {.refused = subject_problem(acts, act, &e, spared)};
	if (trial.refused || act->kind->target == ACT_ON_NOTHING)
		return trial;
	act->approved = 0;
	trial.approval = approval_problem(acts, act, &e);
	if (!trial.approval)
		trial.approval = ceiling_problem(acts, act, spared);
	act->approved = UINT64_MAX; // as if by somebody who may
	trial.refused = ceiling_problem(acts, act, spared);
	if (!trial.refused)
		trial.refused = lock_problem(acts, act);
	return trial;
}
