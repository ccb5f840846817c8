#include "vault/policy/words.h"

#include <string.h>

const struct policy_word policy_roles[POLICY_ROLES] = {
	[ROLE_NONE] = {"nobody", "Nobody is signed in."},
	[ROLE_CLINICIAN] = {"clinician", "Treats patients: doctors and others who decide on care."},
	[ROLE_NURSE] = {"nurse", "Cares for patients."},
	[ROLE_FRONT_DESK] = {"front-desk", "Registers patients and arranges appointments."},
	[ROLE_PRIVACY_OFFICER] = {"privacy-officer", "Answers who looked at a record, and why."},
	[ROLE_SECURITY_OFFICER] = {"security-officer", "Watches over the house."},
	[ROLE_ADMINISTRATOR] = {"administrator", "Manages accounts."},
	[ROLE_APPLICATION] = {"application", "A program with a token, under its own name."},
	[ROLE_PATIENT] = {"patient", "Somebody whom a record is about."},
	[ROLE_LOCAL] = {"local",
		"The hospitaller command on the server itself: root, and the group hospitaller. No account has this role."},
};

const struct policy_word policy_actions[POLICY_ACTIONS] = {
	[POLICY_READ] = {"read",
		"Reading a resource, its earlier versions and its history, and having it in a search's answer."},
	[POLICY_SEARCH] = {"search", "Asking with parameters."},
	[POLICY_CREATE] = {"create", "Adding a resource."},
	[POLICY_UPDATE] = {"update", "Changing one; earlier versions stay."},
	[POLICY_DELETE] = {"delete", "Marking one as deleted; earlier versions stay."},
	[POLICY_EXPORT] = {"export", "Taking out much at once; nothing in this version does."},
	[POLICY_WHO_SAW] = {"who-saw", "Seeing who has seen a record."},
	[POLICY_BREAK_GLASS] = {"break-glass",
		"Opening one patient's record for an hour, with a reason; marked, and reviewed."},
};

const struct policy_word policy_conditions[CONDITIONS] = {
	[ALWAYS] = {"always", "Without a further condition. This holds when nothing is said."},
	[RELATIONSHIP] = {"relationship",
		"The record belongs to a patient in whose care one appears: as a participant of an encounter, in a care team, with an appointment, or as general practitioner. A resource that belongs to no patient needs none."},
	[OWN] = {"own", "One is that patient."},
	[GLASS] = {"broken-glass", "One has broken the glass for that patient."},
};

const struct policy_word policy_verb_words[POLICY_VERBS] = {
	{"trail-search", "Searching the trail and proving its entries."},
	{"accounts-manage", "Making and changing accounts, giving out passwords and tokens."},
	{"sessions-manage", "Seeing and ending the sessions of others."},
	{"status-view", "Seeing the health of the roles, and what watch counts."},
	{"import", "Importing bundles, keeping their identities."},
	{"keys-manage", "Rotating keys and destroying a patient's."},
	{"playbooks", "Seeing playbooks and their runs, approving what one's role is asked, undoing."},
	{"contain", "Blocking addresses, quarantine, changing the network's zones."},
};

const struct policy_word policy_keys[POLICY_KEYS] = {
	{"groups", "Names for lists of resource types. A type is in one group at most."},
	{"second-factor",
		"A list of roles that see and do nothing before they gave their second factor."},
	{"rules", "The list of rules."},
	{"risk",
		"A list of rules for the time during which watch finds somebody's risk high. They only take away, and care comes first: never breaking the glass, a record in one's care or opened by breaking the glass, one's own, a search that names one person by their number or by name and birth date, or what belongs to no patient."},
	{"work",
		"For each role the list of work in the console and on the command line that it may do."},
};

const struct policy_word policy_rule_keys[POLICY_RULE_KEYS] = {
	{"name",
		"What the trail calls the rule; of at most 79 bytes, and no two the same. Needed."},
	{"why", "The reason, a sentence of at most 199 bytes. Needed."},
	{"roles", "A list of roles. Needed."},
	{"resources",
		"A list of groups and resource types; clinical stands for whatever of FHIR's patient compartment is in no group, other for the rest. Needed."},
	{"actions", "A list of actions. Needed."},
	{"when", "The condition."},
	{"break-glass",
		"true or false: whether the rule also allows those who broke the glass for that patient."},
};

const struct policy_word policy_caution_keys[POLICY_CAUTION_KEYS] = {
	{"name", "What the trail calls the rule; of at most 79 bytes. Needed."},
	{"why", "The reason, a sentence of at most 199 bytes. Needed."},
	{"roles", "A list of roles. Needed."},
	{"actions", "A list of actions. Needed."},
	{"from", "From how many points of risk on. Needed."},
	{"second-factor-minutes",
		"A second factor that was given in the last so many minutes is demanded."},
	{"refuse", "true: it is refused."},
};

int policy_word_find(const struct policy_word *words, size_t count, const char *text)
{
	for (size_t i = 0; i < count; i++)
		if (strcmp(words[i].text, text) == 0)
			return (int)i;
	return -1;
}
