// What the feed tells of accounts, flags and explanations, and what the rules make of it.
#include "folder.h"

#include "common/format/trail.h"
#include "watch/detect/findings.h"
#include "watch/detect/from_feed.h"

static const struct feed_event access_ = {.seq = 7,
	.time_us = 1772618400000000,
	.kind = TRAIL_ACCESS,
	.action = TRAIL_READ,
	.outcome = TRAIL_ALLOWED,
	.actor = 0xa1,
	.session = 0x55,
	.user = 0xb2,
	.resource = 0xc3,
	.patient_count = 1,
	.patients_here = 1,
	.patient = 0xe5,
	.patients = {0xe5},
	.role = "nurse",
	.resource_type = "Observation",
	.address = "10.0.0.1",
	.flags = "honey"};

// The same, when it was explained: entry 9, two hours later.
static struct feed_event explained(uint64_t seq, uint8_t look)
{
	struct feed_event e = access_;
	e.about = e.seq;
	e.about_us = e.time_us;
	e.about_action = e.action;
	e.seq = seq;
	e.time_us += 2 * 3600000000ll;
	e.kind = TRAIL_SYSTEM;
	e.action = TRAIL_EXPLAINED;
	e.look = look;
	e.strength = 35;
	strcpy(e.explanation, "house");
	strcpy(e.flags, "family off-duty");
	return e;
}

static const char *text(const struct ocsf_event *event, enum ocsf_field field)
{
	const struct ocsf_value *v = ocsf_first(event, field);
	return v ? arena_text_n(arena, (const char *)v->text.at, v->text.size) : "-";
}

static void an_account_and_a_flag_reach_the_rules(void **state)
{
	static struct ocsf_event event;
	ocsf_from_feed(&access_, &event, arena);
	assert_string_equal(text(&event, OCSF_USER), "00000000000000b2");
	assert_string_equal(text(&event, OCSF_RESOURCE), "00000000000000c3");
	assert_string_equal(text(&event, OCSF_FLAGS), "honey");
	assert_string_equal(text(&event, OCSF_EXPLANATION), "-");
	assert_int_equal(event.class_uid, 6005);
	assert_int_equal(event.place, 7);
}

static void an_explained_access_is_told_as_it_was_in_a_class_of_its_own(void **state)
{
	static struct ocsf_event event, before;
	struct feed_event from = explained(9, 2);
	ocsf_from_feed(&access_, &before, arena);
	ocsf_from_feed(&from, &event, arena);
	assert_int_equal(event.class_uid, 2006);
	assert_string_equal(text(&event, OCSF_ACTIVITY_NAME), "read");
	assert_string_equal(text(&event, OCSF_STATUS_DETAIL), "allowed");
	assert_string_equal(text(&event, OCSF_EXPLANATION), "house");
	assert_string_equal(text(&event, OCSF_EXPLANATION_STRENGTH), "35");
	assert_string_equal(text(&event, OCSF_EXPLANATION_LOOK), "2");
	assert_string_equal(text(&event, OCSF_RELATIONSHIP), "none");
	const struct ocsf_value *flag = ocsf_first(&event, OCSF_FLAGS);
	assert_true(bytes_equal(flag->text, bytes_text("family")));
	flag = ocsf_next(&event, flag);
	assert_true(bytes_equal(flag->text, bytes_text("off-duty")));
	// Which access, and at what hour, is the access's own; the place is the later entry's.
	assert_int_equal(event.seq, 7);
	assert_int_equal(event.place, 9);
	assert_string_equal(text(&event, OCSF_HOUR), text(&before, OCSF_HOUR));
	assert_true(event.time_us > before.time_us);
}

static void feed(const struct feed_event *from)
{
	static struct ocsf_event event;
	arena_reset(arena);
	ocsf_from_feed(from, &event, arena);
	detect_event(detect, &event);
}

static void read_family_rule(void)
{
	write_file("family.yml", "title: family\nid: 00000000-0000-0000-0000-000000000099\n"
				 "logsource: {product: healthcare, category: explained-access}\n"
				 "detection: {s: {flags: family}, condition: s}\nsentence: x\n");
	assert_false(detect_read(detect, folder));
}

static void a_finding_names_the_access_and_rests_on_both_entries(void **state)
{
	struct feed_event from = explained(9, 1);
	read_family_rule();
	feed(&access_);
	feed(&from);
	assert_int_equal(found_count, 1);
	assert_int_equal(found[0].seq, 7);
	assert_int_equal(found[0].evidence_count, 2);
	assert_int_equal(found[0].evidence[0], 7);
	assert_int_equal(found[0].evidence[1], 9);
	assert_string_equal(found[0].key, "patient.uid=00000000000000e5");
}

// What was told before the place is not found again; what was told of an old access is.
static void a_replay_goes_by_the_place_of_what_was_told(void **state)
{
	struct feed_event early = explained(9, 1), late = explained(12, 2);
	read_family_rule();
	detect_replay_until(detect, 10);
	feed(&early);
	assert_int_equal(found_count, 0);
	feed(&late);
	assert_int_equal(found_count, 1);
}

// ---- Exceptions that are written here.

static void an_exception_is_read_as_it_was_written(void **state)
{
	static const char *const values[] = {"plain", "a: {b}, #c", "\"quoted\" \\ back", "ä=ö",
		"- x", " led by a blank", "null", "0123456789abcdef"};
	for (size_t i = 0; i < sizeof values / sizeof *values; i++) {
		struct exception e = {.rule = "00000000-0000-0000-0000-000000000099",
			.field = OCSF_USER_AGENT,
			.value = values[i],
			.reason = values[sizeof values / sizeof *values - 1 - i],
			.until = "2099-01-31"};
		struct exceptions got;
		struct exceptions_problem problem;
		struct buf out = {0};
		exception_encode(&e, &out);
		if (exceptions_parse(buf_bytes(&out), arena, &got, &problem))
			fail_msg("%s: %s", values[i], problem.text);
		assert_int_equal(got.count, 1);
		assert_string_equal(got.at[0].value, e.value);
		assert_string_equal(got.at[0].reason, e.reason);
		char a[EXCEPTION_ID_BYTES], b[EXCEPTION_ID_BYTES];
		exception_id(&e, a);
		exception_id(&got.at[0], b);
		assert_string_equal(a, b);
		buf_done(&out);
	}
}

static void a_second_file_of_exceptions_counts_beside_the_first(void **state)
{
	struct feed_event from = explained(9, 1);
	char also[100];
	snprintf(also, sizeof also, "%s/also.txt", folder);
	write_file("also.txt", "- {rule: 00000000-0000-0000-0000-000000000099, when: "
			       "actor.user.uid=00000000000000a1, reason: r, until: 2099-01-31}\n");
	detect_also(detect, also);
	read_family_rule();
	assert_true(detect_rules(detect)->exceptions.at[0].added);
	feed(&from);
	assert_int_equal(found_count, 0);
	assert_int_equal(detect_rules(detect)->exceptions.at[0].used, 1);
	from.actor = 0xa2;
	feed(&from);
	assert_int_equal(found_count, 1);
	write_file("also.txt", "- {rule: x}\n");
	assert_true(detect_read(detect, folder)); // told, and the rules count
	assert_int_equal(detect_rules(detect)->count, 1);
}

// ---- How far back.

static void a_start_finds_the_place_that_a_timespan_reaches_back_to(void **state)
{
	char path[100], problem[256];
	struct findings *f;
	struct seen *seen = seen_new();
	snprintf(path, sizeof path, "%s/findings.db", folder);
	assert_ok(findings_open(path, &f, problem));
	assert_int_equal(findings_last_hour(f), 0);
	for (int64_t hour = 1000; hour < 1010; hour += 2)
		findings_hour(f, hour, (uint64_t)hour * 10);
	findings_hour(f, 1004, 5); // known already
	assert_ok(findings_save(f, 20000, seen));
	findings_close(f);
	assert_ok(findings_open(path, &f, problem));
	assert_int_equal(findings_last_hour(f), 1008);
	assert_int_equal(findings_hour_from(f, 1004), 10040);
	assert_int_equal(findings_hour_from(f, 1005), 10040);
	assert_int_equal(findings_hour_from(f, 999), 0);
	findings_hour(f, 1006 + FINDINGS_HOURS, 99999);
	assert_int_equal(findings_hour_from(f, 1005), 0); // older ones are forgotten
	assert_int_equal(findings_hour_from(f, 1006), 10060);
	findings_close(f);
	seen_free(seen);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(an_account_and_a_flag_reach_the_rules),
		TEST(an_explained_access_is_told_as_it_was_in_a_class_of_its_own),
		TEST(a_finding_names_the_access_and_rests_on_both_entries),
		TEST(a_replay_goes_by_the_place_of_what_was_told),
		TEST(an_exception_is_read_as_it_was_written),
		TEST(a_second_file_of_exceptions_counts_beside_the_first),
		TEST(a_start_finds_the_place_that_a_timespan_reaches_back_to),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
