#include "common/format/act.h"

#include <stdio.h>
#include <string.h>

enum {
	HOUR = 3600
};

const struct act_kind act_kinds[] = {
	{"end-sessions", "Ends every session of the account; whoever it is signs in again.",
		"nothing has to be taken back: they sign in again", "applications; the list",
		ACT_ON_ACTOR, ACT_BY_VAULT, ACT_UNLESS_PLAIN, "security-officer", 0, 0, ""},
	{"demand-step-up",
		"Sessions from before count for nothing but broken glass until one gives a new code of the second factor.",
		"the sessions count again", "applications; the list", ACT_ON_ACTOR, ACT_BY_VAULT,
		ACT_UNLESS_PLAIN, "security-officer", 4 * HOUR, 24 * HOUR, "seconds"},
	{"lock-account",
		"Ends the sessions. Who may break the glass still signs in, and opens a record only that way; anybody else cannot sign in and is told whom to call.",
		"the account is as it was", "the last open account of a role; the list",
		ACT_ON_ACTOR, ACT_BY_VAULT, ACT_ALWAYS, "security-officer", 4 * HOUR, 72 * HOUR,
		"seconds"},
	{"lock-record",
		"Nobody reads the patient's record but by breaking the glass, and the patient; results still come in.",
		"the record opens as before", "the list", ACT_ON_PATIENT, ACT_BY_VAULT, ACT_ALWAYS,
		"privacy-officer", 8 * HOUR, 72 * HOUR, "seconds"},
	{"revoke-token", "The application's token that was used is refused.",
		"the token is taken again", "sessions of people; the list", ACT_ON_SESSION,
		ACT_BY_VAULT, ACT_UNLESS_PLAIN, "security-officer", 24 * HOUR, 168 * HOUR,
		"seconds"},
	{"block-address", "Guard drops everything from and to the address.",
		"guard lets it through again",
		"guard's own list of what is never blocked; the list", ACT_ON_ADDRESS, ACT_BY_GUARD,
		ACT_UNLESS_PLAIN, "security-officer", HOUR, 24 * HOUR, "seconds"},
	{"quarantine-host",
		"Guard lets the host speak only to what the zones file lets a quarantined one reach.",
		"guard lets it speak again", "guard's own list of what is never blocked; the list",
		ACT_ON_ADDRESS, ACT_BY_GUARD, ACT_ALWAYS, "security-officer", 4 * HOUR, 24 * HOUR,
		"seconds"},
	{"snapshot-trail", "Writes the trail's size and root on the trail.",
		"nothing has to be taken back", "it touches nobody", ACT_ON_NOTHING, ACT_BY_VAULT,
		ACT_FREE, "", 0, 0, ""},
	{"notify", "Sends a message to a destination of the courier, without any name in it.",
		"a second message says that the first no longer holds", "it touches nobody",
		ACT_ON_NOTHING, ACT_BY_WATCH, ACT_FREE, "", 0, 0, "to text"},
	{"open-task", "Opens a task for a role.", "the task is closed", "it touches nobody",
		ACT_ON_NOTHING, ACT_BY_WATCH, ACT_FREE, "", 72 * HOUR, 168 * HOUR,
		"for text seconds"},
};
const size_t act_kind_count = sizeof act_kinds / sizeof *act_kinds;

const struct act_kind *act_find(const char *name)
{
	for (size_t i = 0; name && i < act_kind_count; i++)
		if (strcmp(act_kinds[i].name, name) == 0)
			return &act_kinds[i];
	return NULL;
}

bool act_takes(const struct act_kind *kind, const char *argument)
{
	size_t size = strlen(argument);
	for (const char *at = kind->arguments; *at;) {
		size_t word = strcspn(at, " ");
		if (word == size && memcmp(at, argument, size) == 0)
			return true;
		at += word;
		at += strspn(at, " ");
	}
	return false;
}

const char *act_approval_text(const struct act_kind *kind)
{
	if (kind->approval == ACT_FREE)
		return "no";
	if (kind->approval == ACT_ALWAYS)
		return "always";
	return kind->target == ACT_ON_ADDRESS ? "for an address of the house, or one that others are signed in from"
	       : kind->target == ACT_ON_SESSION
		       ? "when it is an application's token"
		       : "unless the entry shows them signed in, doing it themselves";
}

void act_about(
	const struct act_kind *kind, const struct act_whom *whom, char ret_text[ACT_ABOUT_BYTES])
{
	const char *id = kind->target == ACT_ON_PATIENT   ? whom->patient
			 : kind->target == ACT_ON_ADDRESS ? whom->address
							  : whom->actor;
	if (kind->target == ACT_ON_NOTHING)
		snprintf(ret_text, ACT_ABOUT_BYTES, "%s", kind->name);
	else
		snprintf(ret_text, ACT_ABOUT_BYTES, "%s of %.60s, entry %llu", kind->name,
			id ? id : "", (unsigned long long)whom->seq);
}
