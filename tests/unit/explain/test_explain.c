// Each kind of explanation, and what looks like one and is none. The clock of these tests is
// 2026-05: day(n, hour) is in its n-th day.
#include "../records/house.h"

#include "common/base/time.h"
#include "vault/explain/explain.h"
#include "vault/ledger/ledger.h"

static struct ledger *ledger;
static struct explain *explain;
static const char *resource; // that is opened
static const char *role;

static int64_t day(int n, int hour)
{
	return (time_days(2026, 5, 1) + n - 1) * 86400000000ll + hour * 3600000000ll;
}

static int begin(void **state)
{
	struct ledger_problem problem;
	if (house_open(state))
		return -1;
	struct ledger_options options = {
		.dir = house.dir, .origin = "test/trail", .skip_sync = true, .checkpoint_ms = 5};
	if (ledger_open(&options, &ledger, &problem))
		return -1;
	explain = explain_new(house.r, ledger);
	resource = "";
	role = "nurse";
	return 0;
}

static int finish(void **state)
{
	explain_free(explain);
	ledger_close(ledger);
	return house_end(state);
}

static uint64_t entry(const struct trail_entry *wanted)
{
	uint64_t seq = ledger_append(ledger, wanted);
	ledger_flush(ledger);
	ledger_wait(ledger, seq + 1);
	return seq;
}

// Stores, as `actor` would through the door at that time.
static void write_as(const char *actor, int64_t at_us, const char *quoted)
{
	struct fhir_patients patients;
	struct record record;
	json_t *json = sample(quoted);
	const char *id = arena_text(house.arena, json_get_text(json, "id"));
	const char *type = arena_text(house.arena, json_get_text(json, "resourceType"));
	assert_ok(fhir_patients_of(json, id, house.arena, &patients));
	const char *owner = patients.owner ? arena_text(house.arena, patients.owner) : NULL;
	struct record_put wish = {.type = fhir_type_find(type),
		.id = id,
		.updated_us = at_us,
		.resource = json,
		.patient = owner};
	assert_ok(records_begin(house.r));
	assert_ok(records_put(house.r, &wish, house.arena, &record));
	assert_ok(records_commit(house.r, 1));
	json_decref(json);
	entry(&(struct trail_entry){.time_us = at_us,
		.kind = TRAIL_ACCESS,
		.action = record.version == 1 ? TRAIL_CREATE : TRAIL_UPDATE,
		.outcome = TRAIL_INTENDED,
		.actor = actor,
		.resource = arena_printf(house.arena, "%s/%s", type, id),
		.version = record.version});
	if (owner)
		explain_forget(explain, owner);
}

// What was there long before.
static void there(const char *quoted)
{
	write_as("import", day(-300, 0), quoted);
}

static struct explanation ask_known(int64_t at_us, int64_t known_us, uint64_t seq)
{
	struct explanation e;
	const struct explain_ask ask = {.actor = "acc-nora",
		.staff = "Practitioner/nora",
		.role = role,
		.patient = "anna",
		.resource = resource,
		.at_us = at_us,
		.known_us = known_us,
		.seq = seq};
	assert_ok(explain_access(explain, &ask, house.arena, &e));
	assert_true(explained_valid(&e.told));
	return e;
}

static struct explanation ask(int64_t at_us)
{
	return ask_known(at_us, at_us, 0);
}

static void people(void)
{
	there("{'resourceType':'Patient','id':'anna','name':[{'family':'Quill','given':['Anna']}],"
	      "'birthDate':'1970-02-03','gender':'female','address':[{'line':['12 Mill Lane'],"
	      "'city':'Annaburg','postalCode':'10420'}]}");
	there("{'resourceType':'Practitioner','id':'nora','name':[{'family':'Stone','given':['Nora']}],"
	      "'gender':'female'}");
	there("{'resourceType':'Practitioner','id':'olaf','name':[{'family':'Berg','given':['Olaf']}]}");
}

#define assert_kind(e, want, strong)                                                               \
	do {                                                                                       \
		struct explanation e_ = (e);                                                       \
		assert_string_equal(explained_kind_code(e_.told.kind), want);                      \
		assert_int_equal(e_.told.strength >= EXPLAINED_ENOUGH, strong);                    \
	} while (0)

#define REFER(type, id) "{'reference':'" type "/" id "'}"
#define SUBJECT         "'subject':" REFER("Patient", "anna")

static const char visit[] =
	"{'resourceType':'Encounter','id':'v','status':'finished','class':{'code':'AMB'}," SUBJECT
	",'participant':[{'individual':" REFER("Practitioner",
		"nora") "}],"
			"'period':{'start':'2026-05-03T14:02:00Z','end':'2026-05-03T15:00:00Z'}}";

static void a_participant_is_explained_while_it_lasts(void **state)
{
	(void)state;
	people();
	assert_kind(ask(day(3, 14)), "nothing", false);
	write_as("import", day(3, 13), visit);
	struct explanation e = ask(day(3, 15));
	assert_kind(e, "encounter", true);
	assert_int_equal(e.told.strength, 95);
	assert_int_equal(e.told.steps, 3);
	assert_string_equal(e.steps[0].resource, "Practitioner/nora");
	assert_string_equal(e.steps[1].resource, "Encounter/v");
	assert_string_equal(e.steps[1].words, "participant, 3 May 2026 14:02 to 3 May 2026 15:00");
	assert_string_equal(e.steps[2].resource, "Patient/anna");
	assert_int_equal(e.recorded_us, day(3, 13));
	// Long before and long after it says nothing, shortly after less.
	assert_true(ask(day(20, 12)).told.strength < 95);
	assert_kind(ask_known(day(1, 0), day(9, 0), 0), "nothing", false);
	assert_kind(ask_known(day(200, 0), day(300, 0), 0), "encounter", false);
}

static void what_was_recorded_later_counts_when_somebody_else_did_it(void **state)
{
	(void)state;
	people();
	write_as("clerk", day(4, 9), visit);
	assert_kind(ask(day(3, 14)), "nothing", false); // not known yet
	assert_kind(ask_known(day(3, 14), day(5, 14), 0), "encounter", true);
}

static void what_one_records_later_oneself_explains_nothing(void **state)
{
	(void)state;
	people();
	write_as("acc-nora", day(3, 15), visit);
	assert_kind(ask_known(day(3, 14), day(5, 14), 0), "nothing", false);
	struct explanation e = ask(day(3, 16)); // and shortly before only a little
	assert_kind(e, "encounter", true);
	assert_int_equal(e.told.strength, 55);
}

static void adding_oneself_to_what_was_there_explains_nothing(void **state)
{
	(void)state;
	people();
	write_as("clerk", day(3, 9),
		"{'resourceType':'Encounter','id':'v','status':'finished','class':{'code':'AMB'}," SUBJECT
		",'period':{'start':'2026-05-03T14:02:00Z','end':'2026-05-03T15:00:00Z'}}");
	write_as("acc-nora", day(3, 18), visit);
	assert_true(ask_known(day(3, 14), day(5, 14), 0).told.strength < EXPLAINED_ENOUGH);
	write_as("clerk", day(3, 19), visit); // touched again by somebody else: still hers
	assert_true(ask_known(day(3, 14), day(5, 14), 0).told.strength < EXPLAINED_ENOUGH);
}

static void a_team_explains_by_role_too(void **state)
{
	(void)state;
	people();
	there("{'resourceType':'PractitionerRole','id':'r','practitioner':" REFER(
		"Practitioner", "nora") "}");
	there("{'resourceType':'CareTeam','id':'t','status':'active'," SUBJECT
	      ",'period':{'start':'2026-05-01T00:00:00Z','end':'2026-05-09T00:00:00Z'},"
	      "'participant':[{'member':" REFER("PractitionerRole", "r") "}]}");
	struct explanation e = ask(day(3, 14));
	assert_kind(e, "care-team", true);
	assert_string_equal(e.steps[1].resource, "PractitionerRole/r");
	assert_kind(ask(day(-40, 0)), "nothing", false);
}

static void a_general_practitioner_is_explained(void **state)
{
	(void)state;
	people();
	there("{'resourceType':'Patient','id':'anna','name':[{'family':'Quill'}],'generalPractitioner':[" REFER(
		"Practitioner", "nora") "]}");
	assert_kind(ask(day(3, 14)), "practitioner", true);
	there("{'resourceType':'Patient','id':'anna','name':[{'family':'Quill'}],'generalPractitioner':[" REFER(
		"Practitioner", "olaf") "]}");
	assert_kind(ask(day(3, 14)), "nothing", false);
}

#define MEETING(status)                                                                            \
	"{'resourceType':'Appointment','id':'m','status':'" status                                 \
	"','start':'2026-05-10T10:00:00Z','end':'2026-05-10T10:20:00Z','participant':["            \
	"{'actor':" REFER("Patient", "anna") ",'status':'accepted'},{'actor':" REFER(              \
		"Practitioner", "nora") ",'status':'accepted'}]}"

static void an_appointment_explains_unless_it_was_cancelled(void **state)
{
	(void)state;
	people();
	there(MEETING("booked"));
	assert_kind(ask(day(9, 14)), "appointment", true);
	there(MEETING("cancelled"));
	assert_kind(ask(day(9, 14)), "nothing", false);
}

#define REQUEST(requester)                                                                         \
	"{'resourceType':'ServiceRequest','id':'q','status':'active','intent':'order'," SUBJECT    \
	",'authoredOn':'2026-05-03T09:00:00Z','requester':" requester                              \
	",'performer':[" REFER("Practitioner", "nora") "]}"

static void being_asked_is_a_referral_and_asking_oneself_is_not(void **state)
{
	(void)state;
	people();
	there(REQUEST(REFER("Practitioner", "olaf")));
	assert_kind(ask(day(3, 14)), "referral", true);
	there(REQUEST(REFER("Practitioner", "nora")));
	assert_kind(ask(day(3, 14)), "order", true);
	assert_kind(ask(day(-9, 14)), "nothing", false);
}

static void a_task_of_somebody_else_is_a_referral(void **state)
{
	(void)state;
	people();
	there("{'resourceType':'Task','id':'k','status':'requested','intent':'order','for':" REFER(
		"Patient",
		"anna") ",'authoredOn':'2026-05-03T09:00:00Z','requester':" REFER("Practitioner",
		"olaf") ",'owner':" REFER("Practitioner", "nora") "}");
	assert_kind(ask(day(3, 14)), "referral", true);
	there("{'resourceType':'Task','id':'k','status':'rejected','intent':'order','for':" REFER(
		"Patient",
		"anna") ",'authoredOn':'2026-05-03T09:00:00Z','requester':" REFER("Practitioner",
		"olaf") ",'owner':" REFER("Practitioner", "nora") "}");
	assert_kind(ask(day(3, 14)), "nothing", false);
}

static void interpreting_a_report_is_an_order(void **state)
{
	(void)state;
	people();
	there("{'resourceType':'DiagnosticReport','id':'d','status':'final','code':{'text':'CT'}," SUBJECT
	      ",'effectiveDateTime':'2026-05-03','resultsInterpreter':[" REFER(
		      "Practitioner", "nora") "]}");
	struct explanation e = ask(day(3, 14));
	assert_kind(e, "order", true);
	assert_true(strstr(e.steps[1].words, "interpreted") != NULL);
}

static void prescribing_is_an_order(void **state)
{
	(void)state;
	people();
	there("{'resourceType':'MedicationRequest','id':'x','status':'active','intent':'order'," SUBJECT
	      ",'medicationCodeableConcept':{'text':'a'},'authoredOn':'2026-05-03','requester':" REFER(
		      "Practitioner", "nora") "}");
	assert_kind(ask(day(3, 14)), "order", true);
}

static void wards(void)
{
	people();
	there("{'resourceType':'Location','id':'w1'}");
	there("{'resourceType':'Location','id':'w2'}");
	there("{'resourceType':'PractitionerRole','id':'r1','practitioner':" REFER(
		"Practitioner", "nora") ",'location':[" REFER("Location", "w1") "]}");
	there("{'resourceType':'PractitionerRole','id':'r2','practitioner':" REFER(
		"Practitioner", "olaf") ",'location':[" REFER("Location", "w1") "]}");
}

#define STAY(where)                                                                                   \
	"{'resourceType':'Encounter','id':'s','status':'in-progress','class':{'code':'IMP'}," SUBJECT \
	",'period':{'start':'2026-05-02T08:00:00Z','end':'2026-05-06T08:00:00Z'},"                    \
	"'location':[{'location':" REFER("Location", where) "}]}"

static void a_ward_explains_while_the_patient_is_there(void **state)
{
	(void)state;
	wards();
	there(STAY("w1"));
	struct explanation e = ask(day(3, 14));
	assert_kind(e, "ward", true);
	assert_int_equal(e.told.strength, 65);
	assert_string_equal(e.steps[1].resource, "PractitionerRole/r1");
	assert_string_equal(e.steps[2].resource, "Location/w1");
	assert_string_equal(e.steps[3].resource, "Encounter/s");
	assert_kind(ask(day(12, 14)), "nothing", false);
	there(STAY("w2")); // elsewhere in the house is too little
	assert_kind(ask(day(3, 14)), "house", false);
	role = "front-desk"; // who admit everybody
	assert_kind(ask(day(3, 14)), "house", true);
}

static void roster(const char *kind, const char *from, const char *to)
{
	there("{'resourceType':'Schedule','id':'c','actor':[" REFER(
		"Practitioner", "nora") "," REFER("Location",
		"w1") "],'planningHorizon':{'start':'2026-05-01T00:00:00Z',"
		      "'end':'2026-05-31T00:00:00Z'}}");
	there(arena_printf(house.arena,
		"{'resourceType':'Slot','id':'z','schedule':" REFER(
			"Schedule", "c") ",'status':'busy',"
					 "'start':'%s','end':'%s','serviceType':[{'text':'%s'}]}",
		from, to, kind));
}

static void a_shift_makes_the_ward_stronger_and_its_absence_weaker(void **state)
{
	(void)state;
	wards();
	there(STAY("w1"));
	roster("early", "2026-05-03T06:00:00Z", "2026-05-03T14:30:00Z");
	struct explanation e = ask(day(3, 14));
	assert_kind(e, "ward", true);
	assert_int_equal(e.told.strength, 75);
	assert_string_equal(e.steps[1].resource, "Slot/z");
	assert_false(e.told.flags & EXPLAINED_OFF_DUTY);
	e = ask(day(4, 3));
	assert_kind(e, "ward", false);
	assert_true(e.told.flags & EXPLAINED_OFF_DUTY);
}

static void on_call_explains_the_whole_house(void **state)
{
	(void)state;
	wards();
	there(STAY("w2"));
	roster("on call", "2026-05-03T17:00:00Z", "2026-05-04T08:00:00Z");
	struct explanation e = ask(day(4, 2));
	assert_kind(e, "on-call", true);
	assert_string_equal(e.steps[1].resource, "Slot/z");
	assert_kind(ask(day(5, 2)), "house", false);
}

static void a_colleague_of_who_treats_is_of_the_department(void **state)
{
	(void)state;
	wards();
	there("{'resourceType':'Encounter','id':'v','status':'finished','class':{'code':'AMB'}," SUBJECT
	      ",'participant':[{'individual':" REFER("Practitioner",
		      "olaf") "}],"
			      "'period':{'start':'2026-05-03T14:00:00Z','end':'2026-05-03T15:00:00Z'}}");
	struct explanation e = ask(day(3, 14));
	assert_kind(e, "department", true);
	assert_string_equal(e.steps[3].resource, "Practitioner/olaf");
	assert_kind(ask(day(9, 14)), "nothing", false);
}

// More colleagues than are remembered: whoever asks is not forgotten while the answer is sought.
static void a_large_staff_pushes_nobody_out_of_their_own_question(void **state)
{
	(void)state;
	wards();
	assert_ok(records_begin(house.r));
	for (int i = 0; i < EXPLAIN_STAFF + 40; i++) {
		assert_ok(put(arena_printf(house.arena,
				      "{'resourceType':'Patient','id':'p%d','generalPractitioner':["
				      "{'reference':'Practitioner/s%d'}]}",
				      i, i),
			NULL));
		assert_ok(put(
			arena_printf(house.arena,
				"{'resourceType':'Encounter','id':'pe%d','status':'finished',"
				"'class':{'code':'AMB'},'subject':{'reference':'Patient/p%d'},"
				"'participant':[{'individual':{'reference':'Practitioner/t%d'}}],"
				"'period':{'start':'2026-05-03T14:00:00Z'}}",
				i, i, i),
			NULL));
	}
	assert_ok(records_commit(house.r, 1));
	for (int i = 0; i < EXPLAIN_STAFF + 40; i++) {
		struct explanation e;
		const struct explain_ask wish = {.actor = "acc-nora",
			.staff = "Practitioner/nora",
			.role = "nurse",
			.patient = arena_printf(house.arena, "p%d", i),
			.resource = "",
			.at_us = day(3, 15),
			.known_us = day(3, 15)};
		assert_ok(explain_access(explain, &wish, house.arena, &e));
		assert_string_equal(explained_kind_code(e.told.kind), "house");
	}
}

static uint64_t opened(int64_t at_us, const char *actor)
{
	static const char *const anna = "anna";
	return entry(&(struct trail_entry){.time_us = at_us,
		.kind = TRAIL_ACCESS,
		.action = TRAIL_READ,
		.outcome = TRAIL_ALLOWED,
		.actor = actor,
		.resource = "Patient/anna",
		.patients = &anna,
		.patients_here = 1,
		.patient_count = 1});
}

static void following_up_needs_an_earlier_access_that_was_explained(void **state)
{
	(void)state;
	wards();
	there(STAY("w1"));
	uint64_t seq = opened(day(3, 14), "acc-nora");
	uint64_t now = opened(day(30, 9), "acc-nora");
	struct explanation e = ask_known(day(30, 9), day(30, 9), now);
	assert_kind(e, "follow-up", true);
	assert_int_equal(e.steps[1].seq, seq);
	assert_string_equal(e.steps[1].resource, "");
	assert_kind(ask_known(day(140, 9), day(140, 9), now), "nothing", false); // too long ago
	assert_kind(ask_known(day(30, 9), day(30, 9), seq), "nothing", false);   // not before it
}

static void following_up_on_curiosity_explains_nothing(void **state)
{
	(void)state;
	wards();
	opened(day(3, 14), "acc-nora");
	opened(day(4, 14), "acc-olaf");
	uint64_t now = opened(day(9, 9), "acc-nora");
	assert_kind(ask_known(day(9, 9), day(9, 9), now), "nothing", false);
}

#define NOTE                                                                                       \
	"{'resourceType':'Observation','id':'o','status':'final','code':{'text':'x'}," SUBJECT     \
	",'effectiveDateTime':'2026-05-02T10:00:00Z','performer':[" REFER(                         \
		"Practitioner", "nora") "]}"

static void what_one_wrote_before_explains_and_afterwards_not(void **state)
{
	(void)state;
	people();
	write_as("acc-nora", day(2, 10), NOTE);
	assert_kind(ask(day(3, 14)), "document", true);
	assert_kind(ask_known(day(2, 9), day(4, 9), 0), "nothing", false);
}

static void an_account_of_nobody_is_not_judged(void **state)
{
	(void)state;
	struct explanation e;
	const struct explain_ask wish = {.actor = "a",
		.staff = "",
		.role = "",
		.patient = "anna",
		.resource = "",
		.at_us = 1,
		.known_us = 1};
	assert_ok(explain_access(explain, &wish, house.arena, &e));
	assert_int_equal(e.told.kind, EXPLAINED_UNKNOWN);
	assert_kind(ask(day(3, 14)), "nothing", false); // nor is an unknown patient a failure
}

// ---- Flags.

static void nora_is_a_patient(const char *family, const char *line)
{
	there(arena_printf(house.arena,
		"{'resourceType':'Patient','id':'nora-p','meta':{'security':[{'code':'EMP'}]},"
		"'name':[{'family':'Stone','given':['Nora']}],'gender':'female','birthDate':'1980-01-01',"
		"'address':[{'line':['%s'],'postalCode':'10420'}]}",
		line));
	there(arena_printf(house.arena,
		"{'resourceType':'Patient','id':'anna','name':[{'family':'%s','given':['Anna']}],"
		"'address':[{'line':['12 Mill Lane'],'postalCode':'10420'}]}",
		family));
}

static void family_lives_together_and_has_the_name(void **state)
{
	(void)state;
	people();
	nora_is_a_patient("Stone", "12, Mill Lane");
	assert_int_equal(ask(day(3, 14)).told.flags, EXPLAINED_FAMILY);
}

static void the_same_address_and_the_same_street_are_less(void **state)
{
	(void)state;
	people();
	nora_is_a_patient("Quill", "12 mill lane");
	assert_int_equal(ask(day(3, 14)).told.flags, EXPLAINED_SAME_ADDRESS);
}

static void a_neighbour_lives_in_the_same_street(void **state)
{
	(void)state;
	people();
	nora_is_a_patient("Stone", "14 Mill Lane");
	assert_int_equal(ask(day(3, 14)).told.flags, EXPLAINED_NEIGHBOUR);
}

static void a_related_person_is_family(void **state)
{
	(void)state;
	people();
	there("{'resourceType':'Practitioner','id':'nora','name':[{'family':'Stone','given':['Nora']}],"
	      "'birthDate':'1980-01-01'}");
	there("{'resourceType':'RelatedPerson','id':'rp','patient':" REFER("Patient",
		"anna") ","
			"'name':[{'family':'Stone','given':['Nora']}],'birthDate':'1980-01-01'}");
	assert_int_equal(ask(day(3, 14)).told.flags, EXPLAINED_FAMILY);
	there("{'resourceType':'RelatedPerson','id':'rp','patient':" REFER("Patient",
		"anna") ","
			"'name':[{'family':'Stone','given':['Nora']}],'birthDate':'1981-01-01'}");
	explain_free(explain);
	explain = explain_new(house.r, ledger);
	assert_int_equal(ask(day(3, 14)).told.flags, 0);
}

static void labels_are_flags(void **state)
{
	(void)state;
	static const struct {
		const char *code;
		uint32_t flags;
	} cases[] = {{"CEL", EXPLAINED_VIP}, {"V", EXPLAINED_VIP | EXPLAINED_SENSITIVE},
		{"EMP", EXPLAINED_COLLEAGUE}, {"HIV", EXPLAINED_SENSITIVE},
		{"R", EXPLAINED_SENSITIVE}, {"N", 0}};
	people();
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		there(arena_printf(house.arena,
			"{'resourceType':'Patient','id':'anna','meta':{'security':[{'code':'%s'}]},"
			"'name':[{'family':'Quill','given':['Anna']}]}",
			cases[i].code));
		assert_int_equal(ask(day(3, 14)).told.flags, cases[i].flags);
	}
}

static void the_label_of_what_was_opened_counts(void **state)
{
	(void)state;
	people();
	there("{'resourceType':'Observation','id':'h','meta':{'security':[{'code':'HIV'}]},'status':'final',"
	      "'code':{'text':'x'}," SUBJECT "}");
	assert_int_equal(ask(day(3, 14)).told.flags, 0);
	resource = "Observation/h";
	assert_int_equal(ask(day(3, 14)).told.flags, EXPLAINED_SENSITIVE);
}

static void who_works_here_is_a_colleague_without_a_label(void **state)
{
	(void)state;
	people();
	there("{'resourceType':'Practitioner','id':'paul','name':[{'family':'Quill','given':['Anna']}],"
	      "'birthDate':'1970-02-03'}");
	assert_int_equal(ask(day(3, 14)).told.flags, EXPLAINED_COLLEAGUE);
	there("{'resourceType':'Practitioner','id':'paul','name':[{'family':'Quill','given':['Anna']}],"
	      "'birthDate':'1971-02-03'}");
	explain_forget(explain, "anna");
	assert_int_equal(ask(day(3, 14)).told.flags, 0);
}

static void ones_own_record_is_known_by_name_and_birth_date(void **state)
{
	(void)state;
	people();
	there("{'resourceType':'Practitioner','id':'nora','name':[{'family':'Quill','given':['Anna']}],"
	      "'birthDate':'1970-02-03'}");
	assert_true(ask(day(3, 14)).told.flags & EXPLAINED_OWN);
}

static void the_dead_and_the_long_gone_are_flagged(void **state)
{
	(void)state;
	people();
	there("{'resourceType':'Patient','id':'anna','name':[{'family':'Quill'}],"
	      "'deceasedDateTime':'2026-05-02'}");
	assert_int_equal(ask(day(1, 14)).told.flags, 0);
	assert_int_equal(ask(day(3, 14)).told.flags, EXPLAINED_DECEASED);
	there("{'resourceType':'Patient','id':'anna','name':[{'family':'Quill'}]}");
	there("{'resourceType':'Encounter','id':'v','status':'finished','class':{'code':'AMB'}," SUBJECT
	      ",'period':{'start':'2025-01-03T14:00:00Z','end':'2025-01-03T15:00:00Z'}}");
	assert_int_equal(ask(day(3, 14)).told.flags, EXPLAINED_DISCHARGED);
	write_as("import", day(2, 0), visit);
	assert_int_equal(ask(day(3, 14)).told.flags, 0);
}

static void a_large_record_is_cut_and_says_so(void **state)
{
	(void)state;
	people();
	for (int i = 0; i < EXPLAIN_OF_TYPE + 5; i++)
		there(arena_printf(house.arena,
			"{'resourceType':'Encounter','id':'e%d','status':'finished','class':{'code':'AMB'}," SUBJECT
			",'participant':[{'individual':" REFER("Practitioner",
				"olaf") "}],"
					"'period':{'start':'2026-04-03T14:00:00Z','end':'2026-04-03T15:00:00Z'}}",
			i));
	assert_true(ask(day(3, 14)).told.flags & EXPLAINED_CUT);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, begin, finish)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(a_participant_is_explained_while_it_lasts),
		CASE(what_was_recorded_later_counts_when_somebody_else_did_it),
		CASE(what_one_records_later_oneself_explains_nothing),
		CASE(adding_oneself_to_what_was_there_explains_nothing),
		CASE(a_team_explains_by_role_too),
		CASE(a_general_practitioner_is_explained),
		CASE(an_appointment_explains_unless_it_was_cancelled),
		CASE(being_asked_is_a_referral_and_asking_oneself_is_not),
		CASE(a_task_of_somebody_else_is_a_referral),
		CASE(interpreting_a_report_is_an_order),
		CASE(prescribing_is_an_order),
		CASE(a_ward_explains_while_the_patient_is_there),
		CASE(a_shift_makes_the_ward_stronger_and_its_absence_weaker),
		CASE(on_call_explains_the_whole_house),
		CASE(a_colleague_of_who_treats_is_of_the_department),
		CASE(a_large_staff_pushes_nobody_out_of_their_own_question),
		CASE(following_up_needs_an_earlier_access_that_was_explained),
		CASE(following_up_on_curiosity_explains_nothing),
		CASE(what_one_wrote_before_explains_and_afterwards_not),
		CASE(an_account_of_nobody_is_not_judged),
		CASE(family_lives_together_and_has_the_name),
		CASE(the_same_address_and_the_same_street_are_less),
		CASE(a_neighbour_lives_in_the_same_street),
		CASE(a_related_person_is_family),
		CASE(labels_are_flags),
		CASE(the_label_of_what_was_opened_counts),
		CASE(who_works_here_is_a_colleague_without_a_label),
		CASE(ones_own_record_is_known_by_name_and_birth_date),
		CASE(the_dead_and_the_long_gone_are_flagged),
		CASE(a_large_record_is_cut_and_says_so),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
