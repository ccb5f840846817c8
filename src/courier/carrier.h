// carrier: carries one thing to or from one destination, over libcurl's multi interface in our
// event loop. How differs by kind: each is one constant struct in a file of its own (mail.c,
// http.c, syslog.c).
//
// What always holds: a connection is opened only where destination_allows() says so, whatever a
// name led to; certificates and host names are checked; redirects are not followed; nothing is kept
// from one transfer to the next; what is received is bounded.
#pragma once

#include "common/base/bytes.h"
#include "common/message/errand.h"
#include "courier/destinations.h"

#include <curl/curl.h>
#include <event2/event.h>

enum outcome_what {
	OUTCOME_DONE = 1,
	OUTCOME_UNCHANGED, // of a feed
	OUTCOME_LATER,     // it may work another time
	OUTCOME_NEVER,     // this errand will never be taken
};

struct outcome {
	enum outcome_what what;
	char words[ERRAND_WORDS_BYTES];
	int64_t wait_ms;           // as the receiver asked, or 0
	enum errand_report report; // 0: nothing to report
	char etag[ERRAND_ETAG_BYTES];
};

struct transfer;

struct carrier {
	struct event_base *base;
	CURLM *multi;
	struct event *timer;
	struct transfer *running;
	size_t count;
	char host[64]; // of this machine, as syslog tells it
	struct bytes system_ca;
	bool skip_address_check; // only for the tests that show what one-way-out prevents
	void *context;
	// The transfer is over; it is freed afterwards.
	void (*done)(void *context, const struct transfer *transfer, const struct outcome *outcome);
	// The next part of a feed: false when there is no room for it now; carrier_resume() goes
	// on.
	bool (*part)(void *context, const struct transfer *transfer, struct bytes part);
};

// What is to be carried. An errand has content; a fetch has not.
struct cargo {
	const struct destination *to;
	void *owner; // for who asked
	struct errand errand;
	const struct errand_fetch *fetch; // NULL: an errand; copied
	int64_t created_us;
	struct bytes content;   // copied
	const char *install_id; // of this installation: makes delivery ids unique
};

enum {
	DELIVERY_BYTES = 64
};

struct kind {
	const char *protocols; // that curl may speak for it
	// Where several errands may go over one connection: appends one as it goes out. The content
	// of the transfer is then made of these.
	void (*frame)(const struct carrier *carrier, const struct cargo *cargo, struct buf *out);
	void (*prepare)(struct transfer *transfer);
	void (*connected)(struct transfer *transfer); // only where curl makes no more than that
	void (*judge)(const struct transfer *transfer, CURLcode code, struct outcome *ret_outcome);
};
extern const struct kind kind_mail, kind_webhook, kind_feed, kind_syslog;

struct transfer {
	struct carrier *carrier;
	const struct destination *to;
	const struct kind *kind;
	void *owner;
	struct errand errand;
	struct errand_fetch fetch;
	bool is_fetch, paused, too_large, unfit; // unfit: an option could not be set
	bool elsewhere;                          // its name led where it may not be
	int64_t created_us;
	char delivery[DELIVERY_BYTES]; // the same in every attempt
	struct buf content;
	size_t at; // of the content sent, or of the feed received
	CURL *easy;
	curl_socket_t socket; // of its connection, while that is open; 0: none yet
	curl_mime *mime;
	struct curl_slist *headers, *recipients;
	char error[CURL_ERROR_SIZE];
	struct event *tick; // of syslog
	int64_t deadline_us, settled_us;
	struct transfer *next;
};

// Once, before the role confines itself. ERR_IO.
enum err carrier_prepare(void);
// `carrier` has its base, context and functions already. ERR_IO.
enum err carrier_open(struct carrier *carrier);
void carrier_close(struct carrier *carrier); // nobody is told of what is under way

void carrier_start(struct carrier *carrier, const struct cargo *cargo);
void carrier_resume(struct carrier *carrier); // the paused ones

const struct kind *carrier_kind(const struct destination *to);

// For the kinds.
void cargo_delivery(const struct cargo *cargo, char ret[DELIVERY_BYTES]);
#define TRANSFER_SET(transfer, option, value)                                                      \
	((transfer)->unfit |= curl_easy_setopt((transfer)->easy, option, value) != CURLE_OK)
[[gnu::format(printf, 2, 3)]] void transfer_header(
	struct transfer *transfer, const char *format, ...);
void transfer_end(struct transfer *transfer, const struct outcome *outcome);
void outcome_words(struct outcome *outcome, const char *words);
