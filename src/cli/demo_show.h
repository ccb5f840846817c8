// demo_show: what a house notices and does while a story is played, shown as it comes. The misdeed
// is `hospital-sim story`, a program of its own that knows nothing of how it is found; what is
// shown is asked of the server. For the commands of demo*.c alone.
#pragma once

#include "cli/talk.h"

enum {
	DEMO_PATH_BYTES = 4200
};

// Of a story in which weeks pass: what came since it last told something.
struct show_week {
	int64_t since_us;       // when it told; 0: what came has been said
	json_t *worst, *adding; // names of those whom the queue showed
	size_t light, weighty, incidents;
};

struct show {
	const struct invocation *invocation;
	bool weeks;   // weeks pass: findings are counted, and the queue is looked at
	int quiet_ms; // after the story: so long without news, and it is over
	int most_ms;  // for the whole
	// Asked after each look: true ends the story, also before its end; or NULL.
	bool (*enough)(struct show *show, void *context);
	void *context;
	int64_t began_us, news_us;
	json_int_t finding; // the newest that was told before
	char incident[32];
	json_t *told; // runs' steps, incidents, people of the queue by what was said of them
	json_t *findings, *incidents, *steps;
	json_t *alike;  // how many findings of each rule, by its id
	json_t *adding; // people whom the queue showed for what adds up, by account
	json_t *worst;  // and for one day
	struct show_week week;
	bool started; // what was there before the story has been passed over
};

void show_init(struct show *show, const struct invocation *invocation);
void show_done(struct show *show);

double show_seconds(const struct show *show); // since the beginning
// A line with the time since the beginning; nothing with --json.
void show_line(struct show *show, const char *who, const char *words);
// Plays the program's story (arguments[0] is the program; its lines are shown) and what the house
// makes of it, until there is nothing new or it is enough. The program's status, 0 when it was
// enough, or -1.
int show_story(struct show *show, const char *const *arguments);
// {"findings", "incidents", "steps"}, and of weeks "adding" and "worst"; json_decref.
json_t *show_json(const struct show *show);

// hospital-sim: beside this program, or where the build leaves it.
bool demo_find_program(char ret_path[DEMO_PATH_BYTES]);
json_t *demo_ask(const struct invocation *invocation, const char *path); // or NULL
// Ctrl-C, held back (SIG_BLOCK) by who has to tidy up; let through again in what is started.
void demo_signals(int how);
bool demo_interrupted(void);                        // it is held back, and came
int demo_slow(const struct invocation *invocation); // the story that needs a house of its own
