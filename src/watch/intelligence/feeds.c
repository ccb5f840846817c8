// Feeds: which one is due, document by document, and what comes of them. Declared in intelligence.h
// and intelligence_in.h.
#include "watch/intelligence/intelligence_in.h"

#include "common/base/time.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define DAY_US INT64_C(86400000000)
enum {
	DOCUMENTS_MOST = 5000, // of one round: a server whose pages never end
	ROUND_S = 300,         // for them: other feeds wait meanwhile
	PAGE_BYTES = 16 * 1024 * 1024,
	PAGE_OBJECTS = 1000,
	RETRY_S = 60
};

// After a failure soon again, then later and later, up to the source's own interval.
static bool is_due(const struct intelligence *i, const struct source *source)
{
	const struct shelf_state *state = states_find((struct states *)&i->states, source->name);
	if (source->kind == SOURCE_FILE)
		return false;
	if (!state || !state->tried_us)
		return true;
	int64_t wait_us = source->every_us;
	if (state->failures) {
		unsigned doubled = state->failures < 12 ? state->failures - 1 : 11;
		int64_t retry_us = RETRY_S * INT64_C(1000000) << doubled;
		wait_us = retry_us < wait_us ? retry_us : wait_us;
	}
	return i->now_us >= state->tried_us + wait_us || i->now_us < state->tried_us;
}

// Everything but letters, digits and -._~ as %XX (RFC 3986). False: no room.
static bool add_escaped(char *query, const char *text)
{
	size_t size = strlen(query);
	for (; *text; text++) {
		bool plain = isalnum((unsigned char)*text) || strchr("-._~", *text);
		if (size + 4 > ERRAND_QUERY_BYTES)
			return false;
		size += (size_t)snprintf(query + size, ERRAND_QUERY_BYTES - size,
			plain ? "%c" : "%%%02X", (unsigned char)*text);
	}
	return true;
}

static void begin(struct intelligence *i, const struct source *source)
{
	struct fetching *f = &i->fetching;
	*f = (struct fetching){.begun_us = i->now_us,
		.stage = source->kind == SOURCE_TAXII  ? FETCH_PAGE_OF
			 : source->kind == SOURCE_MISP ? FETCH_MANIFEST
						       : FETCH_DOCUMENT};
	strcpy(f->source, source->name);
}

static bool fill_wish(struct intelligence *i, const struct source *source,
	const struct shelf_state *state, struct intelligence_wish *wish)
{
	struct fetching *f = &i->fetching;
	bool fine = true;
	*wish = (struct intelligence_wish){.most_bytes = INT32_MAX & (128 * 1024 * 1024)};
	snprintf(wish->feed, sizeof wish->feed, "%.63s", source->feed);
	if (f->stage == FETCH_PAGE_OF) {
		wish->most_bytes = PAGE_BYTES;
		snprintf(wish->query, sizeof wish->query, "limit=%d", PAGE_OBJECTS);
		if (state && *state->since) {
			strcat(wish->query, "&added_after=");
			fine = add_escaped(wish->query, state->since);
		}
		if (*f->next) {
			strcat(wish->query, "&next=");
			fine = fine && add_escaped(wish->query, f->next);
		}
	} else if (f->stage == FETCH_MANIFEST) {
		strcpy(wish->path, "manifest.json");
	} else if (f->stage == FETCH_EVENT) {
		snprintf(wish->path, sizeof wish->path, "%s.json", f->events[f->event_at].uuid);
	} else if (state) {
		strcpy(wish->etag, state->etag);
	}
	return fine;
}

bool intelligence_wants(struct intelligence *i, struct intelligence_wish *ret_wish)
{
	struct fetching *f = &i->fetching;
	if (f->asked || f->ended || i->loader.busy || !i->edition)
		return false;
	for (size_t s = 0; f->stage == FETCH_NONE && s < i->sources.count; s++)
		if (is_due(i, &i->sources.at[s]))
			begin(i, &i->sources.at[s]);
	if (f->stage == FETCH_NONE)
		return false;
	const struct source *source = sources_find(&i->sources, f->source);
	struct shelf_state *state = states_of(&i->states, f->source);
	if (!source || !state) { // it was taken out of the file meanwhile
		f->stage = FETCH_NONE;
		return false;
	}
	if (!fill_wish(i, source, state, ret_wish)) {
		f->ended = true;
		f->how = FETCH_FAILED;
		strcpy(f->words, "its next page has too long a name");
		return false;
	}
	f->file = fopen(i->document, "we");
	f->asked = true;
	return true;
}

void intelligence_part(struct intelligence *i, struct bytes part)
{
	struct fetching *f = &i->fetching;
	if (f->file && fwrite(part.at, 1, part.size, f->file) != part.size) {
		fclose(f->file);
		f->file = NULL;
	}
}

void intelligence_fetched(
	struct intelligence *i, enum errand_fetch_state how, const char *etag, const char *words)
{
	struct fetching *f = &i->fetching;
	if (!f->asked)
		return;
	bool kept = f->file && fclose(f->file) == 0;
	f->file = NULL;
	f->asked = false;
	f->ended = true;
	f->how = how == FETCH_WHOLE && !kept ? FETCH_FAILED : how;
	snprintf(f->etag, sizeof f->etag, "%s", etag);
	snprintf(f->words, sizeof f->words, "%s", kept ? words : "it cannot be stored");
}

static void end(struct intelligence *i, const char *words)
{
	struct fetching *f = &i->fetching;
	struct shelf_state *state = states_of(&i->states, f->source);
	if (state) {
		bool fine = !words;
		state->tried_us = i->now_us;
		state->failures = fine ? 0 : state->failures + 1;
		if (fine)
			state->fine_us = f->begun_us;
		snprintf(state->words, sizeof state->words, "%s", words ? words : "");
	}
	i->wants_edition |= f->changed;
	f->stage = FETCH_NONE;
	f->ended = false;
	unlink(i->document);
}

void feeds_tick(struct intelligence *i)
{
	struct fetching *f = &i->fetching;
	struct work *w = &i->loader.work;
	if (!f->ended)
		return;
	if (f->how == FETCH_UNCHANGED && f->stage == FETCH_DOCUMENT) {
		end(i, NULL);
		return;
	}
	if (f->how != FETCH_WHOLE) {
		end(i, *f->words ? f->words : "it could not be fetched");
		return;
	}
	const struct shelf_state *state = states_find(&i->states, f->source);
	strcpy(w->source, f->source);
	strcpy(w->document, i->document);
	*w->part = '\0';
	w->since_s = state ? strtoll(state->since, NULL, 10) : 0;
	w->how = f->stage == FETCH_PAGE_OF ? IMPORT_PAGE
		 : f->stage == FETCH_EVENT ? IMPORT_EVENT
					   : IMPORT_WHOLE;
	if (f->stage == FETCH_EVENT)
		strcpy(w->part, f->events[f->event_at].uuid);
	intelligence_work(i, f->stage == FETCH_MANIFEST ? WORK_MANIFEST : WORK_DOCUMENT);
}

// A day back: the server's clock is another, and what comes twice is the same.
static void page_done(struct intelligence *i, struct shelf_state *state)
{
	struct fetching *f = &i->fetching;
	const struct stix_page *page = &i->loader.work.page;
	char since[TIME_TEXT_BYTES];
	f->changed |= page->indicators > 0;
	f->documents++;
	if (page->more && *page->next && strcmp(page->next, f->next) != 0 &&
		f->documents < DOCUMENTS_MOST &&
		i->now_us < f->begun_us + ROUND_S * INT64_C(1000000)) {
		strcpy(f->next, page->next);
		f->ended = false;
		return;
	}
	if (page->more) {
		end(i, *page->next ? "its pages do not end"
				   : "more follows, but it does not say where");
		return;
	}
	time_format(f->begun_us - DAY_US, since);
	snprintf(state->since, sizeof state->since, "%s", since);
	end(i, NULL);
}

static void event_done(struct intelligence *i, struct shelf_state *state)
{
	struct fetching *f = &i->fetching;
	bool again = f->more_events;
	f->changed = true;
	snprintf(state->since, sizeof state->since, "%lld",
		(long long)f->events[f->event_at].changed_s);
	f->ended = false;
	if (++f->event_at < f->event_count)
		return;
	end(i, NULL);
	if (again)
		state->tried_us = 0; // the next ones at once
}

static void manifest_done(struct intelligence *i)
{
	struct fetching *f = &i->fetching;
	const struct work *w = &i->loader.work;
	memcpy(f->events, w->events, sizeof f->events);
	f->event_count = w->event_count;
	f->event_at = 0;
	f->more_events = w->more_events;
	f->stage = FETCH_EVENT;
	f->ended = false;
	if (!f->event_count)
		end(i, NULL);
}

void feeds_worked(struct intelligence *i)
{
	struct fetching *f = &i->fetching;
	const struct work *w = &i->loader.work;
	struct shelf_state *state = states_find(&i->states, f->source);
	char words[SHELF_WORDS_BYTES];
	if (w->err || !state) {
		snprintf(words, sizeof words, "%s",
			w->kind == WORK_DOCUMENT && state && *state->words ? state->words
									   : "it cannot be read");
		end(i, words);
		return;
	}
	if (f->stage == FETCH_PAGE_OF)
		page_done(i, state);
	else if (f->stage == FETCH_MANIFEST)
		manifest_done(i);
	else if (f->stage == FETCH_EVENT)
		event_done(i, state);
	else {
		f->changed = true;
		strcpy(state->etag, f->etag);
		end(i, NULL);
	}
}
