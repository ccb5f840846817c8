#include "parts.h"

#include "watch/access/access.h"
#include "watch/casebook.h"
#include "watch/detector.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

void fail_if(bool wrong, const char *what)
{
	if (!wrong)
		return;
	fprintf(stderr, "bench: %s\n", what);
	exit(1);
}

// As the vault does at first: the trail has no findings yet, so they may be numbered.
static void feed_numbers(struct watch_parts *p)
{
	struct buf numbers = {0};
	put_u64(&numbers, 0);
	put_u64(&numbers, 0);
	fail_if(casebook_noted(p->casebook, p->detector, buf_bytes(&numbers)), "numbers");
	buf_done(&numbers);
}

void parts_open(const char *state, const char *rules, struct watch_parts *p)
{
	char path[200], problem[256];
	const struct detector_places places = {state, rules};
	snprintf(path, sizeof path, "%s/access.db", state);
	const struct access_options options = {
		.path = path, .per_thousand = PARTS_PER_THOUSAND, .least = PARTS_LEAST};
	fail_if(detector_open(&places, &p->detector), "the detector does not open");
	fail_if(casebook_open(&places, &p->casebook), "the incidents do not open");
	feed_numbers(p);
	fail_if(access_open(&options, &p->access, problem), "the accesses do not open");
	while (!detector_ready(p->detector)) {
		fail_if(detector_often(p->detector, p->messenger), "intelligence");
		usleep(1000);
	}
}

void parts_take(struct watch_parts *p, struct feed_event *events, size_t count, uint64_t size)
{
	if (!count)
		return;
	for (size_t i = 0; i < count; i++)
		access_event(p->access, &events[i]);
	fail_if(detector_events(p->detector, events, count, events[count - 1].seq + 1, size) ||
			casebook_take(p->casebook, p->detector) ||
			casebook_list(p->casebook, p->access),
		"something cannot be kept");
}

void parts_close(struct watch_parts *p)
{
	casebook_close(p->casebook);
	access_close(p->access);
	detector_close(p->detector);
}
