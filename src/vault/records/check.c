#include "vault/records/records_in.h"

#include "common/format/fhir_type.h"
#include "common/format/json.h"

#include <stdio.h>
#include <string.h>

struct check {
	struct records *r;
	const struct records_check *options;
	struct records_report report;
	struct arena *arena;
	struct store_query *find, *item;
	struct found found; // of the lookup row that is being looked at
	int64_t token;
};

static enum err broken(struct check *check, const struct record *record, const char *words)
{
	struct records_report *report = &check->report;
	if (record)
		snprintf(report->where, sizeof report->where, "%s/%s version %llu: %s",
			fhir_type_name(record->type), record->id,
			(unsigned long long)record->version, words);
	else
		snprintf(report->where, sizeof report->where, "row %llx: %s",
			(unsigned long long)check->token, words);
	return ERR_CORRUPT;
}

static int64_t count_of(struct check *check, const char *sql)
{
	struct store_query *q;
	if (store_prepare(check->r->committed.store, sql, &q))
		return -1;
	int64_t count = query_step(q) == STORE_ROW ? row_int(q, 0) : -1;
	store_query_free(q);
	return count;
}

static bool has_find(struct check *check, int64_t token)
{
	struct store_query *q = check->find;
	query_int(q, 1, token);
	query_int(q, 2, check->found.slot);
	bool has = query_step(q) == STORE_ROW && row_int(q, 0) == check->found.patient;
	query_reset(q);
	return has;
}

// The rows by which it is found must be those that its content asks for.
static enum err check_index(struct check *check, const struct record *record)
{
	struct records *r = check->r;
	struct owner *owner;
	struct finds finds = {0};
	json_t *json;
	if (json_parse_strict(record->json, NULL, &json, NULL))
		return broken(check, record, "the content is not JSON");
	enum err err = owner_by_number(r, &r->committed, check->found.patient, &owner);
	if (!err)
		err = words_of(r, owner, record->type, json, check->arena);
	if (!err && finds_type(record->type))
		err = finds_of(r, record->type, json, check->arena, &finds);
	json_decref(json);
	struct store_query *q = check->item;
	if (err)
		return err;
	query_int(q, 1, check->found.patient);
	query_int(q, 2, r->kind_of_type[record->type]);
	query_int(q, 3, check->found.slot);
	bool fits = query_step(q) == STORE_ROW && row_int(q, 0) == (int64_t)record->version &&
		    row_int(q, 1) == record->updated_us &&
		    bytes_equal(row_blob(q, 2), buf_bytes(&r->words));
	query_reset(q);
	for (size_t i = 0; i < finds.count && fits; i++)
		fits = has_find(check, finds.tokens[i]);
	return fits ? OK : broken(check, record, "the search index does not fit the content");
}

static enum err check_version(struct check *check, uint64_t version)
{
	struct record record;
	const struct records_check *options = check->options;
	arena_reset(check->arena);
	enum err err = blob_read(
		check->r, &check->r->committed, check->found.slot, version, check->arena, &record);
	if (err == ERR_GONE) {
		check->report.shredded++;
		return OK;
	}
	if (err == ERR_NOT_FOUND || err == ERR_CORRUPT)
		return broken(check, NULL,
			err == ERR_CORRUPT ? "a version does not open" : "a version is missing");
	if (err)
		return err;
	check->report.versions++;
	if (resource_token(check->r, record.type, record.id) != check->token)
		return broken(check, &record, "the version of another resource is in its place");
	bool last = version == check->found.version;
	if (last && record.method != check->found.method)
		return broken(check, &record, "the row that leads here was changed");
	if (options->seen && options->seen(options->context, &record))
		return broken(check, &record, "the trail knows another content");
	return last && record.method != RECORD_DELETED ? check_index(check, &record) : OK;
}

static enum err check_rows(struct check *check, struct store_query *q)
{
	enum err err = OK;
	enum store_step step = STORE_DONE;
	while (!err && (step = query_step(q)) == STORE_ROW) {
		check->token = row_int(q, 0);
		check->found = (struct found){.patient = row_int(q, 1),
			.slot = row_int(q, 2),
			.version = (uint64_t)row_int(q, 3),
			.method = (enum record_method)row_int(q, 4)};
		check->report.resources++;
		if (!check->found.version || check->found.version >> VERSION_BITS)
			return broken(check, NULL, "the row that leads here was changed");
		for (uint64_t v = 1; v <= check->found.version && !err; v++)
			err = check_version(check, v);
	}
	return err ? err : step == STORE_FAILED ? ERR_IO : OK;
}

enum err records_check(
	struct records *r, const struct records_check *options, struct records_report *ret_report)
{
	struct check check = {.r = r, .options = options, .arena = arena_new()};
	struct store_query *q;
	records_rest(r);
	r->committed.hashes = options->seen;
	enum err err = records_hold(r); // one state, while others write
	if (err)
		goto out;
	err = store_prepare(r->committed.store,
		"SELECT patient FROM find WHERE token = ?1 AND slot = ?2", &check.find);
	if (!err)
		err = store_prepare(r->committed.store,
			"SELECT version, updated, words FROM item WHERE patient = ?1 AND kind = ?2"
			" AND slot = ?3",
			&check.item);
	if (!err)
		err = store_prepare(r->committed.store,
			"SELECT token, patient, slot, version, method FROM lookup", &q);
	if (!err) {
		err = check_rows(&check, q);
		store_query_free(q);
	}
	if (!err && count_of(&check, "SELECT count(*) FROM blob") !=
			    (int64_t)(check.report.versions + check.report.shredded))
		err = broken(&check, NULL, "there are versions that nothing leads to");
	if (!err && count_of(&check, "SELECT count(*) FROM find") !=
			    count_of(&check, "SELECT count(*) FROM linked WHERE what = 1"))
		err = broken(&check, NULL, "there are words that nothing leads to");
	store_query_free(check.find);
	store_query_free(check.item);
	records_rest(r);
	if (err && err != ERR_IO &&
		!check.report.where[0]) // a row that what leads there does not fit
		err = broken(&check, NULL, "it belongs to nobody whose key can be found");
	check.report.whole = !err;
	if (!err || err == ERR_CORRUPT) {
		*ret_report = check.report;
		err = OK;
	}
out:
	r->committed.hashes = false;
	arena_free(check.arena);
	return err;
}
