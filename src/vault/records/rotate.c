#include "vault/records/records_in.h"

#include "common/base/map.h"

#include <stdlib.h>

enum {
	REWRAP_MOST = 1000
};

static const char rewrap_sql[] =
	"SELECT number FROM patient WHERE kek <> ?1 AND wrapped IS NOT NULL"
	" LIMIT ?2";
static const char rewrap_left_sql[] =
	"SELECT count(*) FROM patient WHERE kek <> ?1 AND wrapped IS NOT NULL";

static enum err rewrap_one(struct records *r, int64_t number)
{
	struct buf wrapped = {0};
	struct owner *owner;
	struct store_query *q = r->writes[W_REWRAP];
	enum err err = owner_by_number(r, &r->staged, number, &owner);
	if (!err)
		err = owner_wrap(r, owner, &wrapped);
	if (!err) {
		query_int(q, 1, number);
		query_int(q, 2, r->keks[0].mark);
		query_blob(q, 3, buf_bytes(&wrapped));
		err = query_run(q);
	}
	buf_done(&wrapped);
	return err;
}

static enum err left_in(struct records *r, struct view *view, size_t *ret_left)
{
	struct store_query *q;
	enum err err = store_prepare(view->store, rewrap_left_sql, &q);
	if (err)
		return err;
	query_int(q, 1, r->keks[0].mark);
	err = query_step(q) == STORE_ROW ? OK : ERR_IO;
	if (!err)
		*ret_left = (size_t)row_int(q, 0);
	store_query_free(q);
	return err;
}

enum err records_rewrap_left(struct records *r, size_t *ret_left)
{
	return left_in(r, &r->committed, ret_left);
}

// From now on new keys are wrapped under the new one; both open what is there.
static enum err kek_first(struct records *r, const struct key *new_kek)
{
	size_t left = 0;
	int64_t mark = kek_mark(new_kek);
	if (r->keks[0].mark == mark)
		return OK;
	enum err err = r->kek_count > 1 ? left_in(r, &r->staged, &left) : OK;
	if (err || left)
		return err ? err : ERR_BUSY;
	r->keks[1] = r->keks[0];
	r->keks[0] = (struct kek){*new_kek, mark};
	r->kek_count = 2;
	return OK;
}

enum err records_rewrap(struct records *r, const struct key *new_kek, size_t most, size_t *ret_left)
{
	int64_t numbers[REWRAP_MOST];
	size_t count = 0;
	struct store_query *q;
	if (!r->open)
		return ERR_INVALID;
	enum err err = kek_first(r, new_kek);
	if (!err)
		err = store_prepare(r->staged.store, rewrap_sql, &q);
	if (err)
		return err;
	query_int(q, 1, r->keks[0].mark);
	query_int(q, 2, most < REWRAP_MOST ? (int64_t)most : REWRAP_MOST);
	while (count < REWRAP_MOST && query_step(q) == STORE_ROW)
		numbers[count++] = row_int(q, 0);
	store_query_free(q);
	for (size_t i = 0; i < count && !err; i++)
		err = rewrap_one(r, numbers[i]);
	r->kept |= !r->savepoints;
	return err ? err : left_in(r, &r->staged, ret_left);
}

// What else would tell about the patient to somebody who holds the hospital's key: the words by
// which the person was found, and who cared for them.
static const char *const forget_sql[] = {
	"DELETE FROM find WHERE (token, slot) IN (SELECT l.a, l.slot FROM linked l JOIN item i"
	" ON i.slot = l.slot WHERE l.what = 1 AND i.patient = ?1)",
	"DELETE FROM care WHERE (staff, patient, kind, slot) IN (SELECT l.a, i.patient, l.b, l.slot"
	" FROM linked l JOIN item i ON i.slot = l.slot WHERE l.what = 2 AND i.patient = ?1)",
	"DELETE FROM linked WHERE slot IN (SELECT slot FROM item WHERE patient = ?1)",
	"DELETE FROM item WHERE patient = ?1",
};

static enum err forget_rows(struct records *r, int64_t patient)
{
	enum err err = OK;
	for (size_t i = 0; i < sizeof forget_sql / sizeof *forget_sql && !err; i++) {
		struct store_query *q;
		err = store_prepare(r->staged.store, forget_sql[i], &q);
		if (err)
			break;
		query_int(q, 1, patient);
		err = query_run(q);
		store_query_free(q);
	}
	return err;
}

enum err records_shred(struct records *r, const char *patient)
{
	struct store_query *q = r->writes[W_REWRAP];
	struct owner *owner;
	if (!patient || !r->open)
		return ERR_INVALID;
	enum err err = owner_find(r, &r->staged, patient, &owner);
	if (err)
		return err;
	query_int(q, 1, owner->number);
	query_int(q, 2, 0);
	query_null(q, 3);
	err = query_run(q);
	if (!err)
		err = forget_rows(r, owner->number);
	if (!err)
		owner_shred(r, owner);
	r->kept |= !r->savepoints;
	return err;
}
