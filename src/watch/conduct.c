#include "watch/conduct.h"

#include "common/base/log.h"
#include "common/base/time.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

enum {
	LATE_US = 300000000, // what the trail still might tell of the time before
};

static void on_found(void *context, const struct finding *finding)
{
	struct conduct *c = context;
	if (findings_made_before(c->findings, finding))
		return;
	findings_add(c->findings, finding);
	c->news = true;
}

static enum err open_it(struct conduct *c)
{
	char problem[256] = "";
	const struct behaviour_options options = {.path = c->path, .found = on_found, .context = c};
	enum err err = behaviour_open(&options, &c->behaviour, problem);
	if (err)
		log_error("%s: %s", c->path, *problem ? problem : err_text(err));
	return err;
}

static void put_away(struct conduct *c)
{
	static const char *const ends[] = {"", "-wal", "-shm"};
	char from[600], to[620];
	for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) {
		snprintf(from, sizeof from, "%s%s", c->path, ends[i]);
		snprintf(to, sizeof to, "%s.old", from);
		if (rename(from, to) != 0 && errno != ENOENT)
			log_error("%s cannot be put away: %s", from, strerror(errno));
	}
}

static enum err begin_anew(struct conduct *c, const char *why)
{
	log_warning("%s: learning anew from the trail (the old file stays as .old)", why);
	put_away(c);
	return open_it(c);
}

enum err conduct_open(struct conduct *c, const char *state, struct findings *findings)
{
	*c = (struct conduct){.findings = findings};
	snprintf(c->path, sizeof c->path, "%s/behaviour.db", state);
	enum err err = open_it(c);
	return err ? begin_anew(c, "what people ordinarily do cannot be read") : OK;
}

void conduct_close(struct conduct *c, bool keep)
{
	if (keep)
		behaviour_close(c->behaviour);
	else
		behaviour_abandon(c->behaviour);
	c->behaviour = NULL;
}

uint64_t conduct_from(const struct conduct *c)
{
	return behaviour_place(c->behaviour);
}

void conduct_events(struct conduct *c, const struct feed_event *events, size_t count, uint64_t next,
	uint64_t size)
{
	if (size < behaviour_place(c->behaviour)) {
		conduct_close(c, false);
		if (begin_anew(c, "the trail is shorter than what was already looked at"))
			return;
	}
	for (size_t i = 0; i < count && c->behaviour; i++)
		behaviour_event(c->behaviour, &events[i]);
	c->caught_up = next >= size;
}

void conduct_tick(struct conduct *c)
{
	if (c->behaviour && c->caught_up)
		behaviour_time(c->behaviour, time_now_us() - LATE_US);
	c->caught_up = false; // until the vault says so again
}

void conduct_save(struct conduct *c)
{
	if (c->behaviour && behaviour_save(c->behaviour))
		log_error("what people ordinarily do cannot be kept; it is tried again");
}

json_t *conduct_profile(struct conduct *c, uint64_t actor)
{
	return c->behaviour ? behaviour_profile(c->behaviour, actor)
			    : json_pack("{s:b}", "known", 0);
}
