#include "house.h"
#include "vault/records/leaks.h"

static const char anna[] = "{'resourceType':'Patient','id':'anna','name':[{'family':'Zwetschge'}]}";
static const char bert[] = "{'resourceType':'Patient','id':'bert','name':[{'family':'Quitte'}]}";
static const char sugar[] =
	"{'resourceType':'Observation','id':'sugar','status':'final','code':"
	"{'text':'x'},'subject':{'reference':'Patient/anna'},'valueString':'high'}";
static const char urea[] =
	"{'resourceType':'Observation','id':'urea','status':'final','code':"
	"{'text':'x'},'subject':{'reference':'Patient/anna'},'valueString':'high'}";

static struct records_report look(records_seen *seen, void *context)
{
	struct records_report report;
	struct records_check options = {.seen = seen, .context = context};
	assert_ok(records_check(house.r, &options, &report));
	return report;
}

static int filled(void **state)
{
	if (house_open(state))
		return -1;
	store(anna);
	store(bert);
	store(sugar);
	store(urea);
	store(sugar);
	return 0;
}

static void the_untouched_is_whole(void **state)
{
	(void)state;
	struct records_report report = look(NULL, NULL);
	assert_string_equal(report.where, "");
	assert_true(report.whole);
	assert_int_equal(report.resources, 4);
	assert_int_equal(report.versions, 5);
	house_again();
	assert_true(look(NULL, NULL).whole);
}

static void the_shredded_is_counted_and_whole(void **state)
{
	(void)state;
	assert_ok(records_begin(house.r));
	assert_ok(records_shred(house.r, "anna"));
	assert_ok(records_commit(house.r, 1));
	struct records_report report = look(NULL, NULL);
	assert_string_equal(report.where, "");
	assert_int_equal(report.shredded, 4);
	assert_int_equal(report.versions, 1);
}

// Blobs are in the order in which they were put: slots 1 to 4, sugar (3) with two versions.
static const char *const tampering[] = {
	// one byte changed, at the beginning, in the middle, at the end
	"UPDATE blob SET sealed = CASE substr(sealed, 1, 1) WHEN x'00' THEN x'01' ELSE x'00' END"
	" || substr(sealed, 2) WHERE key = 3 << 20 | 1",
	"UPDATE blob SET sealed = substr(sealed, 1, 40) || x'0000' || substr(sealed, 43)"
	" WHERE key = 3 << 20 | 1",
	"UPDATE blob SET sealed = substr(sealed, 1, length(sealed) - 1) WHERE key = 3 << 20 | 1",
	// an older version for the newer one
	"UPDATE blob SET sealed = (SELECT sealed FROM blob WHERE key = 3 << 20 | 1)"
	" WHERE key = 3 << 20 | 2",
	// two rows of one patient swapped, with all their columns
	"UPDATE blob SET key = -1 WHERE key = 3 << 20 | 1;"
	"UPDATE blob SET key = 3 << 20 | 1 WHERE key = 4 << 20 | 1;"
	"UPDATE blob SET key = 4 << 20 | 1 WHERE key = -1",
	// two patients swapped
	"UPDATE blob SET key = -1 WHERE key = 1 << 20 | 1;"
	"UPDATE blob SET key = 1 << 20 | 1 WHERE key = 2 << 20 | 1;"
	"UPDATE blob SET key = 2 << 20 | 1 WHERE key = -1",
	"UPDATE lookup SET slot = 3 - slot WHERE slot < 3",
	// a version dropped, a time or a method changed
	"DELETE FROM blob WHERE key = 3 << 20 | 1",
	"DELETE FROM blob WHERE key = 3 << 20 | 2",
	"UPDATE blob SET updated = updated + 1 WHERE key = 1 << 20 | 1",
	"UPDATE blob SET method = 3 WHERE key = 1 << 20 | 1",
	"UPDATE lookup SET method = 3 WHERE slot = 1",
	"UPDATE lookup SET version = 1 WHERE slot = 3",
	"UPDATE lookup SET version = 0 WHERE slot = 3",
	"UPDATE lookup SET version = 1 << 40 WHERE slot = 3",
	"DELETE FROM lookup WHERE slot = 1",
	// another patient's key, or patient
	"UPDATE blob SET patient = 2 WHERE key = 3 << 20 | 1",
	"UPDATE patient SET wrapped = (SELECT wrapped FROM patient WHERE number = 1) WHERE number = 2",
	// made impossible to find, or found under another name
	"DELETE FROM item WHERE slot = 3",
	"UPDATE item SET words = x'' WHERE slot = 3",
	"UPDATE item SET version = 1 WHERE slot = 3",
	"DELETE FROM find WHERE slot = 1",
	"UPDATE find SET slot = 3 - slot WHERE token = (SELECT max(token) FROM find)",
	"INSERT INTO find VALUES (5, 2, 2)",
};

static void tampering_shows(void **state)
{
	for (size_t i = 0; i < sizeof tampering / sizeof *tampering; i++) {
		assert_int_equal(filled(state), 0);
		behind_our_back(tampering[i]);
		struct records_report report = look(NULL, NULL);
		if (report.whole || !report.where[0])
			fail_msg("not seen: %s", tampering[i]);
		house_end(state);
	}
}

static enum err trail_says(void *context, const struct record *record)
{
	const struct hash *known = context;
	bool mine = strcmp(record->id, "bert") == 0;
	return mine && memcmp(known, &record->sealed_hash, sizeof *known) != 0 ? ERR_CORRUPT : OK;
}

static enum err remember_bert(void *context, const struct record *record)
{
	struct hash *known = context;
	if (strcmp(record->id, "bert") == 0)
		*known = record->sealed_hash;
	return OK;
}

static void what_the_trail_does_not_know_shows(void **state)
{
	static const struct hash none;
	struct hash known = none;
	(void)state;
	assert_ok(records_walk(house.r, remember_bert, &known));
	assert_memory_not_equal(&known, &none, sizeof known);
	assert_true(look(trail_says, &known).whole);
	known.bytes[31] ^= 1;
	struct records_report report = look(trail_says, &known);
	assert_false(report.whole);
	assert_non_null(strstr(report.where, "Patient/bert version 1"));
}

static void a_read_of_what_was_changed_fails(void **state)
{
	(void)state;
	struct record record;
	behind_our_back("UPDATE lookup SET slot = 3 - slot WHERE slot < 3");
	assert_err(get("Patient", "anna", &record), ERR_CORRUPT);
}

static int64_t leak(const char *name)
{
	struct records_leak *leaks;
	size_t count;
	assert_ok(records_leaks(house.path, house.arena, &leaks, &count));
	for (size_t i = 0; i < count; i++)
		if (strcmp(leaks[i].name, name) == 0)
			return leaks[i].value;
	fail_msg("%s is not measured", name);
	return 0;
}

static void leaks_are_measured(void **state)
{
	(void)state;
	store("{'resourceType':'Observation','id':'b','status':'final','code':{'text':'x'},"
	      "'subject':{'reference':'Patient/bert'},'valueString':'high'}");
	assert_int_equal(leak("patients"), 2);
	assert_int_equal(leak("clinical-shared"), 0); // both have status=final
	assert_int_equal(leak("find-tokens"), 10);    // four prefixes and a sound of each name
	assert_int_equal(leak("find-most-frequent"), 1);
	store("{'resourceType':'Patient','id':'carl','name':[{'family':'Quitte'}]}");
	assert_int_equal(leak("find-most-frequent"), 2);
	assert_int_equal(leak("types"), 2);
	struct record record; // the connection still only reads, and still reads
	assert_ok(get("Patient", "carl", &record));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(the_untouched_is_whole, filled, house_end),
		cmocka_unit_test_setup_teardown(
			the_shredded_is_counted_and_whole, filled, house_end),
		cmocka_unit_test(tampering_shows),
		cmocka_unit_test_setup_teardown(
			what_the_trail_does_not_know_shows, filled, house_end),
		cmocka_unit_test_setup_teardown(
			a_read_of_what_was_changed_fails, filled, house_end),
		cmocka_unit_test_setup_teardown(leaks_are_measured, filled, house_end),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
