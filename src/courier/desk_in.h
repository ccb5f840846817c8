// desk_in: what the files of the desk share (desk.c, account.c, rounds.c, feeds.c). Nobody else
// includes it.
#pragma once

#include "courier/desk.h"

// account.c
struct tally *desk_tally(struct desk *desk, const struct destination *d); // NULL for NULL
void desk_flush(struct desk *desk);
void desk_account(struct desk *desk); // soon: how things stand
void desk_on_tell(evutil_socket_t fd, short what, void *desk);
void desk_say(struct desk *desk, const struct errand_news *news);
void desk_report(struct desk *desk, enum errand_report reason, const char *name, const char *words);

// rounds.c
void desk_news(const struct queued *one, enum errand_state state, const char *words,
	struct errand_news *ret);
void desk_turn_soon(struct desk *desk); // looks at the whole queue
void desk_on_next(evutil_socket_t fd, short what, void *desk);
void desk_errand_done(
	struct desk *desk, const struct transfer *transfer, const struct outcome *outcome);

// feeds.c
void desk_fetch(struct desk *desk, const struct errand_fetch *wish);
bool desk_fetch_part(void *desk, const struct transfer *transfer, struct bytes part);
void desk_fetch_done(
	struct desk *desk, const struct transfer *transfer, const struct outcome *outcome);
