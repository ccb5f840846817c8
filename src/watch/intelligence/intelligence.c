#include "watch/intelligence/intelligence_in.h"

#include "common/base/time.h"
#include "common/format/prefix.h"
#include "common/format/trail.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define HOUR_US INT64_C(3600000000)
#define DAY_US  (24 * HOUR_US)
enum {
	LOOK_US = 2000000,
	SURE_HIGH = 85,
	SURE_MEDIUM = 60,
	SURE_LOW = 30
};

static void on_state(void *context, const struct shelf_state *state)
{
	struct states *states = context;
	struct shelf_state *here = states_of(states, state->name);
	if (here)
		*here = *state;
}

enum err intelligence_open(const struct intelligence_places *places,
	struct intelligence **ret_intelligence, char ret_problem[256])
{
	char path[520];
	struct intelligence *i = calloc(1, sizeof *i);
	if (!i)
		abort();
	i->places = *places;
	i->examples = json_object();
	snprintf(i->state, sizeof i->state, "%s", places->state);
	snprintf(i->rules, sizeof i->rules, "%s", places->rules);
	snprintf(i->document, sizeof i->document, "%s/fetched", places->state);
	snprintf(path, sizeof path, "%s/feeds", places->state);
	mkdir(path, 0770); // it may be there
	snprintf(path, sizeof path, "%s/intelligence.db", places->state);
	*ret_problem = '\0';
	enum err err = shelf_open(path, &i->shelf, ret_problem);
	if (!err)
		err = shelf_states(i->shelf, on_state, &i->states);
	if (!err)
		err = sightings_open(i->shelf, &i->sightings);
	if (err) {
		if (!*ret_problem)
			snprintf(ret_problem, 256, "%.200s: it cannot be read", path);
		intelligence_close(i);
		return err;
	}
	i->next = sightings_place(i->sightings);
	*ret_intelligence = i;
	return OK;
}

void intelligence_close(struct intelligence *i)
{
	if (!i)
		return;
	if (loader_done(&i->loader, true)) {
		edition_free(i->loader.work.edition);
		sources_done(&i->loader.work.sources);
	}
	if (i->fetching.file)
		fclose(i->fetching.file);
	edition_free(i->edition);
	sources_done(&i->sources);
	json_decref(i->examples);
	sightings_close(i->sightings);
	shelf_close(i->shelf);
	free(i);
}

bool intelligence_ready(const struct intelligence *i)
{
	return i->edition != NULL;
}

uint64_t intelligence_place(const struct intelligence *i)
{
	return sightings_place(i->sightings);
}

// ---- The thread.

void intelligence_work(struct intelligence *i, enum work_kind kind)
{
	struct work *w = &i->loader.work;
	w->kind = kind;
	w->shelf = i->shelf;
	w->state = i->state;
	w->rules = i->rules;
	w->now_us = i->now_us;
	w->states = i->states;
	sources_copy(&i->sources, &w->sources);
	loader_start(&i->loader);
}

static enum err save_states(struct intelligence *i)
{
	enum err err = shelf_begin(i->shelf);
	for (size_t n = 0; !err && n < i->states.count; n++)
		err = shelf_state_save(i->shelf, &i->states.at[n]);
	if (!err)
		err = shelf_commit(i->shelf);
	if (err)
		shelf_rollback(i->shelf);
	return err;
}

static enum err take_work(struct intelligence *i)
{
	struct work *w = &i->loader.work;
	i->states = w->states;
	sources_done(&i->sources);
	i->sources = w->sources;
	if (w->edition) {
		edition_free(i->edition);
		i->edition = w->edition;
		w->edition = NULL;
		memcpy(i->warning_problem, w->warning_problem, sizeof i->warning_problem);
	}
	for (size_t n = 0; n < i->sources.count; n++)
		if (w->kind == WORK_FILES || strcmp(i->sources.at[n].name, w->source) == 0)
			tell_examples(i, i->sources.at[n].name);
	if (w->kind == WORK_DOCUMENT || w->kind == WORK_MANIFEST)
		feeds_worked(i);
	else if (w->err)
		return w->err;
	return save_states(i);
}

static bool files_changed(struct intelligence *i)
{
	if (i->edition && i->now_us < i->looked_us + LOOK_US && i->now_us >= i->looked_us)
		return false;
	uint64_t stamp = loader_stamp(i->state, i->rules);
	bool changed = stamp != i->stamp || !i->edition;
	i->looked_us = i->now_us;
	i->stamp = stamp;
	return changed;
}

enum err intelligence_tick(struct intelligence *i, int64_t now_us)
{
	enum err err = OK;
	i->now_us = now_us;
	if (loader_done(&i->loader, false))
		err = take_work(i);
	if (err || i->loader.busy)
		return err;
	if (files_changed(i))
		intelligence_work(i, WORK_FILES);
	else if (i->fetching.ended)
		feeds_tick(i);
	else if (i->fetching.stage == FETCH_NONE &&
		 (i->wants_edition || now_us > i->edition->built_us + DAY_US)) {
		i->wants_edition = false;
		intelligence_work(i, WORK_EDITION);
	}
	return OK;
}

enum err intelligence_save(struct intelligence *i)
{
	return i->loader.busy ? OK : sightings_save(i->sightings, i->next);
}

// ---- Matching.

bool intelligence_usable(const struct table_hit *hit, int64_t time_us)
{
	return !hit->warning && (!hit->until_us || time_us < hit->until_us);
}

// The surest; of equals the first, which is the narrowest.
bool intelligence_match(const struct intelligence *i, enum observable kind, struct bytes text,
	int64_t time_us, struct table_hit *ret_best)
{
	struct table_hit hits[TABLE_HITS];
	const struct table_hit *best = NULL;
	if (!i->edition || !text.size)
		return false;
	size_t count = table_find(i->edition->table, kind, text, hits);
	for (size_t n = 0; n < count; n++)
		if (intelligence_usable(&hits[n], time_us) && (!best || hits[n].sure > best->sure))
			best = &hits[n];
	if (best)
		*ret_best = *best;
	return best != NULL;
}

struct seen {
	const struct feed_event *event;
	const struct table_hit *hit;
	const char *what; // "address"
	uint64_t count;
};

static void date(int64_t at_us, char ret[TIME_TEXT_BYTES])
{
	time_format(at_us, ret);
	ret[10] = '\0';
}

// A program that is surely known from attacks, on a host inside: something runs there.
static bool is_infected(const struct seen *seen)
{
	struct prefix from;
	bool agent =
		seen->hit->kind == OBSERVABLE_AGENT || seen->hit->kind == OBSERVABLE_AGENT_PART;
	return agent && seen->hit->sure >= SURE_HIGH &&
	       prefix_parse(seen->event->address, &from) == OK && prefix_is_private(&from);
}

static void write_sentence(struct intelligence *i, const struct seen *seen, char *ret, size_t room)
{
	const struct table_hit *hit = seen->hit;
	char since[TIME_TEXT_BYTES] = "", who[40] = "Nobody signed in, who", name[140];
	bool inside = is_infected(seen);
	bool range = hit->kind == OBSERVABLE_ADDRESS && strchr(hit->value, '/');
	if (hit->since_us)
		date(hit->since_us, since);
	if (seen->event->actor)
		snprintf(who, sizeof who, "%016llx", (unsigned long long)seen->event->actor);
	indicator_words(name, sizeof name, *hit->name ? hit->name : hit->author);
	snprintf(ret, room,
		"%s came %s%s%swith the %s %.180s%s%s, which the list \"%.60s\" names%s%s%s%s%s (%d of 100 sure). "
		"It was %s.",
		who, inside ? "from " : "", inside ? seen->event->address : "", inside ? " " : "",
		seen->what, range ? seen->event->address : hit->value, range ? " in " : "",
		range ? hit->value : "", i->edition->names[hit->source], *since ? " since " : "",
		since, *name ? " as \"" : "", name, *name ? "\"" : "", hit->sure,
		seen->event->outcome == TRAIL_ALLOWED ? "let in" : "turned away");
}

static enum sigma_level level_of(const struct table_hit *hit)
{
	return hit->sure >= SURE_HIGH     ? SIGMA_HIGH
	       : hit->sure >= SURE_MEDIUM ? SIGMA_MEDIUM
	       : hit->sure >= SURE_LOW    ? SIGMA_LOW
					  : SIGMA_INFORMATIONAL;
}

static struct bytes opaque(uint64_t number, char ret[17])
{
	snprintf(ret, 17, "%016llx", (unsigned long long)number);
	return number ? bytes_of(ret, 16) : bytes_of(NULL, 0);
}

static const char *advice_for(const struct seen *seen)
{
	if (is_infected(seen))
		return "See what runs on this host, and who set it up. If it is nothing of yours: "
		       "quarantine it.";
	return seen->event->outcome == TRAIL_ALLOWED
		       ? "Ask the person whether this was them. If not: end the session, have the "
			 "password changed, block the address."
		       : "Nothing was let in. Block the address if no one of yours can have it.";
}

static void tell(struct intelligence *i, const struct seen *seen)
{
	static const struct sigma_names tags = {{"attack.initial-access", "attack.t1078"}, 2},
					infected = {{"attack.initial-access", "attack.t1078",
							    "hospitaller.infected"},
						3};
	static const struct sigma_names false_positives = {
		{"An address that changed hands since it was listed",
			"Many people behind one address, or a user agent that others use, too"},
		2};
	const struct feed_event *e = seen->event;
	char sentence[FINDING_SENTENCE_BYTES], id[40], actor[17], patient[17], session[17];
	bool agent =
		seen->hit->kind == OBSERVABLE_AGENT || seen->hit->kind == OBSERVABLE_AGENT_PART;
	write_sentence(i, seen, sentence, sizeof sentence);
	snprintf(id, sizeof id, "intelligence.%s", agent ? "agent" : "address");
	const struct finding finding = {.source = "intelligence",
		.id = id,
		.title = agent ? "A program from a threat list" : "An address from a threat list",
		.sentence = sentence,
		.advice = advice_for(seen),
		.level = level_of(seen->hit),
		.tags = is_infected(seen) ? &infected : &tags,
		.false_positives = &false_positives,
		.seq = e->seq,
		.time_us = e->time_us,
		.count = seen->count,
		.key = seen->hit->value,
		.evidence = &e->seq,
		.evidence_count = 1,
		.actor = opaque(e->actor, actor),
		.patient = opaque(e->patient, patient),
		.session = opaque(e->session, session),
		.address = bytes_text(e->address),
		.application = bytes_text(e->application)};
	i->places.found(i->places.context, &finding);
}

static void tell_many(struct intelligence *i, const struct feed_event *e)
{
	char sentence[200], key[32];
	snprintf(key, sizeof key, "%lld", (long long)i->hour);
	snprintf(sentence, sizeof sentence,
		"More than %d new sightings from threat lists within an hour: the rest of this hour is "
		"counted, and not told one by one.",
		INTELLIGENCE_AN_HOUR);
	const struct finding finding = {.source = "intelligence",
		.id = "intelligence.many",
		.title = "A flood from threat lists",
		.sentence = sentence,
		.advice = "Look at `hospitaller intelligence status`. A list that names half the "
			  "internet should go; else somebody attacks from many places at once.",
		.level = SIGMA_HIGH,
		.seq = e->seq,
		.time_us = e->time_us,
		.count = INTELLIGENCE_AN_HOUR,
		.key = key,
		.evidence = &e->seq,
		.evidence_count = 1};
	i->places.found(i->places.context, &finding);
}

static void sight(struct intelligence *i, struct seen *seen)
{
	const struct feed_event *e = seen->event;
	struct sighting *row = sightings_count(i->sightings, seen->hit, e->actor, e->time_us);
	int64_t day = e->time_us / DAY_US, hour = e->time_us / HOUR_US;
	row->last_seq = e->seq;
	snprintf(row->source, sizeof row->source, "%s", i->edition->names[seen->hit->source]);
	bool inside = is_infected(seen);
	if (row->told_day == day && (!inside || row->inside_day == day))
		return;
	row->told_day = day;
	row->inside_day = inside ? day : row->inside_day;
	seen->count = row->count;
	if (hour != i->hour) {
		i->hour = hour;
		i->this_hour = 0;
	}
	i->this_hour++;
	if (i->this_hour <= INTELLIGENCE_AN_HOUR)
		tell(i, seen);
	else if (i->this_hour == INTELLIGENCE_AN_HOUR + 1)
		tell_many(i, e);
}

void intelligence_size(struct intelligence *i, uint64_t size)
{
	if (i->next > size)
		i->next = size;
}

void intelligence_event(struct intelligence *i, const struct feed_event *event)
{
	struct table_hit hit;
	struct seen seen = {.event = event, .hit = &hit};
	if (event->seq < i->next)
		return;
	i->next = event->seq + 1;
	seen.what = "address";
	if (intelligence_match(
		    i, OBSERVABLE_ADDRESS, bytes_text(event->address), event->time_us, &hit))
		sight(i, &seen);
	seen.what = "program";
	if (intelligence_match(
		    i, OBSERVABLE_AGENT, bytes_text(event->application), event->time_us, &hit))
		sight(i, &seen);
}
