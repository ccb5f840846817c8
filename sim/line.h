// line: one connection to the server, and the request that goes over it now.
#pragma once

#include "common/base/bytes.h"

#include <curl/curl.h>

enum {
	LINE_URL_BYTES = 1024,
	LINE_ANSWER_BYTES = 16 << 20,
	LINE_TIMEOUT_S = 60
};

struct line {
	CURL *curl;
	struct curl_slist *headers;
	struct buf body, answer;
	char url[LINE_URL_BYTES];
	uint32_t person; // who uses it; NOBODY: free
	int phase;       // the user's
	int64_t began_us, wall_us;
};

void line_open(struct line *line);
void line_close(struct line *line);
// A place of its own in the network of this machine: 127.0.x.y by a number below 60000.
void line_place(struct line *line, unsigned number);
// Adds what `url`, `body` and the arguments say to the multi handle. `token` "": none.
void line_send(struct line *line, CURLM *multi, const char *method, const char *token);
