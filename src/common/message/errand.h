// errand: what watch asks of the courier, the only way out, and what it is told.
//
//   SUBMIT        forth (watch)    an errand: number, destination, kind, severity, subject, type of
//                                  its content, size of its content
//   PART          forth (watch)    the next part of that content; the last one completes the errand
//   FETCH         forth (watch)    a feed is wanted, at most so large
//   STATE         back  (courier)  how far an errand is
//   FETCHED       back  (courier)  the next part of a feed, or how it ended
//   REPORT        back  (courier)  somebody wanted to go where the configuration does not lead
//   DESTINATIONS  back  (courier)  what is named, what waits, what came of the last errand
//
// A destination is a name of the configuration, never an address: watch cannot say where to.
// Content comes from watch, which knows no name of any patient. A number is watch's own and belongs
// to one errand for ever: submitting it again is not another errand. Whoever receives checks every
// field again; the structures hold what passed.
#pragma once

#include "common/io/channel.h"

enum errand_message {
	ERRAND_SUBMIT = 1,
	ERRAND_PART,
	ERRAND_FETCH,
	ERRAND_STATE,
	ERRAND_FETCHED,
	ERRAND_REPORT,
	ERRAND_DESTINATIONS
};

enum {
	ERRAND_NAME_BYTES = 64, // with the NUL, as the next four
	ERRAND_SUBJECT_BYTES = 200,
	ERRAND_TYPE_BYTES = 100,
	ERRAND_WORDS_BYTES = 240,
	ERRAND_QUERY_BYTES = 500,
	ERRAND_ETAG_BYTES = 200,
	ERRAND_PATH_BYTES = 64,
	ERRAND_CONTENT_BYTES = 1024 * 1024,
	ERRAND_PART_BYTES = 60000,
	ERRAND_FEED_BYTES = 256 * 1024 * 1024,
	ERRAND_DESTINATIONS_MOST = 64,
};

enum errand_kind {
	ERRAND_TEST = 1, // by hand, to see whether a destination works
	ERRAND_NOTICE,   // something that a person should read
	ERRAND_FINDING,
	ERRAND_REPORT_DUE, // what is sent regularly
	ERRAND_KINDS
};

enum errand_state {
	ERRAND_QUEUED = 1, // on the courier's disk
	ERRAND_RETRYING,   // an attempt failed; another follows
	ERRAND_DELIVERED,
	ERRAND_FAILED,  // expired, or the receiver will never take it
	ERRAND_REFUSED, // not taken: unnamed, too large, or the queue is full
	ERRAND_STATES
};

enum errand_fetch_state {
	FETCH_PART = 1,
	FETCH_WHOLE,     // the last part
	FETCH_UNCHANGED, // the etag still holds
	FETCH_FAILED,    // whatever came before is not to be used
	FETCH_STATES
};

enum errand_report {
	REPORT_UNNAMED = 1, // no such destination
	REPORT_ELSEWHERE,   // its name leads to an address where it may not be
	REPORT_REDIRECTED,  // it answered that it is elsewhere
	REPORT_REASONS
};

struct errand {
	uint64_t id; // not 0
	char destination[ERRAND_NAME_BYTES];
	enum errand_kind kind;
	uint8_t severity; // of syslog (RFC 5424): 0 emergency to 7 debug
	char subject[ERRAND_SUBJECT_BYTES];
	char type[ERRAND_TYPE_BYTES]; // of the content: "text/plain; charset=utf-8"
	uint32_t size;
};

struct errand_part {
	uint64_t id;
	uint32_t offset;
	struct bytes content; // borrowed from the frame
};

struct errand_fetch {
	uint64_t id; // not 0
	char destination[ERRAND_NAME_BYTES];
	uint32_t most_bytes;
	char query[ERRAND_QUERY_BYTES]; // put behind the feed's address; or ""
	char etag[ERRAND_ETAG_BYTES];   // of what is known already; or ""
	char path[ERRAND_PATH_BYTES];   // a file below the feed's address; or ""
};

struct errand_news {
	uint64_t id;
	enum errand_state state;
	uint32_t attempts;
	char destination[ERRAND_NAME_BYTES];
	char words[ERRAND_WORDS_BYTES]; // why, for a person
};

struct errand_fetched {
	uint64_t id;
	enum errand_fetch_state state;
	char etag[ERRAND_ETAG_BYTES];
	char words[ERRAND_WORDS_BYTES];
	struct bytes content; // borrowed from the frame
};

struct errand_refusal {
	enum errand_report reason;
	char destination[ERRAND_NAME_BYTES];
	char words[ERRAND_WORDS_BYTES];
};

struct errand_destination {
	char name[ERRAND_NAME_BYTES];
	char kind[16]; // mail, webhook, feed, syslog
	uint32_t waiting;
	uint64_t delivered, failed; // since the courier started
	enum errand_state last;     // 0: nothing yet
	int64_t last_us;
	char words[ERRAND_WORDS_BYTES]; // of the last one
};

struct errand_destinations {
	char problem[ERRAND_WORDS_BYTES]; // what is wrong with the file, or ""
	uint32_t queued;
	uint64_t queued_bytes;
	size_t count;
	struct errand_destination list[ERRAND_DESTINATIONS_MOST];
};

extern const struct message_table errand_table;

const char *errand_kind_text(enum errand_kind kind);    // "finding"
const char *errand_state_text(enum errand_state state); // "delivered"
const char *errand_report_text(enum errand_report reason);
// A destination's name: a-z, 0-9 and -, beginning with a letter or digit.
bool errand_is_name(const char *text);
// What may stand in one header line: UTF-8 without any control character.
bool errand_is_line(const char *text);
bool errand_is_type(const char *text);
bool errand_is_query(const char *text);
bool errand_is_path(const char *text); // one name: nothing that leads elsewhere
bool errand_is_etag(const char *text);
// Copies what fits, cut at a character, with ? for what no line may hold: for words from elsewhere.
void errand_words(char *ret, size_t room, const char *text);

// The senders assert what the parsers check: a wrong field is the sender's own mistake.
void errand_submit_send(struct channel *channel, const struct errand *errand);
enum err errand_submit_parse(struct bytes payload, struct errand *ret_errand);
void errand_part_send(struct channel *channel, const struct errand_part *part);
enum err errand_part_parse(struct bytes payload, struct errand_part *ret_part);
void errand_fetch_send(struct channel *channel, const struct errand_fetch *fetch);
enum err errand_fetch_parse(struct bytes payload, struct errand_fetch *ret_fetch);
void errand_state_send(struct channel *channel, const struct errand_news *news);
enum err errand_state_parse(struct bytes payload, struct errand_news *ret_news);
void errand_fetched_send(struct channel *channel, const struct errand_fetched *fetched);
enum err errand_fetched_parse(struct bytes payload, struct errand_fetched *ret_fetched);
void errand_report_send(struct channel *channel, const struct errand_refusal *refusal);
enum err errand_report_parse(struct bytes payload, struct errand_refusal *ret_refusal);
void errand_destinations_send(struct channel *channel, const struct errand_destinations *all);
enum err errand_destinations_parse(struct bytes payload, struct errand_destinations *ret_all);
