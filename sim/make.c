#include "make.h"

#include "common/base/text.h"
#include "record.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

static int write_json(const char *dir, const char *name, const json_t *json)
{
	char path[1024];
	snprintf(path, sizeof path, "%s/%s", dir, name);
	if (json_dump_file(json, path, JSON_COMPACT | JSON_REAL_PRECISION(12)) == 0)
		return 0;
	fprintf(stderr, "hospital-sim: %s: %s\n", path, strerror(errno));
	return 1;
}

// Logins people remember: dr.berg, nurse.silva, desk.kim.
static const char *login_of(const struct person *p, char ret[64])
{
	static const struct {
		const char *role, *prefix;
	} prefixes[] = {{"clinician", "dr"}, {"nurse", "nurse"}, {"front-desk", "desk"},
		{"privacy-officer", "privacy"}, {"security-officer", "security"}, {"administrator", "admin"}};
	char plain[64];
	text_fold(bytes_text(p->family), plain, sizeof plain);
	for (size_t i = 0; i < sizeof prefixes / sizeof *prefixes; i++)
		if (strcmp(prefixes[i].role, p->role) == 0)
			snprintf(ret, 64, "%s.%.40s", prefixes[i].prefix, plain);
	return ret;
}

static json_t *accounts_json(const struct town *town)
{
	json_t *list = json_array(), *seen = json_object();
	for (size_t i = 0; i < town->count; i++) {
		const struct person *p = &town->people[i];
		char login[64] = "", numbered[80];
		if (!*p->staff_id)
			continue;
		login_of(p, login);
		int times = (int)json_integer_value(json_object_get(seen, login)) + 1;
		json_object_set_new(seen, login, json_integer(times));
		snprintf(numbered, sizeof numbered, times > 1 ? "%s%d" : "%s", login, times);
		json_array_append_new(list, json_pack("{s:s, s:o, s:s, s:o}", "login", numbered, "name",
			json_sprintf("%s%s %s", strcmp(p->role, "clinician") == 0 ? "Dr " : "", p->given, p->family),
			"role", p->role, "person", json_sprintf("Practitioner/%s", p->staff_id)));
	}
	json_decref(seen);
	return list;
}

static json_t *truth_json(const struct town *town)
{
	json_t *list = json_array();
	for (size_t i = 0; i < town->count; i++) {
		const struct person *p = &town->people[i];
		json_array_append_new(list, json_pack("{s:s, s:s, s:i, s:s, s:i, s:b, s:b, s:s}", "patient",
			p->patient ? p->id : "", "staff", p->staff_id, "household", p->household, "street", p->street,
			"number", p->house_number, "vip", p->vip, "is_patient", p->patient, "role",
			p->role ? p->role : ""));
	}
	return list;
}

static int make_folders(const char *dir)
{
	static const char *const names[] = {"", "/bundles", "/truth"};
	char path[1024];
	for (size_t i = 0; i < 3; i++) {
		snprintf(path, sizeof path, "%s%s", dir, names[i]);
		if (mkdir(path, 0755) != 0 && errno != EEXIST) {
			fprintf(stderr, "hospital-sim: %s: %s\n", path, strerror(errno));
			return 1;
		}
	}
	return 0;
}

static int write_and_drop(const char *dir, const char *name, json_t *json)
{
	int failed = write_json(dir, name, json);
	json_decref(json);
	return failed;
}

int make_files(const struct town *town, unsigned long long seed, const char *dir)
{
	char name[64];
	size_t number = 0, resources = 0;
	json_t *bundle = record_hospital(town);
	resources += record_size(bundle);
	int failed = make_folders(dir) || write_json(dir, "bundles/000-hospital.json", bundle);
	json_decref(bundle);
	for (size_t i = 0; i < town->count && !failed; i++) {
		if (!town->people[i].patient)
			continue;
		struct dice dice = dice_of(seed, 1000 + i);
		bundle = record_patient(&dice, town, &town->people[i]);
		resources += record_size(bundle);
		snprintf(name, sizeof name, "bundles/%06zu.json", ++number);
		failed = write_and_drop(dir, name, bundle);
	}
	if (failed || write_and_drop(dir, "accounts.json", accounts_json(town)) ||
		write_and_drop(dir, "truth/people.json", truth_json(town)))
		return 1;
	printf("%zu patients, %zu members of staff, %zu resources\n", town->patients, town->staff, resources);
	return 0;
}
