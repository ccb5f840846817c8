#include "../unit.h"

#include "common/base/time.h"
#include "common/format/json.h"
#include "common/format/trail.h"
#include "watch/intelligence/intelligence.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define DAY_US INT64_C(86400000000)
#define NOW_US INT64_C(1798761600000000) // 2027-01-01

static char folder[100], state[120], rules[120];
static struct intelligence *watching;
static int64_t now_us;

static struct {
	char id[40], key[200], sentence[FINDING_SENTENCE_BYTES];
	enum sigma_level level;
	uint64_t count, seq;
	bool infected;
} found[400];
static size_t found_count;

static void on_found(void *context, const struct finding *finding)
{
	(void)context;
	json_t *json = finding_json(finding);
	assert_non_null(json);
	json_decref(json);
	assert_true(found_count < 400);
	snprintf(found[found_count].id, 40, "%s", finding->id);
	snprintf(found[found_count].key, 200, "%s", finding->key);
	strcpy(found[found_count].sentence, finding->sentence);
	found[found_count].level = finding->level;
	found[found_count].infected = false;
	for (size_t i = 0; finding->tags && i < finding->tags->count; i++)
		found[found_count].infected |=
			strcmp(finding->tags->at[i], "hospitaller.infected") == 0;
	found[found_count].seq = finding->seq;
	found[found_count++].count = finding->count;
}

static void put(const char *name, const char *text)
{
	char path[400];
	snprintf(path, sizeof path, "%s/%s", folder, name);
	unlink(path); // another file, whatever its time
	FILE *file = fopen(path, "w");
	assert_non_null(file);
	assert_int_equal(fwrite(text, 1, strlen(text), file), strlen(text));
	fclose(file);
}

// Until the thread has nothing to do any more; two seconds later each time.
static void settle(void)
{
	for (int i = 0, quiet = 0; quiet < 3; i++) {
		assert_true(i < 20000);
		json_t *status = intelligence_status(watching);
		bool busy = json_is_true(json_object_get(status, "busy"));
		json_decref(status);
		quiet = busy || !intelligence_ready(watching) ? 0 : quiet + 1;
		now_us += busy ? 0 : 2100000;
		assert_ok(intelligence_tick(watching, now_us));
		if (busy)
			usleep(1000);
	}
	assert_ok(intelligence_save(watching));
}

static void open_it(void)
{
	char problem[256];
	const struct intelligence_places places = {state, rules, on_found, NULL};
	assert_ok(intelligence_open(&places, &watching, problem));
	settle();
}

static int begin(void **context)
{
	(void)context;
	strcpy(folder, "/tmp/intelligence-XXXXXX");
	assert_non_null(mkdtemp(folder));
	snprintf(state, sizeof state, "%s/watch", folder);
	snprintf(rules, sizeof rules, "%s/rules", folder);
	char path[400];
	mkdir(state, 0700);
	mkdir(rules, 0700);
	for (size_t i = 0; i < 3; i++) {
		static const char *const folders[] = {
			"rules/intelligence", "rules/intelligence/warninglists", "watch/feeds"};
		snprintf(path, sizeof path, "%s/%s", folder, folders[i]);
		mkdir(path, 0700);
	}
	now_us = NOW_US;
	found_count = 0;
	return 0;
}

static int finish(void **context)
{
	(void)context;
	char command[200];
	intelligence_close(watching);
	watching = NULL;
	snprintf(command, sizeof command, "rm -r %s", folder);
	return system(command);
}

static json_t *source(const char *name)
{
	json_t *status = intelligence_status(watching), *one, *kept = NULL;
	size_t i;
	json_array_foreach(json_object_get(status, "list"), i,
		one) if (strcmp(json_string_value(json_object_get(one, "name")), name) == 0) kept =
		json_incref(one);
	json_decref(status);
	return kept;
}

static json_int_t number(const char *name, const char *key)
{
	json_t *one = source(name);
	json_int_t value = one ? json_integer_value(json_object_get(one, key)) : -1;
	json_decref(one);
	return value;
}

static void assert_problem(const char *name, const char *problem)
{
	json_t *one = source(name);
	assert_non_null(one);
	assert_string_equal(json_string_value(json_object_get(one, "problem")), problem);
	json_decref(one);
}

static uint64_t last_seq;

static void event_at(const char *address, const char *application, int64_t at_us)
{
	struct feed_event e = {.seq = ++last_seq,
		.time_us = at_us,
		.kind = TRAIL_ACCESS,
		.action = TRAIL_READ,
		.outcome = TRAIL_ALLOWED,
		.actor = 0xabcdef,
		.patient = 7};
	snprintf(e.address, sizeof e.address, "%s", address);
	snprintf(e.application, sizeof e.application, "%s", application);
	intelligence_event(watching, &e);
}

static void event(const char *address, const char *application)
{
	event_at(address, application, now_us);
}

static void files_are_read_and_matched(void **context)
{
	(void)context;
	put("watch/feeds/list.txt", "192.0.2.0/24\nbad.example\nagent part: sqlmap\n");
	open_it();
	event("192.0.2.7", "Ward 7");
	event("192.0.2.7", "Ward 7"); // the same day: counted
	event("198.51.100.1", "Mozilla/5.0 (SQLMap/1.0)");
	event("198.51.100.1", "Ward 7");
	assert_int_equal(found_count, 2);
	assert_string_equal(found[0].id, "intelligence.address");
	assert_string_equal(found[0].key, "192.0.2.0/24");
	assert_non_null(strstr(found[0].sentence,
		"0000000000abcdef came with the address "
		"192.0.2.7 in 192.0.2.0/24, which the list \"list.txt\""));
	assert_non_null(strstr(found[0].sentence, "(50 of 100 sure)"));
	assert_int_equal(found[0].level, SIGMA_LOW);
	assert_string_equal(found[1].id, "intelligence.agent");
	event_at("192.0.2.9", "Ward 7", now_us + DAY_US);
	assert_int_equal(found_count, 3);
	assert_int_equal(found[2].count, 3);
	json_t *look = intelligence_look(watching, "192.0.2.7");
	json_t *seen = json_object_get(look, "sightings");
	assert_int_equal(json_array_size(json_object_get(look, "indicators")), 1);
	assert_int_equal(json_integer_value(json_object_get(json_array_get(seen, 0), "count")), 3);
	json_decref(look);
}

// A program of attackers on a host inside is more than one that comes from outside.
static void what_runs_inside_is_told_as_such(void **context)
{
	(void)context;
	put("rules/intelligence/sources.yaml",
		"sources:\n  - name: sure\n    file: sure.txt\n    sure: 95\n"
		"  - name: less\n    file: less.txt\n    sure: 70\n");
	put("rules/intelligence/sure.txt", "agent part: evilbeacon\n192.0.2.7\n");
	put("rules/intelligence/less.txt", "agent part: oddtool\n");
	open_it();
	event("198.51.100.1", "EvilBeacon/1 (other)");
	event("10.40.0.2", "EvilBeacon/1"); // not hidden by who does the same outside
	event("10.40.0.2", "EvilBeacon/1");
	event("198.51.100.1", "EvilBeacon/1");
	event("10.40.0.2", "oddtool");
	event("192.0.2.7", "Ward 7");
	assert_int_equal(found_count, 4);
	assert_true(found[1].infected && !found[0].infected);
	assert_non_null(strstr(found[1].sentence,
		"0000000000abcdef came from 10.40.0.2 with the program evilbeacon, which"));
	assert_false(found[2].infected || found[3].infected);
}

static void a_change_is_swapped_in(void **context)
{
	(void)context;
	put("watch/feeds/list.txt", "192.0.2.1\n");
	open_it();
	event("192.0.2.2", "");
	assert_int_equal(found_count, 0);
	put("watch/feeds/list.txt", "192.0.2.2\n");
	settle();
	event("192.0.2.2", "");
	event("192.0.2.1", "");
	assert_int_equal(found_count, 1);
	char path[300];
	snprintf(path, sizeof path, "%s/feeds/list.txt", state);
	unlink(path);
	settle();
	assert_int_equal(number("list.txt", "indicators"), -1);
	event_at("192.0.2.2", "", now_us + 2 * DAY_US);
	assert_int_equal(found_count, 1);
}

static void what_is_wrong_wipes_nothing(void **context)
{
	(void)context;
	put("watch/feeds/list.txt", "192.0.2.1\n192.0.2.2\n");
	open_it();
	put("watch/feeds/list.txt", "");
	settle();
	assert_problem("list.txt", "it has shrunk from 2 indicators to 0: what was there is kept");
	put("watch/feeds/list.txt", "{\"type\":\"bund");
	settle();
	assert_problem("list.txt", "it cannot be read: neither JSON nor a list");
	put("watch/feeds/list.txt", "{\"type\":\"other\",\"x\":1}");
	settle();
	assert_problem("list.txt", "it is JSON, but neither STIX nor MISP");
	assert_int_equal(number("list.txt", "failures"), 3);
	assert_int_equal(number("list.txt", "indicators"), 2);
	event("192.0.2.2", "");
	assert_int_equal(found_count, 1);
	put("watch/feeds/list.txt", "192.0.2.3\n");
	settle();
	assert_problem("list.txt", "");
	assert_int_equal(number("list.txt", "indicators"), 1);
}

static void a_tenth_is_believed_the_third_time(void **context)
{
	char text[8000] = "";
	(void)context;
	for (int i = 0; i < 150; i++)
		sprintf(text + strlen(text), "192.0.2.%d\n", i);
	put("watch/feeds/list.txt", text);
	open_it();
	for (int i = 0; i < 3; i++) {
		assert_int_equal(number("list.txt", "indicators"), 150);
		put("watch/feeds/list.txt", i % 2 ? "198.51.100.1\n" : "198.51.100.1\n\n");
		settle();
	}
	assert_int_equal(number("list.txt", "indicators"), 1);
}

#define STIX(more, pattern)                                                                        \
	"{\"type\":\"indicator\",\"id\":\"indicator--0c7e22ad-b099-4dc3-b0df-2ea3f49ae2e" more     \
	",\"pattern\":\"" pattern "\"}"

static void times_and_certainty(void **context)
{
	(void)context;
	put("watch/feeds/b.json",
		"{\"type\":\"bundle\",\"objects\":[" STIX(
			"1\",\"valid_until\":\"2027-01-03T00:00:00Z\",\"confidence\":90",
			"[ipv4-addr:value = '192.0.2.1']") "," STIX("2\",\"valid_from\":\"2026-11-01T00:00:00Z\",\"confidence\":70",
			"[ipv4-addr:value = '192.0.2.2']") "," STIX("3\",\"valid_from\":\"2026-12-31T00:00:00Z\",\"confidence\":10",
			"[ipv4-addr:value = '192.0.2.3']") "," STIX("4\",\"revoked\":true",
			"[ipv4-addr:value = '192.0.2.4']") "," STIX("5\"",
			"[file:name = 'x']") "]}");
	open_it();
	event("192.0.2.1", "");
	event("192.0.2.2", ""); // expired: 30 days after valid_from
	event("192.0.2.3", "");
	event("192.0.2.4", "");                         // revoked
	event_at("192.0.2.1", "", now_us + 3 * DAY_US); // expired
	assert_int_equal(found_count, 2);
	assert_int_equal(found[0].level, SIGMA_HIGH);
	assert_int_equal(found[1].level, SIGMA_INFORMATIONAL);
	assert_int_equal(number("b.json", "left_out"), 1);
	json_t *one = source("b.json");
	json_t *left = json_array_get(json_object_get(one, "examples"), 0);
	assert_string_equal(json_string_value(json_object_get(left, "id")),
		"indicator--0c7e22ad-b099-4dc3-b0df-2ea3f49ae2e5");
	json_decref(one);
	json_t *look = intelligence_look(watching, "192.0.2.2");
	json_t *hit = json_array_get(json_object_get(look, "indicators"), 0);
	assert_true(json_is_true(json_object_get(hit, "expired")));
	assert_true(json_is_false(json_object_get(hit, "matches")));
	json_decref(look);
}

static void warning_lists_hold_back(void **context)
{
	(void)context;
	put("rules/intelligence/warninglists/a.json",
		"{\"name\":\"Resolvers\",\"type\":\"cidr\",\"list\":[\"192.0.2.53\"]}");
	char path[300];
	snprintf(path, sizeof path, "%s/network", rules);
	mkdir(path, 0700);
	put("rules/network/zones.yaml",
		"zones:\n  staff:\n    why: x\n    prefixes: [198.51.100.0/24]\n");
	put("watch/feeds/list.txt", "192.0.2.53\n192.0.2.54\n198.51.100.7\n");
	open_it();
	event("192.0.2.53", "");
	event("192.0.2.54", "");
	event("198.51.100.7", "");
	assert_int_equal(found_count, 1);
	json_t *look = intelligence_look(watching, "192.0.2.53");
	json_t *hit = json_array_get(json_object_get(look, "indicators"), 0);
	assert_string_equal(json_string_value(json_object_get(hit, "warning_list")), "Resolvers");
	json_decref(look);
	look = intelligence_look(watching, "198.51.100.7");
	hit = json_array_get(json_object_get(look, "indicators"), 0);
	assert_string_equal(
		json_string_value(json_object_get(hit, "warning_list")), "Own networks (zones)");
	json_decref(look);
}

static void sightings_outlive_a_restart(void **context)
{
	(void)context;
	put("watch/feeds/list.txt", "192.0.2.1\n");
	open_it();
	event("192.0.2.1", "");
	event("192.0.2.1", "");
	assert_ok(intelligence_save(watching));
	intelligence_close(watching);
	open_it();
	assert_int_equal(intelligence_place(watching), last_seq + 1);
	last_seq -= 2;
	event("192.0.2.1", ""); // told before: passed by
	event("192.0.2.1", "");
	assert_int_equal(found_count, 1);
	event("192.0.2.1", "");
	assert_int_equal(found_count, 1); // the same day
	json_t *look = intelligence_look(watching, "192.0.2.1");
	json_t *seen = json_array_get(json_object_get(look, "sightings"), 0);
	assert_int_equal(json_integer_value(json_object_get(seen, "count")), 3);
	json_decref(look);
}

static void a_flood_is_told_once(void **context)
{
	char address[40];
	(void)context;
	put("watch/feeds/list.txt", "198.51.0.0/16\n");
	put("watch/feeds/ones.txt", "");
	char *text = calloc(1, 400 * 20);
	for (int i = 0; i < 300; i++)
		sprintf(text + strlen(text), "10.9.%d.%d\n", i / 200, i % 200);
	put("watch/feeds/ones.txt", text);
	free(text);
	open_it();
	for (int i = 0; i < 300; i++) {
		snprintf(address, sizeof address, "10.9.%d.%d", i / 200, i % 200);
		event_at(address, "", NOW_US + 1000);
	}
	assert_int_equal(found_count, INTELLIGENCE_AN_HOUR + 1);
	assert_string_equal(found[INTELLIGENCE_AN_HOUR].id, "intelligence.many");
	event_at("198.51.0.1", "", NOW_US + 3600000000); // the next hour
	assert_int_equal(found_count, INTELLIGENCE_AN_HOUR + 2);
}

static void what_is_shared(void **context)
{
	(void)context;
	put("watch/feeds/b.json",
		"{\"type\":\"bundle\",\"objects\":[" STIX(
			"1\",\"object_marking_refs\":[\"marking-definition--bab4a63c-aed9-4cf5-a766-"
			"dfca5abac2bb\"]",
			"[ipv4-addr:value = '192.0.2.1']") "," STIX("2\",\"object_marking_refs\":[\"marking-definition--e828b379-4e03-4974-9ac4-"
								    "e53a884c97c1\"]",
			"[ipv4-addr:value = '192.0.2.2']") "]}");
	put("watch/feeds/list.txt", "agent: Mustermann's Browser\n");
	open_it();
	for (int i = 0; i < 3; i++)
		event("192.0.2.1", "Erika Mustermann, born 1964-08-12, MRN 4711");
	event("192.0.2.2", "");
	event("192.0.2.9", "mustermann's browser");
	json_t *shared = intelligence_share(watching, "Example Hospital", TLP_AMBER, 0);
	json_t *again = intelligence_share(watching, "Example Hospital", TLP_AMBER, 0);
	char *text = json_dumps(shared, JSON_COMPACT);
	assert_true(json_equal(shared, again));
	assert_int_equal(json_integer_value(json_object_get(shared, "withheld")), 1);
	assert_null(strstr(text, "192.0.2.2"));
	assert_null(strstr(text, "192.0.2.9")); // ours
	assert_null(strstr(text, "2ea3f49ae2e2"));
	assert_non_null(strstr(text, "\"sighting_of_ref\":\"indicator--0c7e22ad-b099-4dc3-b0df-"
				     "2ea3f49ae2e1\""));
	assert_non_null(strstr(text, "\"count\":3"));
	assert_non_null(strstr(text, "User-Agent' = 'mustermann\\\\'s browser']"));
	static const char *const absent[] = {"Erika", "4711", "1964", "abcdef", "actor", "seq"};
	for (size_t i = 0; i < sizeof absent / sizeof *absent; i++)
		assert_null(strstr(text, absent[i]));
	free(text);
	json_decref(shared);
	json_decref(again);
	shared = intelligence_share(watching, "Example Hospital", TLP_GREEN, 0);
	assert_int_equal(json_integer_value(json_object_get(shared, "withheld")), 2);
	json_decref(shared);
}

static void sources_that_are_wrong(void **context)
{
	static const char *const bad[] = {"sources:\n  - name: x\n    kind: taxii\n",
		"sources:\n  - name: x\n    file: ../../etc/passwd\n",
		"sources:\n  - kind: file\n    file: a\n",
		"sources:\n  - name: x\n    file: a\n    "
		"sure: 200\n",
		"other: 1\n",
		"sources:\n  - name: x\n    feed: a\n    kind: list\n    "
		"every: 1s\n",
		"sources:\n  - name: x\n    file: a\n  - name: x\n    file: b\n"};
	(void)context;
	put("watch/feeds/list.txt", "192.0.2.1\n");
	put("rules/intelligence/sources.yaml",
		"sources:\n  - name: own\n    file: own.txt\n    sure: 95\n    tlp: red\n");
	put("rules/intelligence/own.txt", "198.51.100.9\n");
	open_it();
	event("198.51.100.9", "");
	assert_int_equal(found_count, 1);
	assert_int_equal(found[0].level, SIGMA_HIGH);
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		put("rules/intelligence/sources.yaml", bad[i]);
		settle();
		json_t *status = intelligence_status(watching);
		json_t *problems = json_object_get(status, "problems");
		assert_int_equal(json_array_size(problems), 1);
		assert_non_null(
			strstr(json_string_value(json_array_get(problems, 0)), "sources.yaml:"));
		json_decref(status);
		assert_int_equal(number("own", "indicators"), 1); // what it said before goes on
		assert_int_equal(number("list.txt", "indicators"), 1);
	}
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, finish)

// A server that always has one more page: it is left after some minutes, and the next has its turn.
static void pages_without_end(void **context)
{
	struct intelligence_wish wish;
	char next[40], page[200];
	int pages = 0;
	(void)context;
	put("rules/intelligence/sources.yaml",
		"sources:\n  - {name: endless, kind: taxii, feed: endless, every: 1h}\n"
		"  - {name: other, kind: list, feed: other, every: 1h}\n");
	open_it();
	settle();
	assert_true(intelligence_wants(watching, &wish));
	while (strcmp(wish.feed, "endless") == 0) {
		snprintf(next, sizeof next, "n%d", pages++);
		snprintf(page, sizeof page, "{\"objects\": [], \"more\": true, \"next\": \"%s\"}",
			next);
		assert_true(pages < 200);
		intelligence_part(watching, bytes_text(page));
		intelligence_fetched(watching, FETCH_WHOLE, "", "");
		settle();
		assert_true(intelligence_wants(watching, &wish));
	}
	assert_string_equal(wish.feed, "other");
	assert_problem("endless", "its pages do not end");
}

int main(void)
{
	json_init();
	const struct CMUnitTest tests[] = {TEST(what_runs_inside_is_told_as_such),
		TEST(files_are_read_and_matched), TEST(a_change_is_swapped_in),
		TEST(what_is_wrong_wipes_nothing), TEST(a_tenth_is_believed_the_third_time),
		TEST(times_and_certainty), TEST(warning_lists_hold_back),
		TEST(sightings_outlive_a_restart), TEST(a_flood_is_told_once), TEST(what_is_shared),
		TEST(sources_that_are_wrong), TEST(pages_without_end)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
