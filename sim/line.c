#include "line.h"

#include "common/base/time.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static size_t collect(char *at, size_t one, size_t count, void *context)
{
	struct buf *answer = context;
	if (answer->size + one * count > LINE_ANSWER_BYTES)
		return 0;
	buf_add(answer, at, one * count);
	return one * count;
}

// The server's certificate is its own: on this machine, in a simulation, that is enough.
void line_open(struct line *line)
{
	*line = (struct line){.curl = curl_easy_init(), .person = UINT32_MAX};
	if (!line->curl)
		abort();
	curl_easy_setopt(line->curl, CURLOPT_SSL_VERIFYPEER, 0L);
	curl_easy_setopt(line->curl, CURLOPT_SSL_VERIFYHOST, 0L);
	curl_easy_setopt(line->curl, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
	curl_easy_setopt(line->curl, CURLOPT_WRITEFUNCTION, collect);
	curl_easy_setopt(line->curl, CURLOPT_WRITEDATA, &line->answer);
	curl_easy_setopt(line->curl, CURLOPT_PRIVATE, line);
	curl_easy_setopt(line->curl, CURLOPT_NOPROXY, "*");
	curl_easy_setopt(line->curl, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(line->curl, CURLOPT_TIMEOUT, (long)LINE_TIMEOUT_S);
	curl_easy_setopt(line->curl, CURLOPT_USERAGENT, "hospital-sim");
}

void line_close(struct line *line)
{
	curl_easy_cleanup(line->curl);
	curl_slist_free_all(line->headers);
	buf_done(&line->body);
	buf_done(&line->answer);
}

void line_place(struct line *line, unsigned number)
{
	char place[40];
	snprintf(place, sizeof place, "host!127.0.%u.%u", 1 + number / 250, 1 + number % 250);
	curl_easy_setopt(line->curl, CURLOPT_INTERFACE, place);
}

void line_send(struct line *line, CURLM *multi, const char *method, const char *token)
{
	char header[256];
	int is_fhir = strstr(line->url, "/fhir/") != NULL;
	curl_slist_free_all(line->headers);
	line->headers = curl_slist_append(NULL,
		is_fhir ? "Content-Type: application/fhir+json" : "Content-Type: application/json");
	if (*token) {
		snprintf(header, sizeof header, "Authorization: Bearer %s", token);
		line->headers = curl_slist_append(line->headers, header);
	}
	buf_clear(&line->answer);
	curl_easy_setopt(line->curl, CURLOPT_URL, line->url);
	curl_easy_setopt(line->curl, CURLOPT_HTTPHEADER, line->headers);
	if (strcmp(method, "POST") == 0) {
		curl_easy_setopt(line->curl, CURLOPT_POSTFIELDSIZE, (long)line->body.size);
		curl_easy_setopt(line->curl, CURLOPT_POSTFIELDS, line->body.at);
	} else {
		curl_easy_setopt(line->curl, CURLOPT_HTTPGET, 1L);
	}
	line->began_us = time_monotonic_us();
	line->wall_us = time_now_us();
	curl_multi_add_handle(multi, line->curl);
}
