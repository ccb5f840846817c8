#include "house.h"

#include "common/store/store.h"

#include <signal.h>
#include <sys/resource.h>

static struct key new_kek;

static void many_patients(int from, int to)
{
	char text[200];
	assert_ok(records_begin(house.r));
	for (int i = from; i < to; i++) {
		snprintf(text, sizeof text, "{'resourceType':'Patient','id':'p%d'}", i);
		assert_ok(put(text, NULL));
	}
	assert_ok(records_commit(house.r, 1));
}

static void all_open(int count)
{
	char id[16];
	struct record record;
	for (int i = 0; i < count; i++) {
		snprintf(id, sizeof id, "p%d", i);
		assert_ok(get("Patient", id, &record));
	}
}

static size_t rewrap_some(size_t most)
{
	size_t left = 0;
	assert_ok(records_begin(house.r));
	assert_ok(records_rewrap(house.r, &new_kek, most, &left));
	assert_ok(records_commit(house.r, 1));
	return left;
}

static void rotation_resumes_and_does_not_stop_service(void **state)
{
	(void)state;
	memset(&new_kek, 9, sizeof new_kek);
	struct key old = house.kek;
	many_patients(0, 50);
	house_again();
	assert_int_equal(rewrap_some(20), 31); // with the hospital's own
	all_open(50);
	many_patients(50, 60); // under the new one already
	house_close();
	assert_err(house_try_open(&new_kek) == OK ? OK : ERR_CORRUPT, OK); // either order opens
	house_close();
	house.kek = new_kek;
	assert_ok(house_try_open(&old));
	all_open(60);
	assert_int_equal(rewrap_some(20), 11);
	assert_int_equal(rewrap_some(20), 0);
	house_again(); // the old one is not needed any more
	all_open(60);
	house_close();
	house.kek = old;
	assert_err(house_try_open(NULL), ERR_CORRUPT);
}

static void a_rotation_that_was_rolled_back_changes_nothing(void **state)
{
	(void)state;
	size_t left;
	memset(&new_kek, 9, sizeof new_kek);
	many_patients(0, 10);
	assert_err(records_rewrap(house.r, &new_kek, 5, &left), ERR_INVALID);
	assert_ok(records_begin(house.r));
	assert_ok(records_rewrap(house.r, &new_kek, 5, &left));
	house_again();
	all_open(10);
}

static void a_third_key_waits(void **state)
{
	(void)state;
	size_t left;
	struct key third;
	memset(&new_kek, 9, sizeof new_kek);
	memset(&third, 11, sizeof third);
	many_patients(0, 10);
	rewrap_some(5);
	assert_ok(records_begin(house.r));
	assert_err(records_rewrap(house.r, &third, 5, &left), ERR_BUSY);
	assert_ok(records_commit(house.r, 1));
}

static const char anna[] = "{'resourceType':'Patient','id':'anna','name':[{'family':'Zwetschge'}],"
			   "'generalPractitioner':[{'reference':'Practitioner/gp'}]}";

static void shredded_is_gone(void **state)
{
	(void)state;
	struct record record;
	struct care care;
	store(anna);
	store("{'resourceType':'Patient','id':'bert','name':[{'family':'Zwetschge'}]}");
	store("{'resourceType':'Observation','id':'o','status':'final','code':{'text':'x'},"
	      "'subject':{'reference':'Patient/anna'}}");
	assert_found("Patient", NULL, "name=zwetsch", "anna bert");
	assert_ok(records_begin(house.r));
	assert_ok(records_shred(house.r, "anna"));
	assert_ok(records_commit(house.r, 1));
	for (int i = 0; i < 2; i++) {
		assert_err(get("Patient", "anna", &record), ERR_NOT_FOUND);
		assert_err(get("Observation", "o", &record), ERR_NOT_FOUND);
		assert_found("Patient", NULL, "name=zwetsch", "bert");
		assert_ok(records_care(house.r, "Practitioner/gp", "anna", house.arena, &care));
		assert_int_equal(care.kind, CARE_NONE);
		assert_ok(records_begin(house.r));
		assert_err(put(anna, NULL), ERR_GONE);
		assert_err(records_shred(house.r, "anna"), ERR_GONE);
		assert_ok(records_commit(house.r, 1));
		house_again();
	}
}

static void a_destroyed_key_is_nowhere_on_disk(void **state)
{
	(void)state;
	char problem[256], wrapped[61] = "";
	struct store *db;
	struct store_query *q;
	struct store_sqlite options = {.path = house.path, .read_only = true};
	store(anna);
	assert_ok(store_open_sqlite(&options, &db, problem));
	assert_ok(store_prepare(db, "SELECT wrapped FROM patient WHERE number = 1", &q));
	assert_int_equal(query_step(q), STORE_ROW);
	assert_int_equal(row_blob(q, 0).size, 60);
	memcpy(wrapped, row_blob(q, 0).at, 60);
	store_query_free(q);
	store_close(db);
	assert_true(disk_holds_bytes(wrapped, 60));
	assert_ok(records_begin(house.r));
	assert_ok(records_shred(house.r, "anna"));
	assert_ok(records_commit(house.r, 1));
	assert_false(disk_holds_bytes(wrapped, 60));
}

static void a_shredding_that_was_rolled_back_did_nothing(void **state)
{
	(void)state;
	struct record record;
	store(anna);
	assert_ok(records_begin(house.r));
	assert_ok(records_shred(house.r, "anna"));
	house_again();
	assert_ok(get("Patient", "anna", &record));
}

// A data key of a transaction that failed must not be used by the next one.
static void a_failed_commit_leaves_no_key_behind(void **state)
{
	(void)state;
	struct record record;
	struct rlimit before, small;
	store("{'resourceType':'Patient','id':'first'}");
	signal(SIGXFSZ, SIG_IGN);
	getrlimit(RLIMIT_FSIZE, &before);
	small = before;
	struct records_stats stats;
	assert_ok(records_stats(house.r, &stats));
	small.rlim_cur = stats.wal_bytes;
	assert_ok(records_begin(house.r));
	assert_ok(records_savepoint(house.r));
	assert_ok(put(anna, NULL));
	assert_ok(records_release(house.r));
	assert_ok(records_savepoint(house.r)); // forgets anna's key, which is read again
	assert_ok(put("{'resourceType':'Patient','id':'bert'}", NULL));
	assert_ok(records_rollback(house.r));
	assert_ok(records_savepoint(house.r));
	assert_ok(put(anna, NULL));
	assert_ok(records_release(house.r));
	setrlimit(RLIMIT_FSIZE, &small);
	assert_err(records_commit(house.r, 7), ERR_IO);
	assert_err(get("Patient", "anna", &record), ERR_NOT_FOUND);
	setrlimit(RLIMIT_FSIZE, &before);
	assert_int_equal(records_trail_end(house.r), 1);
	store(anna);
	house_again();
	assert_ok(get("Patient", "anna", &record));
	assert_int_equal(record.version, 1);
	assert_ok(get("Patient", "first", &record));
}

// A transaction larger than the cache meets the full disk in the middle of a request.
static void a_disk_full_in_the_middle_undoes_the_whole_batch(void **state)
{
	(void)state;
	struct record record;
	struct rlimit before, small;
	static char text[300000];
	signal(SIGXFSZ, SIG_IGN);
	getrlimit(RLIMIT_FSIZE, &before);
	small = before;
	small.rlim_cur = 4 << 20;
	assert_ok(records_begin(house.r));
	assert_ok(records_savepoint(house.r));
	assert_ok(put(anna, NULL));
	assert_ok(records_release(house.r));
	setrlimit(RLIMIT_FSIZE, &small);
	enum err err = OK;
	for (int i = 0; i < 600 && !err; i++) {
		int size = snprintf(text, sizeof text,
			"{'resourceType':'Basic','id':'b%d','code':{'text':'", i);
		memset(text + size, 'x', 250000);
		strcpy(text + size + 250000, "'}}");
		err = records_savepoint(house.r);
		if (!err)
			err = put(text, NULL);
		if (!err)
			err = records_release(house.r);
	}
	assert_err(err, ERR_IO);
	(void)!records_rollback(house.r);
	// Whoever comes after in the same batch is refused, and the batch is.
	enum err next = records_begin(house.r);
	if (!next)
		next = records_savepoint(house.r);
	if (!next)
		next = put("{'resourceType':'Patient','id':'late'}", NULL);
	if (!next)
		next = records_release(house.r);
	enum err committed = records_commit(house.r, 5);
	setrlimit(RLIMIT_FSIZE, &before);
	assert_err(committed, ERR_IO);
	assert_int_equal(records_trail_end(house.r), 0);
	assert_err(get("Patient", "anna", &record), ERR_NOT_FOUND);
	assert_err(get("Patient", "late", &record), ERR_NOT_FOUND);
	store(anna);
	house_again();
	assert_ok(get("Patient", "anna", &record));
	assert_err(get("Basic", "b0", &record), ERR_NOT_FOUND);
}

#define in_house(test) cmocka_unit_test_setup_teardown(test, house_open, house_end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		in_house(rotation_resumes_and_does_not_stop_service),
		in_house(a_rotation_that_was_rolled_back_changes_nothing),
		in_house(a_third_key_waits),
		in_house(shredded_is_gone),
		in_house(a_destroyed_key_is_nowhere_on_disk),
		in_house(a_shredding_that_was_rolled_back_did_nothing),
		in_house(a_failed_commit_leaves_no_key_behind),
		in_house(a_disk_full_in_the_middle_undoes_the_whole_batch),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
