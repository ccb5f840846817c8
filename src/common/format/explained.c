#include "common/format/explained.h"

static const struct {
	const char *code, *text;
} kinds[EXPLAINED_KINDS] = {
	[EXPLAINED_UNKNOWN] = {"unknown", "not worked out"},
	[EXPLAINED_NOTHING] = {"nothing", "nothing in the records explains it"},
	[EXPLAINED_ENCOUNTER] = {"encounter", "took part in a visit"},
	[EXPLAINED_CARE_TEAM] = {"care-team", "in the team that treats"},
	[EXPLAINED_PRACTITIONER] = {"practitioner", "the patient's general practitioner"},
	[EXPLAINED_APPOINTMENT] = {"appointment", "has an appointment with the patient"},
	[EXPLAINED_ORDER] = {"order", "ordered, carried out or interpreted something"},
	[EXPLAINED_REFERRAL] = {"referral", "asked by a colleague"},
	[EXPLAINED_ON_CALL] = {"on-call", "on call while the patient was here"},
	[EXPLAINED_WARD] = {"ward", "works where the patient was"},
	[EXPLAINED_DEPARTMENT] = {"department", "works with somebody who treats the patient"},
	[EXPLAINED_HOUSE] = {"house", "the patient was in the house"},
	[EXPLAINED_FOLLOW_UP] = {"follow-up", "an earlier access was explained"},
	[EXPLAINED_DOCUMENT] = {"document", "wrote part of the record before"},
};

static const struct {
	const char *code, *text;
} flags[EXPLAINED_FLAGS] = {
	{"family", "the patient is family"},
	{"same-address", "both live at the same address"},
	{"neighbour", "both live in the same street"},
	{"colleague", "the patient works here"},
	{"vip", "the patient is known to all"},
	{"own-record", "it is the person's own record"},
	{"deceased", "the patient had died"},
	{"discharged", "the last visit ended more than a year before"},
	{"sensitive", "the record carries a label of special protection"},
	{"off-duty", "the person was not on duty"},
	{"cut", "the record is larger than what was looked at"},
};

const char *explained_kind_code(enum explained_kind kind)
{
	return (unsigned)kind < EXPLAINED_KINDS ? kinds[kind].code : "?";
}

const char *explained_kind_text(enum explained_kind kind)
{
	return (unsigned)kind < EXPLAINED_KINDS ? kinds[kind].text : "?";
}

const char *explained_flag_code(unsigned bit)
{
	return bit < EXPLAINED_FLAGS ? flags[bit].code : NULL;
}

const char *explained_flag_text(unsigned bit)
{
	return bit < EXPLAINED_FLAGS ? flags[bit].text : NULL;
}

bool explained_valid(const struct explained *e)
{
	return (unsigned)e->kind < EXPLAINED_KINDS && e->strength <= 100 &&
	       e->steps <= EXPLAINED_STEPS && !(e->flags & ~(uint32_t)EXPLAINED_FLAG_MASK);
}
