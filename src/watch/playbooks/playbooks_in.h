// playbooks_in: what the files of this folder share. Nobody else includes this.
#pragma once

#include "common/format/cacao.h"
#include "common/store/store.h"
#include "watch/playbooks/playbooks.h"

enum {
	RUN_WORDS_BYTES = 400,
	RUN_KEY_BYTES = 48,
	SHELF_PROBLEM_BYTES = 360,
};

enum record_state {
	RECORD_ASKED,  // a person is
	RECORD_ACTING, // sent, not answered
	RECORD_DONE,
	RECORD_REFUSED, // by the vault or guard
	RECORD_FAILED,  // nobody answered
	RECORD_SKIPPED, // nobody approved in time
	RECORD_DECLINED,
	RECORD_UNDOING,
	RECORD_UNDONE,
	RECORD_OVER,
	RECORD_WOULD, // in a dry run
	RECORD_STATES
};

// What a run did or wants to do, for ever.
struct record {
	unsigned n; // from 1
	int step;
	enum record_state state;
	int64_t at_us, until_us, due_us;
	uint64_t approved; // entry of the trail
	uint64_t undo;     // entry of who wants it back
	bool escalated, send;
	char role[24]; // that is asked
	char words[RUN_WORDS_BYTES];
};

enum token_phase {
	TOKEN_DELAY,
	TOKEN_ASK,
	TOKEN_ACT,
	TOKEN_JOIN,
	TOKEN_PHASES
};

// Where a run is, once for each branch.
struct token {
	int id, parent; // parent 0: the run itself
	int step;
	enum token_phase phase;
	int64_t due_us;
	unsigned loops;
	unsigned record;
};

struct run {
	struct run *next;
	struct arena *arena;
	uint64_t id;
	json_t *json, *finding; // the playbook and the finding, as they were
	struct cacao *p;
	int64_t started_us, ended_us; // 0: it runs
	struct token tokens[PLAYBOOKS_TOKENS];
	size_t token_count;
	int token_ids;
	struct record *records;
	size_t record_count;
	bool dirty, dry, cut;
	int64_t now_us;
};

struct shelf_book {
	char name[88];
	char file[80];
	json_t *json;
	struct cacao *p;
};

struct shelf {
	struct arena *arena;
	uint64_t stamp;
	struct shelf_book books[PLAYBOOKS_SHELF];
	size_t count;
	char problems[16][SHELF_PROBLEM_BYTES];
	size_t problem_count;
};

struct playbooks {
	struct store *store;
	struct store_query *put, *ask, *quiet, *get, *page, *trim;
	struct playbooks_owner owner;
	struct shelf shelf;
	struct run *runs; // that go on
	size_t run_count;
	uint64_t last_id, left_out, places[PLACES], places_kept[PLACES];
	char birth[12]; // of the database: keys of another one are others
	char words[RUN_WORDS_BYTES];
	bool broken;
};

// shelf.c
void shelf_done(struct shelf *shelf);
const struct shelf_book *shelf_find(const struct shelf *shelf, const char *name);

// engine.c
void run_begin(struct run *run);   // its first token
void run_advance(struct run *run); // until everything waits
void run_acted(struct run *run, struct record *record, bool fine, const char *words);
void run_decided(struct run *run, struct record *record, enum record_state state);
bool run_rests(const struct run *run); // nothing is left that could change by itself
const char *run_value(void *run, const char *name);

// notices.c
void run_notify(struct playbooks *pb, const struct run *run, struct record *record);

// keep.c
enum err runs_open(struct playbooks *pb, const char *path, char ret_problem[256]);
void runs_close(struct playbooks *pb);
enum err runs_keep(struct playbooks *pb, struct run *run, const char *ident, const char *per);
enum err runs_load(struct playbooks *pb);
bool runs_has(struct playbooks *pb, const char *ident);
int64_t runs_last_us(struct playbooks *pb, const char *name, const char *per);
enum err runs_keep_place(struct playbooks *pb);
struct run *runs_find(struct playbooks *pb, uint64_t id); // a copy of the caller's, or NULL

// playbooks.c
struct run *run_new(void);
void run_free(struct run *run);
enum err run_settle(struct playbooks *pb, struct run *run); // kept, then sent
json_t *run_act(const struct playbooks *pb, const struct run *run, const struct record *record);
struct run *run_of(struct playbooks *pb, uint64_t id);
struct record *record_of(struct run *run, uint64_t n);

// show.c
json_t *show_run(const struct run *run);
const char *record_state_text(enum record_state state);
