#include "watch/access/access_in.h"

#include <string.h>

static const char schema[] =
	"CREATE TABLE IF NOT EXISTS look (day INTEGER, actor INTEGER, patient INTEGER, seq INTEGER,"
	" idx INTEGER, at INTEGER, acts INTEGER, stage INTEGER, kind INTEGER, strength INTEGER,"
	" steps INTEGER, flags INTEGER, score INTEGER, PRIMARY KEY (day, actor, patient)) WITHOUT ROWID;"
	"CREATE INDEX IF NOT EXISTS look_due ON look (stage, at) WHERE stage < 2;"
	"CREATE INDEX IF NOT EXISTS look_scored ON look (actor, day) WHERE score > 0;"
	"CREATE TABLE IF NOT EXISTS person (actor INTEGER PRIMARY KEY, first_day INTEGER,"
	" last_day INTEGER);"
	"CREATE TABLE IF NOT EXISTS item (made INTEGER, queue INTEGER, actor INTEGER, day INTEGER,"
	" score INTEGER, PRIMARY KEY (made, queue, actor)) WITHOUT ROWID;"
	"CREATE INDEX IF NOT EXISTS item_actor ON item (actor, made);"
	"CREATE TABLE IF NOT EXISTS again (day INTEGER, actor INTEGER, patient INTEGER, seq INTEGER,"
	" idx INTEGER, at INTEGER, PRIMARY KEY (seq, idx)) WITHOUT ROWID;"
	"CREATE TABLE IF NOT EXISTS state (name TEXT PRIMARY KEY, value INTEGER) WITHOUT ROWID;";

#define LINE   "day, actor, patient, seq, idx, at, acts"
#define BIT(n) ", total((flags >> " #n ") & 1)"
#define SCORED " FROM look WHERE score > 0 AND day >= ?1 AND day <= ?2"
#define SUM                                                                                        \
	"SELECT count(*), count(DISTINCT actor), count(DISTINCT day)" BIT(0) BIT(1) BIT(2) BIT(3)  \
		BIT(4) BIT(5) BIT(6) BIT(7) BIT(8) BIT(9)                                          \
			BIT(10) ", total(score), total((acts & 6) > 0)"
#define LOOKS "SELECT seq, idx, at, kind, strength, flags, score, stage"
// Of persons who were not looked at since.
#define UNREVIEWED                                                                                 \
	SCORED " AND day > coalesce((SELECT max(made) FROM item WHERE item.actor = look.actor"     \
	       " AND queue IN (1, 2, 4) AND made <= ?3), -1000000)"

static const char *const sql[A_QUERIES] = {
	[A_FIND] = "SELECT acts, stage, kind, strength, flags FROM look"
		   " WHERE day = ?1 AND actor = ?2 AND patient = ?3",
	[A_COUNT] = "SELECT count(*) FROM look WHERE day = ?1 AND actor = ?2",
	[A_ADD] = "INSERT INTO look VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, 0, 0, 0, 0, 0, 0)",
	[A_ACTS] = "UPDATE look SET acts = ?4, score = ?5"
		   " WHERE day = ?1 AND actor = ?2 AND patient = ?3",
	[A_TOLD] = "UPDATE look SET stage = ?4, kind = ?5, strength = ?6, steps = ?7, flags = ?8,"
		   " score = ?9 WHERE day = ?1 AND actor = ?2 AND patient = ?3",
	[A_FIRST] = "SELECT " LINE " FROM look WHERE stage = 0 ORDER BY at LIMIT ?1",
	[A_SECOND] = "SELECT " LINE " FROM look WHERE stage = 1 AND at <= ?1 ORDER BY at LIMIT ?2",
	[A_OPEN] = "SELECT 1 WHERE EXISTS (SELECT 1 FROM look WHERE stage = 0 AND day <= ?1)"
		   " OR EXISTS (SELECT 1 FROM look WHERE stage = 1 AND at <= ?2)",
	[A_WAITING] = "SELECT count(*) FROM look WHERE stage = 0",
	[A_PERSON] = "INSERT INTO person VALUES (?1, ?2, ?2)"
		     " ON CONFLICT (actor) DO UPDATE SET last_day = max(last_day, ?2)",
	[A_STAFF] = "SELECT count(*) FROM person WHERE first_day <= ?1 AND last_day > ?1 - 30",
	// What late documentation may still explain weighs less meanwhile.
	[A_WORST] =
		"SELECT actor, day, sum(CASE stage WHEN 1 THEN score * 6 / 10 ELSE score END)" UNREVIEWED
		" GROUP BY actor, day ORDER BY 3 DESC, 1, 2",
	// Documentation that is late looks like a crowd: only what stayed unexplained, or is
	// noticeable.
	[A_RECORD] = "SELECT patient, max(day), sum(score)" UNREVIEWED
		     " AND (stage = 2 OR flags & 1023 <> 0)"
		     " GROUP BY patient HAVING count(DISTINCT actor) >= 3 ORDER BY 3 DESC, 1",
	[A_RECORD_PERSONS] = "SELECT actor, sum(score)" SCORED " AND patient = ?3"
			     " GROUP BY actor ORDER BY 2 DESC, 1 LIMIT ?4",
	[A_SLOW] = "SELECT actor, day, at, score FROM look WHERE score > 0 AND day >= ?1"
		   " AND day <= ?2 ORDER BY actor, day, patient",
	[A_QUEUED] = "SELECT coalesce(max(made), -1000000) FROM item WHERE actor = ?1 AND made < ?2"
		     " AND queue IN (1, 2, 4)",
	[A_RECENT] = "SELECT coalesce(max(score), 0) FROM item WHERE actor = ?1 AND made > ?2"
		     " AND made < ?3 AND queue <= 4",
	[A_INCIDENTS] = "SELECT count(*) FROM item WHERE made = ?1 AND queue = 5",
	[A_ITEM] = "INSERT OR REPLACE INTO item VALUES (?1, ?2, ?3, ?4, ?5)",
	[A_ITEMS] = "SELECT day, queue, actor FROM item WHERE made >= ?1 AND queue <= 3"
		    " ORDER BY made DESC, queue, score DESC, actor LIMIT ?2",
	[A_SUM] = SUM SCORED " AND actor = ?3",
	[A_LOOKS] = LOOKS SCORED " AND actor = ?3 ORDER BY score DESC, day, patient LIMIT ?4",
	[A_RECORD_SUM] = SUM SCORED " AND patient = ?3",
	[A_RECORD_LOOKS] =
		LOOKS SCORED " AND patient = ?3 ORDER BY score DESC, day, actor LIMIT ?4",
	[A_AGAIN] = "SELECT a.day, a.actor, a.patient, a.seq, a.idx, a.at, l.acts FROM again a"
		    " JOIN look l USING (day, actor, patient) WHERE l.stage > 0"
		    " ORDER BY a.seq, a.idx LIMIT ?1",
	[A_AGAIN_ADD] = "INSERT OR IGNORE INTO again VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
	[A_AGAIN_LEFT] = "SELECT 1 FROM again LIMIT 1",
	[A_AGAIN_DONE] = "DELETE FROM again WHERE seq = ?1 AND idx = ?2",
	[A_AGAIN_SKIP] =
		"DELETE FROM again WHERE NOT EXISTS (SELECT 1 FROM look l WHERE"
		" l.day = again.day AND l.actor = again.actor AND l.patient = again.patient"
		" AND (l.stage = 0 OR l.kind > 0 AND (l.strength < 50 OR l.flags & 1023)))",
	[A_JUDGE] = "UPDATE look SET acts = acts | 32, score = 0"
		    " WHERE actor = ?3 AND day >= ?1 AND day <= ?2 AND score > 0",
	[A_JUDGED] = "SELECT day, patient, acts, kind, strength, flags FROM look"
		     " WHERE actor = ?3 AND day >= ?1 AND day <= ?2 AND acts & 32 LIMIT 8192",
	[A_CASE] = "SELECT day, patient, seq, at, flags, acts & 6" SCORED
		   " AND actor = ?3 ORDER BY at DESC, seq DESC, patient",
	[A_HAD] = "SELECT count(*) FROM item WHERE made = ?1 AND queue = 1",
	[A_ITEM_OF] = "SELECT 1 FROM item WHERE actor = ?1 AND (queue = ?2 AND day = ?3"
		      " OR queue = 4 AND made >= ?3)",
	[A_SET] = "INSERT OR REPLACE INTO state VALUES (?1, ?2)",
};

void keep_bind(struct access *a, enum access_query query, const int64_t *values, size_t count)
{
	for (size_t i = 0; i < count; i++)
		query_int(a->queries[query], (int)i + 1, values[i]);
}

enum err keep_run(struct access *a, enum access_query query, const int64_t *values, size_t count)
{
	keep_bind(a, query, values, count);
	return query_run(a->queries[query]);
}

static enum err set(struct access *a, const char *name, int64_t value)
{
	query_text(a->queries[A_SET], 1, name);
	query_int(a->queries[A_SET], 2, value);
	return query_run(a->queries[A_SET]);
}

enum err keep_state(struct access *a)
{
	enum err err = set(a, "place", (int64_t)a->place);
	if (!err)
		err = set(a, "clock", a->clock_us);
	if (!err)
		err = set(a, "closed", a->closed_day);
	if (!err)
		err = set(a, "credit", (int64_t)(a->credit * 1e9));
	if (!err)
		err = set(a, "incident", (int64_t)a->incident);
	return err ? err : set(a, "picks", a->picks);
}

static enum err load_state(struct access *a)
{
	struct store_query *q;
	struct arena *arena = arena_new();
	enum err err = store_prepare(a->store, "SELECT name, value FROM state", &q);
	while (!err && query_step(q) == STORE_ROW) {
		const char *name = row_text(q, 0, arena);
		int64_t value = row_int(q, 1);
		if (strcmp(name, "place") == 0)
			a->place = (uint64_t)value;
		else if (strcmp(name, "clock") == 0)
			a->clock_us = value;
		else if (strcmp(name, "closed") == 0)
			a->closed_day = value;
		else if (strcmp(name, "credit") == 0)
			a->credit = (double)value / 1e9;
		else if (strcmp(name, "picks") == 0)
			a->picks = value;
		else if (strcmp(name, "incident") == 0)
			a->incident = (uint64_t)value;
	}
	if (!err)
		store_query_free(q);
	arena_free(arena);
	return err;
}

enum err keep_open(struct access *a, const char *path, char ret_problem[256])
{
	const struct store_sqlite options = {
		.path = path, .weak_sync = true, .cache_kib = ACCESS_CACHE_KIB};
	enum err err = store_open_sqlite(&options, &a->store, ret_problem);
	if (err)
		return err;
	err = store_exec(a->store, schema);
	for (int i = 0; i < A_QUERIES && !err; i++)
		err = store_prepare(a->store, sql[i], &a->queries[i]);
	if (!err)
		err = load_state(a);
	if (!err)
		err = store_exec(a->store, "BEGIN");
	if (err) {
		strncpy(ret_problem, store_problem(a->store), 255);
		ret_problem[255] = 0;
	}
	return err;
}

void keep_close(struct access *a)
{
	for (int i = 0; i < A_QUERIES; i++)
		store_query_free(a->queries[i]);
	store_close(a->store);
}
