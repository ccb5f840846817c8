// What guard and the courier tell of themselves, as findings: who knocks where the zones let nobody
// in, what ended by itself, what wanted to go out elsewhere. Declared in conductor_in.h.
#include "watch/conductor_in.h"

#include "common/base/text.h"
#include "common/base/time.h"
#include "common/format/finding.h"
#include "common/message/errand.h"
#include "watch/messenger.h"
#include "watch/warden.h"

#include <stdio.h>

// What is told of, and what to do about it; `about` tells apart what is told within one minute.
struct telling {
	const char *id, *title, *advice, *about;
};

static void found(struct conductor *c, const struct telling *what, const char *sentence)
{
	char at[TIME_TEXT_BYTES], key[160];
	int64_t now_us = time_now_us();
	time_format(now_us - now_us % 60000000, at);
	snprintf(key, sizeof key, "%s %.120s", at, what->about);
	const struct finding finding = {.source = "system",
		.id = what->id,
		.title = what->title,
		.sentence = sentence,
		.advice = what->advice,
		.level = SIGMA_MEDIUM,
		.time_us = now_us,
		.count = 1,
		.key = key};
	detector_add(c->parts->detector, &finding);
}

// Five hundred runs wait: one that is needed may not begin.
void conductor_tell_left_out(struct conductor *c)
{
	static const struct telling what = {"watch.runs-full", "No playbook can begin",
		"Approve or decline what waits for a person; look for what starts so many.", ""};
	char words[200];
	uint64_t left_out = playbooks_left_out(c->playbooks);
	if (left_out == c->left_out)
		return;
	snprintf(words, sizeof words,
		"%d runs of playbooks are under way; %llu more could not begin since watch was "
		"started. What they would have done is left to people: approve or decline what waits.",
		PLAYBOOKS_RUNS, (unsigned long long)left_out);
	c->left_out = left_out;
	found(c, &what, words);
}

static void end_point(struct conductor *c)
{
	static const struct telling what = {"system.denied", "Much is refused between the zones",
		"See who knocks (`hospitaller guard list`), and whether a flow is missing.", ""};
	struct count_point *before =
		c->point_count ? &c->points[(c->point_count - 1) % CONDUCTOR_POINTS] : NULL;
	char words[200];
	uint64_t denied = before && c->now.denied >= before->denied
				  ? c->now.denied - before->denied
				  : 0; // guard was restarted, and counts from zero
	c->now.at_us = time_now_us();
	c->points[c->point_count++ % CONDUCTOR_POINTS] = c->now;
	c->now = (struct count_point){0};
	if (denied <= CONDUCTOR_DENIED_MOST)
		return;
	snprintf(words, sizeof words,
		"%llu packets within %d seconds wanted to go where no flow of the zones leads.",
		(unsigned long long)denied, CONDUCTOR_PULL_S);
	found(c, &what, words);
}

// ---- Who knocks.

// False: enough of them were told in this hour; `guard list` shows all.
static bool may_tell(struct conductor *c, int64_t hour)
{
	if (hour != c->knock_hour) {
		c->knock_hour = hour;
		c->knocks_told = 0;
	}
	return c->knocks_told++ < CONDUCTOR_KNOCKS_AN_HOUR;
}

static void write_knock(const struct ward_line *line, const char *address, char ret[400])
{
	char places[60] = "";
	if (line->places > 1)
		snprintf(places, sizeof places, "%u places, most often to ", line->places);
	snprintf(ret, 400,
		"%s sent %llu %s within ten minutes to where no flow of the zones leads: to %s%s.",
		address, (unsigned long long)line->packets,
		text_plural(line->packets, "packet", "packets"), places, line->words);
}

// Once for a host in an hour, and once more when it turns to many places: whatever spreads from
// host to host has to look for them.
static void on_knock(struct conductor *c, const struct ward_line *line)
{
	static const struct sigma_names scan = {
		{"attack.discovery", "attack.t1046", "hospitaller.infected"}, 3};
	static const struct sigma_names false_positives = {
		{"Something was set up, and its flow is missing in the zones file",
			"An inventory or monitoring that was never agreed"},
		2};
	bool many = line->places >= CONDUCTOR_PLACES;
	char sentence[400], key[100], address[PREFIX_TEXT_BYTES];
	int64_t now_us = time_now_us(), hour = now_us / 3600000000;
	if (!many && line->packets < CONDUCTOR_KNOCKS)
		return;
	prefix_text(&line->prefix, address);
	snprintf(key, sizeof key, "%s %lld", address, (long long)hour);
	write_knock(line, address, sentence);
	const struct finding finding = {.source = "system",
		.id = many ? "system.scan" : "system.knocks",
		.title = many ? "A host knocks at many doors"
			      : "A host knocks where the zones let nobody in",
		.sentence = sentence,
		.advice = many ? "Find the host and see what runs on it: this is how something "
				 "spreads. If it is no inventory of yours, quarantine it."
			       : "Find out what it wants there. Either a flow is missing in the "
				 "zones file, or it has no business there.",
		.level = many ? SIGMA_HIGH : SIGMA_MEDIUM,
		.tags = many ? &scan : NULL,
		.false_positives = &false_positives,
		.time_us = now_us,
		.count = line->packets,
		.key = key,
		.address = bytes_text(address)};
	if (!detector_knows(c->parts->detector, &finding) && may_tell(c, hour))
		detector_add(c->parts->detector, &finding);
}

static void on_counted(void *context, const struct ward_counters *counters)
{
	struct conductor *c = context;
	for (size_t i = 0; i < counters->count; i++) {
		const struct ward_line *line = &counters->lines[i];
		c->now.denied += line->kind == WARD_LINE_DENIED ? line->packets : 0;
		c->now.allowed += line->kind == WARD_LINE_FLOW ? line->packets : 0;
		c->now.blocks +=
			line->kind == WARD_LINE_BLOCK || line->kind == WARD_LINE_QUARANTINE;
		if (line->kind == WARD_LINE_KNOCK)
			on_knock(c, line);
	}
	if (counters->last)
		end_point(c);
}

static void on_expired(void *context, const struct ward_answer *answer)
{
	const struct telling what = {"system.expired", "A measure on the network ended by itself",
		"Nothing, when its cause is gone. If it is not, block it again.", answer->words};
	found(context, &what, answer->words);
}

static void on_refused(void *context, const struct errand_refusal *refusal)
{
	char words[500];
	const struct telling what = {"system.elsewhere", "Something wanted to go out elsewhere",
		"See who wants to send there, and whether they should.", refusal->destination};
	snprintf(words, sizeof words,
		"Somebody wanted to send to '%s', where the configuration does not lead (%s): %s",
		refusal->destination, errand_report_text(refusal->reason), refusal->words);
	found(context, &what, words);
}

// Whoever should have been told was not, and will not be.
static void tell_failed(struct conductor *c, const struct errand_news *news)
{
	char words[500];
	const struct telling what = {"system.undelivered", "A message could not be delivered",
		"Read in `hospitaller playbooks runs` what it was to say, and say it; then see what is wrong with the destination.",
		news->destination};
	snprintf(words, sizeof words, "A message to '%s' was given up after %u %s: %s.",
		news->destination, news->attempts,
		text_plural(news->attempts, "attempt", "attempts"), news->words);
	found(c, &what, words);
}

static void on_told(void *context, const struct errand_news *news)
{
	struct conductor *c = context;
	char words[ERRAND_WORDS_BYTES + 16];
	bool failed = news->state == ERRAND_FAILED;
	const struct playbooks_news told = {news->id, words, failed};
	snprintf(words, sizeof words, "%s%s",
		failed                            ? "given up: "
		: news->state == ERRAND_DELIVERED ? "delivered"
						  : "not delivered yet",
		failed ? news->words : "");
	if (failed)
		tell_failed(c, news);
	if (news->state != ERRAND_REFUSED && playbooks_told(c->playbooks, &told))
		c->broken = true; // said with the next tick
}

void conductor_listen(struct conductor *c)
{
	struct warden *warden = c->parts->warden;
	struct messenger *messenger = c->parts->messenger;
	warden->counted = on_counted;
	warden->expired = on_expired;
	warden->context = c;
	messenger->refused = on_refused;
	messenger->told = on_told;
	messenger->context = c;
}
