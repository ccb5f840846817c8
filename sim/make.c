#include "make.h"

#include "fhir.h"
#include "hospital.h"
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

// The first who is nothing but a patient, so that it can be tried what patients see.
static json_t *patient_account(const struct town *town)
{
	for (size_t i = 0; i < town->patients; i++) {
		const struct person *p = &town->people[town->patient_list[i]];
		if (!p->job && !p->vip)
			return json_pack("{s:s, s:o, s:s, s:o}", "login", "patient.one", "name",
				json_sprintf("%s %s", p->given, p->family), "role", "patient",
				"person", json_sprintf("Patient/%s", p->id));
	}
	return NULL;
}

static json_t *accounts_json(const struct town *town)
{
	json_t *list = json_array();
	for (size_t i = 0; i < town->count; i++) {
		const struct person *p = &town->people[i];
		if (p->job)
			json_array_append_new(
				list, json_pack("{s:s, s:o, s:s, s:o}", "login", p->login, "name",
					      json_sprintf("%s%s %s",
						      p->job == JOB_CLINICIAN ? "Dr " : "",
						      p->given, p->family),
					      "role", p->role, "person",
					      json_sprintf("Practitioner/%s", p->staff_id)));
	}
	json_t *patient = patient_account(town);
	if (patient)
		json_array_append_new(list, patient);
	return list;
}

static json_t *truth_json(const struct town *town)
{
	json_t *list = json_array();
	for (size_t i = 0; i < town->count; i++) {
		const struct person *p = &town->people[i];
		json_array_append_new(list,
			json_pack("{s:s, s:s, s:i, s:s, s:i, s:b, s:b, s:s}", "patient",
				p->patient ? p->id : "", "staff", p->staff_id, "household",
				p->household, "street", p->street, "number", p->house_number, "vip",
				p->vip, "is_patient", p->patient, "role", p->role ? p->role : ""));
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

static int make_hospital(const struct town *town, const char *dir, size_t *resources)
{
	json_t *list = json_array(), *bundle;
	size_t i;
	int failed = 0;
	hospital_add_bundles(town, list);
	json_array_foreach(list, i, bundle)
	{
		char name[64];
		snprintf(name, sizeof name, "bundles/000-hospital-%03zu.json", i);
		*resources += fhir_size(bundle);
		failed = failed || write_json(dir, name, bundle);
	}
	json_decref(list);
	return failed;
}

static int make_patient(const struct town *town, const char *dir, size_t number, size_t *resources)
{
	char name[64];
	struct plan plan;
	plan_make(town, town->patient_list[number], &plan);
	json_t *bundle = record_make(town, &plan);
	*resources += fhir_size(bundle);
	snprintf(name, sizeof name, "bundles/%06zu.json", number + 1);
	plan_done(&plan);
	return write_and_drop(dir, name, bundle);
}

// What `work` needs to know to invent the same hospital again.
static json_t *wish_json(const struct town_wish *wish)
{
	return json_pack("{s:i, s:I, s:i, s:i, s:i}", "format", MAKE_FORMAT, "seed",
		(json_int_t)wish->seed, "patients", (int)wish->patients, "staff", (int)wish->staff,
		"days", wish->days);
}

int make_files(const struct town_wish *wish, const char *dir)
{
	struct town *town = town_make(wish);
	size_t resources = 0;
	int failed = make_folders(dir) || make_hospital(town, dir, &resources);
	for (size_t i = 0; i < town->patients && !failed; i++)
		failed = make_patient(town, dir, i, &resources);
	failed = failed || write_and_drop(dir, "accounts.json", accounts_json(town)) ||
		 write_and_drop(dir, "truth/people.json", truth_json(town)) ||
		 write_and_drop(dir, "truth/rosters.json", hospital_rosters(town)) ||
		 write_and_drop(dir, "hospital.json", wish_json(wish));
	if (!failed)
		printf("%zu patients, %zu members of staff, %zu resources\n", town->patients,
			town->staff, resources);
	town_free(town);
	return failed;
}

struct town *make_again(const char *dir)
{
	char path[1024];
	json_int_t seed = 0;
	int format = 0, patients = 0, staff = 0, days = 0;
	snprintf(path, sizeof path, "%s/hospital.json", dir);
	json_t *json = json_load_file(path, 0, NULL);
	int failed = json_unpack(json, "{s:i, s:I, s:i, s:i, s:i}", "format", &format, "seed",
		&seed, "patients", &patients, "staff", &staff, "days", &days);
	json_decref(json);
	const struct town_wish wish = {(uint64_t)seed, (unsigned)patients, (unsigned)staff, days};
	if (!failed && format == MAKE_FORMAT && make_allows(&wish))
		return town_make(&wish);
	fprintf(stderr, "hospital-sim: %s was not written by this version's make\n", path);
	return NULL;
}

int make_allows(const struct town_wish *wish)
{
	return wish->patients >= 1 && wish->patients <= 1000000 && wish->staff >= 12 &&
	       wish->staff <= 100000 && wish->days >= 1 && wish->days <= 3650;
}
