#include "watch/behaviour/behaviour_in.h"

#include "common/base/map.h"

#include <stdlib.h>
#include <string.h>

enum {
	KEEP_VERSION = 3
};

enum row_kind {
	ROW_STATE = 1,
	ROW_GROUP,
	ROW_PERSON,
	ROW_PATIENTS,
	ROW_MIDAS,
	ROW_SOURCES,
	ROW_ADDRESSES
};

static const char schema[] =
	"CREATE TABLE IF NOT EXISTS part (kind INTEGER, number INTEGER, content BLOB NOT NULL,"
	" PRIMARY KEY (kind, number)) WITHOUT ROWID;";

// ---- What each row looks like.

static void pack_sketch(struct pack *p, struct sketch *s)
{
	for (unsigned i = 0; i < SKETCH_BUCKETS; i++)
		pack_u16(p, &s->counts[i]);
	pack_u32(p, &s->most);
}

static void pack_tail(struct pack *p, struct tail *t)
{
	for (unsigned i = 0; i < TAIL_BINS; i++)
		pack_u32(p, &t->bins[i]);
	pack_u32(p, &t->count);
}

static void pack_loda(struct pack *p, struct loda *l)
{
	for (unsigned i = 0; i < LODA_PROJECTIONS; i++)
		for (unsigned k = 0; k < LODA_BINS; k++)
			pack_u32(p, &l->bins[i][k]);
	pack_u32(p, &l->count);
}

static void pack_today(struct pack *p, struct today *t)
{
	uint8_t hour = (uint8_t)t->hour;
	pack_i64(p, &t->day);
	for (unsigned f = 0; f < FEATURES; f++)
		pack_u32(p, &t->v[f]);
	for (unsigned i = 0; i < BITMAP_WORDS; i++)
		pack_u64(p, &t->bitmap[i]);
	pack_u32(p, &t->set);
	pack_u32(p, &t->hours);
	pack_u32(p, &t->hour_records);
	pack_u8(p, &hour);
	t->hour = (int8_t)hour;
	pack_u32(p, &t->acts);
	pack_u32(p, &t->next);
	for (unsigned i = 0; i < EVIDENCE; i++)
		pack_u64(p, &t->evidence[i]);
	pack_u64(p, &t->last_seq);
	pack_u32(p, &t->evidence_count);
	pack_i64(p, &t->last_us);
	pack_double(p, &t->burst);
	for (unsigned d = 0; d < DETECTORS; d++) {
		pack_double(p, &t->best[d]);
		pack_u8(p, &t->blame[d]);
		t->blame[d] %= FEATURES;
	}
	pack_u8(p, &t->found);
}

static void pack_person(struct pack *p, struct person *o)
{
	pack_u64(p, &o->actor);
	pack_u64(p, &o->last_seq);
	pack_u8(p, &o->group);
	pack_i64(p, &o->first_day);
	pack_i64(p, &o->quiet_until);
	for (unsigned f = 0; f < FEATURES; f++) {
		pack_sketch(p, &o->frozen[f]);
		pack_sketch(p, &o->filling[f]);
		pack_float(p, &o->reference[f]);
		pack_float(p, &o->slow[f]);
		pack_i32(p, &o->slow_since[f]);
	}
	for (unsigned i = 0; i < 2; i++) {
		pack_u16(p, &o->days[i]);
		for (unsigned h = 0; h < 24; h++)
			pack_u16(p, &o->hours[i][h]);
		for (unsigned w = 0; w < BLOOM_WORDS; w++)
			pack_u64(p, &o->bloom[i][w]);
	}
	pack_u32(p, &o->bloom_count);
	for (unsigned i = 0; i < PLACES_KNOWN; i++) {
		pack_u32(p, &o->places[i].hash);
		pack_i32(p, &o->places[i].day);
	}
	for (unsigned i = 0; i < CIRCLE; i++) {
		pack_u32(p, &o->circle[i].who);
		pack_u32(p, &o->circle[i].count);
	}
	pack_i64(p, &o->slow_day);
	pack_today(p, &o->today);
}

static void pack_group(struct pack *p, struct group *g)
{
	pack_raw(p, g->role, sizeof g->role);
	g->role[sizeof g->role - 1] = 0;
	for (unsigned f = 0; f < FEATURES; f++) {
		pack_sketch(p, &g->frozen[f]);
		pack_sketch(p, &g->filling[f]);
		pack_tail(p, &g->self[f]);
		pack_float(p, &g->high[f]);
		pack_float(p, &g->ease[f]);
	}
	pack_tail(p, &g->peers);
	pack_tail(p, &g->burst);
	pack_loda(p, &g->known);
	pack_loda(p, &g->learning);
	for (unsigned i = 0; i < 2; i++) {
		pack_u32(p, &g->days[i]);
		for (unsigned h = 0; h < 24; h++)
			pack_u32(p, &g->hours[i][h]);
	}
}

static void pack_state(struct pack *p, struct behaviour *b)
{
	uint64_t groups = b->group_count;
	pack_u64(p, &b->place);
	pack_u64(p, &b->findings);
	pack_u64(p, &b->forgotten);
	pack_u64(p, &b->person_days);
	pack_i64(p, &b->day);
	pack_i64(p, &b->first_day);
	pack_i64(p, &b->freezes);
	pack_u64(p, &groups);
	b->group_count = groups < 1 ? 1 : groups > GROUPS ? GROUPS : groups;
	for (unsigned d = 0; d < DETECTORS; d++) {
		pack_tail(p, &b->detectors[d]);
		pack_double(p, &b->limits[d]);
	}
	pack_tail(p, &b->addresses);
}

static void pack_patients(struct pack *p, struct patient_slot *slots)
{
	for (unsigned i = 0; i < PATIENT_PAGE; i++) {
		pack_u64(p, &slots[i].patient);
		for (unsigned k = 0; k < WHO; k++) {
			pack_u32(p, &slots[i].who[k]);
			pack_i32(p, &slots[i].day[k]);
		}
	}
}

static void pack_midas(struct pack *p, struct midas *m)
{
	struct midas_cell *cells = &m->cells[0][0][0];
	pack_i64(p, &m->hour);
	pack_i64(p, &m->hours);
	for (unsigned i = 0; i < MIDAS_SKETCHES * MIDAS_ROWS * MIDAS_COLUMNS; i++) {
		pack_float(p, &cells[i].now);
		pack_float(p, &cells[i].before);
		pack_float(p, &cells[i].score);
	}
}

// ---- Writing.

static enum err put(struct behaviour *b, enum row_kind kind, int64_t number, struct buf *content)
{
	query_int(b->put, 1, kind);
	query_int(b->put, 2, number);
	query_blob(b->put, 3, buf_bytes(content));
	buf_clear(content);
	return query_run(b->put);
}

static enum err put_people(struct behaviour *b, struct buf *row)
{
	struct pack pack = {.out = row};
	enum err err = OK;
	for (struct person *p = b->oldest; p && !err; p = p->before) {
		if (!p->changed)
			continue;
		pack_person(&pack, p);
		err = put(b, ROW_PERSON, (int64_t)p->actor, row);
	}
	return err;
}

static enum err put_tables(struct behaviour *b, struct buf *row)
{
	struct pack pack = {.out = row};
	enum err err = OK;
	for (size_t i = 0; i < b->group_count && !err; i++) {
		if (!b->groups[i].changed)
			continue;
		pack_group(&pack, &b->groups[i]);
		err = put(b, ROW_GROUP, (int64_t)i, row);
	}
	for (size_t i = 0; i < PATIENTS / PATIENT_PAGE && !err; i++) {
		if (!b->patients_changed[i])
			continue;
		pack_patients(&pack, &b->patients[i * PATIENT_PAGE]);
		err = put(b, ROW_PATIENTS, (int64_t)i, row);
	}
	for (int i = 0; i < 2 && !err && b->midas_changed; i++) {
		pack_midas(&pack, i ? &b->accounts : &b->persons);
		err = put(b, ROW_MIDAS, i, row);
	}
	return err;
}

static void all_kept(struct behaviour *b)
{
	for (struct person *p = b->newest; p; p = p->after)
		p->changed = false;
	for (size_t i = 0; i < b->group_count; i++)
		b->groups[i].changed = false;
	memset(b->patients_changed, 0, sizeof b->patients_changed);
	b->midas_changed = false;
	b->saved_place = b->place;
}

enum err state_save(struct behaviour *b)
{
	struct buf row = {0};
	struct pack pack = {.out = &row};
	uint8_t version = KEEP_VERSION;
	enum err err = put_people(b, &row);
	if (!err)
		err = put_tables(b, &row);
	if (!err) {
		sources_pack(b->sources, &pack);
		err = put(b, ROW_SOURCES, 0, &row);
	}
	if (!err) {
		pack_u8(&pack, &version);
		pack_state(&pack, b);
		err = put(b, ROW_STATE, 0, &row);
	}
	if (!err)
		err = store_exec(b->store, "COMMIT");
	if (!err)
		all_kept(b);
	else if (store_in_transaction(b->store))
		(void)!store_exec(b->store, "ROLLBACK");
	enum err begun = store_exec(b->store, "BEGIN");
	buf_done(&row);
	return err ? err : begun;
}

// ---- Reading.

struct loading {
	struct person **people;
	size_t count, room;
};

static void read_person(struct loading *l, struct pack *pack)
{
	if (l->count == l->room) {
		l->room = l->room ? 2 * l->room : 256;
		l->people = realloc(l->people, l->room * sizeof *l->people);
		if (!l->people)
			abort();
	}
	struct person *p = calloc(1, sizeof *p);
	if (!p)
		abort();
	pack_person(pack, p);
	p->group %= GROUPS;
	l->people[l->count++] = p;
}

static enum err read_row(
	struct behaviour *b, struct loading *l, const int64_t key[2], struct bytes content)
{
	struct cursor in = cursor_of(content);
	struct pack pack = {.in = &in};
	uint64_t number = (uint64_t)key[1];
	uint8_t version = 0;
	if (key[0] == ROW_STATE) {
		pack_u8(&pack, &version);
		if (version != KEEP_VERSION)
			return ERR_UNSUPPORTED;
		pack_state(&pack, b);
	} else if (key[0] == ROW_GROUP && number < GROUPS) {
		pack_group(&pack, &b->groups[number]);
	} else if (key[0] == ROW_PERSON) {
		read_person(l, &pack);
	} else if (key[0] == ROW_PATIENTS && number < PATIENTS / PATIENT_PAGE) {
		pack_patients(&pack, &b->patients[number * PATIENT_PAGE]);
	} else if (key[0] == ROW_MIDAS && number < 2) {
		pack_midas(&pack, number ? &b->accounts : &b->persons);
	} else if (key[0] == ROW_SOURCES) {
		sources_pack(b->sources, &pack);
	} else {
		return ERR_CORRUPT;
	}
	return cursor_end(&in);
}

static int by_seq(const void *one, const void *other)
{
	uint64_t x = (*(struct person *const *)one)->last_seq,
		 y = (*(struct person *const *)other)->last_seq;
	return x < y ? -1 : x > y;
}

static enum err read_all(struct behaviour *b)
{
	struct loading l = {0};
	enum store_step step = STORE_DONE;
	enum err err = OK;
	while (!err && (step = query_step(b->all)) == STORE_ROW) {
		const int64_t key[2] = {row_int(b->all, 0), row_int(b->all, 1)};
		err = read_row(b, &l, key, row_blob(b->all, 2));
	}
	query_reset(b->all);
	if (l.count)
		qsort(l.people, l.count, sizeof *l.people, by_seq);
	for (size_t i = 0; i < l.count; i++)
		people_add(b, l.people[i]);
	free(l.people);
	b->saved_place = b->place;
	return step == STORE_FAILED ? ERR_IO : err;
}

enum err state_open(struct behaviour *b, const char *path, char ret_problem[256])
{
	const struct store_sqlite options = {.path = path, .weak_sync = true, .cache_kib = 1024};
	enum err err = store_open_sqlite(&options, &b->store, ret_problem);
	if (err)
		return err;
	err = store_exec(b->store, schema);
	if (!err)
		err = store_prepare(b->store,
			"INSERT INTO part (kind, number, content) VALUES (?1, ?2, ?3) "
			"ON CONFLICT (kind, number) DO UPDATE SET content = excluded.content",
			&b->put);
	if (!err)
		err = store_prepare(
			b->store, "DELETE FROM part WHERE kind = 3 AND number = ?1", &b->drop);
	if (!err)
		err = store_prepare(b->store,
			"SELECT kind, number, content FROM part ORDER BY kind, number", &b->all);
	if (!err)
		err = read_all(b);
	if (!err)
		err = store_exec(b->store, "BEGIN");
	if (err) {
		strncpy(ret_problem, err == ERR_IO ? store_problem(b->store) : err_text(err), 255);
		ret_problem[255] = 0;
	}
	return err;
}

void state_close(struct behaviour *b)
{
	store_query_free(b->put);
	store_query_free(b->drop);
	store_query_free(b->all);
	store_close(b->store);
}
