// The gate inside nginx: holds each request in nginx's event loop until the vault answers.
//
// A thin adapter. What a request means is decided in gate/http, what may happen in the vault; here
// are only nginx's ways of waiting, buffering and cleaning up. In each worker: one control socket
// to the parent, one channel to the vault, a table of the requests that wait. A client that goes
// away takes its request back (CANCEL); a vault that goes away gives 503 to all who wait.
#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_event.h>
#include <ngx_http.h>
#include <sys/prctl.h>
#include <sys/random.h>

#include "common/io/sandbox.h"
#include "common/io/wire.h"
#include "gate/http/ask.h"
#include "gate/nginx/answer.h"

enum {
	WAITING_MOST = 4096,
	PARENT_FD = 3,
	TRACES = 16, // 256 bytes, which the kernel always gives whole
	TRACE_BYTES = 16
};

// A request that waits. Lives in the request's pool; the table points at it.
typedef struct {
	ngx_http_request_t *request;
	uint32_t id;
	struct door_ask ask; // its texts live in `arena`
	struct arena *arena;
	bool sent, large;
	struct door_answer answer;
	u_char *body;
	size_t got;
} waiting_t;

typedef struct {
	ngx_str_t console;
} main_conf_t;

static struct {
	ngx_connection_t *control;
	ngx_connection_t *channel_connection;
	struct channel *channel;
	waiting_t *waiting[WAITING_MOST];
	uint16_t generation[WAITING_MOST];
	ngx_uint_t hint;
	ngx_event_t flush;
	struct arena *scratch; // for one frame at a time
	struct arena_pool arenas;
	uint8_t traces[TRACES][TRACE_BYTES]; // random, drawn many at a time
	ngx_uint_t traces_left;
	unsigned large; // requests whose body is large, or not known to be small
} gate;

extern ngx_module_t ngx_http_hospitaller_module;

static void channel_lost(void);
static void channel_flush_soon(void);

static const struct http_refusal unavailable = {
	503, "unavailable", "The records cannot be reached now; try again in a second."};

static void forget(waiting_t *w)
{
	ngx_uint_t slot = w->id % WAITING_MOST;
	if (w->sent && gate.waiting[slot] == w)
		gate.waiting[slot] = NULL;
	w->sent = false;
}

// The request's pool goes away: so does everything that we hold for it.
static void on_cleanup(void *data)
{
	waiting_t *w = data;
	if (w->sent && gate.channel) {
		door_cancel_send(gate.channel, w->id);
		channel_flush_soon();
	}
	forget(w);
	gate.large -= w->large;
	arena_give(&gate.arenas, w->arena);
}

static void finish(waiting_t *w, ngx_int_t rc)
{
	ngx_http_request_t *r = w->request;
	ngx_connection_t *c = r->connection;
	forget(w);
	ngx_http_finalize_request(r, rc);
	ngx_http_run_posted_requests(c);
}

static void answer_whole(waiting_t *w)
{
	ngx_http_request_t *r = w->request;
	for (size_t i = 0; i < w->answer.header_count; i++) {
		if (answer_add_header(r, w->answer.headers[i].name, w->answer.headers[i].value) !=
			NGX_OK) {
			finish(w, NGX_HTTP_INTERNAL_SERVER_ERROR);
			return;
		}
	}
	finish(w, answer_send(r, w->answer.status, w->body, w->got));
}

// ---- The channel to the vault.

static waiting_t *find_waiting(uint32_t id)
{
	waiting_t *w = gate.waiting[id % WAITING_MOST];
	return w && w->id == id ? w : NULL;
}

static void take_body(waiting_t *w, struct bytes more)
{
	if (more.size > w->answer.body_size - w->got)
		return; // not what was announced: the answer stays short and is dropped with the
			// client
	if (more.size)
		ngx_memcpy(w->body + w->got, more.at, more.size);
	w->got += more.size;
	if (w->got == w->answer.body_size)
		answer_whole(w);
}

static void on_answer(struct bytes payload)
{
	struct door_answer answer;
	arena_reset(gate.scratch);
	if (door_answer_parse(payload, gate.scratch, &answer)) {
		channel_lost();
		return;
	}
	waiting_t *w = find_waiting(answer.id);
	if (!w || w->body)
		return; // the client left first; or a second answer, which would not fit what was
			// begun
	w->answer = answer;
	w->body = ngx_pnalloc(w->request->pool, answer.body_size ? answer.body_size : 1);
	if (!w->body) {
		finish(w, NGX_HTTP_INTERNAL_SERVER_ERROR);
		return;
	}
	if (answer.body_first.size == answer.body_size) {
		take_body(w, answer.body_first);
		return;
	}
	// The rest comes later: the headers must outlive the scratch arena.
	struct door_header *headers =
		arena_copy(w->arena, answer.headers, answer.header_count * sizeof *headers);
	for (size_t i = 0; i < answer.header_count; i++) {
		headers[i].name = arena_text(w->arena, headers[i].name);
		headers[i].value = arena_text(w->arena, headers[i].value);
	}
	w->answer.headers = headers;
	take_body(w, answer.body_first);
}

static void on_frame(const struct frame *frame)
{
	uint32_t id;
	struct bytes more;
	if (frame->type == DOOR_ANSWER) {
		on_answer(frame->payload);
		return;
	}
	if (door_more_parse(frame->payload, &id, &more))
		return;
	waiting_t *w = find_waiting(id);
	if (w && w->body)
		take_body(w, more);
}

static void on_channel_readable(ngx_event_t *event)
{
	ngx_connection_t *connection = event->data;
	struct frame frame;
	enum err err;
	do {
		err = channel_fill(gate.channel);
		while (gate.channel_connection == connection && channel_next(gate.channel, &frame))
			on_frame(&frame);
		if (gate.channel_connection != connection)
			return;
	} while (!err && channel_more(gate.channel));
	if (err || channel_broken(gate.channel))
		channel_lost();
	else if (ngx_handle_read_event(event, 0) != NGX_OK)
		channel_lost();
}

static void flush(void)
{
	if (!gate.channel)
		return;
	if (channel_flush(gate.channel)) {
		channel_lost();
		return;
	}
	if (channel_queued_bytes(gate.channel))
		(void)ngx_handle_write_event(gate.channel_connection->write, 0);
}

static void on_channel_writable(ngx_event_t *event)
{
	(void)event;
	flush();
}

static void on_flush(ngx_event_t *event)
{
	(void)event;
	flush();
}

// Once per turn of the loop, however many requests came in it.
static void channel_flush_soon(void)
{
	if (!gate.flush.posted) {
		ngx_post_event(&gate.flush, &ngx_posted_events);
	}
}

static void channel_close(void)
{
	ngx_connection_t *connection = gate.channel_connection;
	if (!connection)
		return;
	gate.channel_connection = NULL;
	if (ngx_del_conn)
		ngx_del_conn(connection, NGX_CLOSE_EVENT);
	ngx_free_connection(connection);
	channel_free(gate.channel); // closes the descriptor
	gate.channel = NULL;
	for (ngx_uint_t i = 0; i < WAITING_MOST; i++) {
		if (gate.waiting[i])
			finish(gate.waiting[i],
				answer_refuse(gate.waiting[i]->request, &unavailable));
	}
}

// The vault ended it, or what came was not to be believed: the parent is asked for another one,
// which it also hands out by itself when a vault begins to serve.
static void channel_lost(void)
{
	static const struct wire lost = {.kind = WIRE_LOST, .fd = -1};
	channel_close();
	if (gate.control)
		(void)!wire_send(gate.control->fd, &lost);
}

static ngx_connection_t *adopt(
	int fd, ngx_cycle_t *cycle, ngx_event_handler_pt read, ngx_event_handler_pt write)
{
	ngx_connection_t *c = ngx_get_connection(fd, cycle->log);
	if (!c)
		return NULL;
	c->log = cycle->log;
	c->read->log = c->write->log = cycle->log;
	c->read->handler = read;
	c->write->handler = write;
	if (ngx_add_conn ? ngx_add_conn(c) != NGX_OK
			 : ngx_handle_read_event(c->read, 0) != NGX_OK) {
		ngx_free_connection(c);
		return NULL;
	}
	return c;
}

static void channel_take(int fd)
{
	channel_close();
	gate.channel_connection =
		adopt(fd, (ngx_cycle_t *)ngx_cycle, on_channel_readable, on_channel_writable);
	if (!gate.channel_connection) {
		close(fd);
		return;
	}
	gate.channel = channel_new(fd, &door_table, MESSAGE_BACK);
}

static void on_control(ngx_event_t *event)
{
	static struct wire wire;
	ngx_connection_t *c = event->data;
	enum err err;
	while (!(err = wire_receive(c->fd, &wire))) {
		if (wire.kind == WIRE_CHANNEL && wire.fd >= 0)
			channel_take(wire.fd);
		else if (wire.fd >= 0)
			close(wire.fd);
	}
	if (err != ERR_BUSY) { // no parent, no vault; the master will be told to end
		ngx_close_connection(c);
		gate.control = NULL;
		return;
	}
	(void)ngx_handle_read_event(event, 0);
}

// ---- Requests.

static ngx_int_t ask_vault(waiting_t *w, struct bytes body)
{
	ngx_uint_t tries = 0;
	static const struct http_refusal busy = {
		503, "busy", "Too much is being sent at once; try again in a second."};
	if (!gate.channel)
		return answer_refuse(w->request, &unavailable);
	if (!channel_has_room(gate.channel, body.size))
		return answer_refuse(w->request, &busy);
	while (gate.waiting[gate.hint] && tries++ < WAITING_MOST)
		gate.hint = (gate.hint + 1) % WAITING_MOST;
	if (gate.waiting[gate.hint])
		return answer_refuse(w->request, &unavailable);
	w->id = (uint32_t)gate.generation[gate.hint]++ * WAITING_MOST + (uint32_t)gate.hint;
	w->ask.id = w->id;
	enum err err = door_ask_send(gate.channel, &w->ask, body);
	if (err) {
		static const struct http_refusal large = {
			413, "too-large", "The request is too large."};
		return answer_refuse(w->request, &large);
	}
	gate.waiting[gate.hint] = w;
	gate.hint = (gate.hint + 1) % WAITING_MOST;
	w->sent = true;
	channel_flush_soon();
	w->request->read_event_handler = ngx_http_test_reading; // notices a client that goes away
	return NGX_DONE;
}

// The body as one piece: nginx keeps it in one buffer (client_body_in_single_buffer).
static struct bytes whole_body(ngx_http_request_t *r, struct arena *arena)
{
	ngx_chain_t *chain = r->request_body ? r->request_body->bufs : NULL;
	if (chain && !chain->next)
		return bytes_of(chain->buf->pos, (size_t)(chain->buf->last - chain->buf->pos));
	size_t size = 0, at = 0;
	for (ngx_chain_t *c = chain; c; c = c->next)
		size += (size_t)(c->buf->last - c->buf->pos);
	u_char *all = arena_alloc(arena, size ? size : 1);
	for (ngx_chain_t *c = chain; c; c = c->next) {
		ngx_memcpy(all + at, c->buf->pos, (size_t)(c->buf->last - c->buf->pos));
		at += (size_t)(c->buf->last - c->buf->pos);
	}
	return bytes_of(all, size);
}

static void on_body(ngx_http_request_t *r)
{
	waiting_t *w = ngx_http_get_module_ctx(r, ngx_http_hospitaller_module);
	struct http_refusal refusal = {500, "unavailable", "The body cannot be taken."};
	if (r->request_body && r->request_body->temp_file) { // the configuration forbids it
		ngx_http_finalize_request(r, answer_refuse(r, &refusal));
		return;
	}
	struct bytes body = whole_body(r, w->arena);
	if (body.size > http_body_limit(&w->ask)) {
		static const struct http_refusal first = {401, "unauthenticated", "Sign in first."};
		ngx_http_finalize_request(r, answer_refuse(r, &first));
		return;
	}
	ngx_int_t rc = NGX_OK;
	if (http_is_form(&w->ask)) {
		if (http_add_form(body, w->arena, &w->ask, &refusal)) {
			ngx_http_finalize_request(r, answer_refuse(r, &refusal));
			return;
		}
		body.size = 0;
	}
	rc = ask_vault(w, body);
	if (rc != NGX_DONE)
		ngx_http_finalize_request(r, rc);
}

enum {
	HEADERS_MOST = HTTP_HEADERS_MOST + 1
}; // one more shows that there are too many

static size_t collect_headers(ngx_http_request_t *r, struct http_header *headers)
{
	size_t count = 0;
	for (ngx_list_part_t *part = &r->headers_in.headers.part; part; part = part->next) {
		ngx_table_elt_t *h = part->elts;
		for (ngx_uint_t i = 0; i < part->nelts && count < HEADERS_MOST; i++)
			headers[count++] =
				(struct http_header){bytes_of(h[i].lowcase_key, h[i].key.len),
					bytes_of(h[i].value.data, h[i].value.len)};
	}
	return count;
}

static void make_trace(u_char text[32])
{
	if (!gate.traces_left) {
		(void)!getrandom(gate.traces, sizeof gate.traces, 0);
		gate.traces_left = TRACES;
	}
	ngx_hex_dump(text, gate.traces[--gate.traces_left], TRACE_BYTES);
}

static int64_t size_of_body(const ngx_http_request_t *r)
{
	bool coming = r->headers_in.chunked;
#if (NGX_HTTP_V2)
	coming |= r->stream && !r->stream->in_closed;
#endif
	return r->headers_in.content_length_n >= 0 ? r->headers_in.content_length_n
	       : coming                            ? -1
						   : 0;
}

static ngx_int_t on_request(ngx_http_request_t *r)
{
	struct http_header headers[HEADERS_MOST];
	struct http_refusal refusal;
	u_char trace[32];
	ngx_pool_cleanup_t *cleanup = ngx_pool_cleanup_add(r->pool, sizeof(waiting_t));
	if (!cleanup)
		return NGX_HTTP_INTERNAL_SERVER_ERROR;
	waiting_t *w = cleanup->data;
	ngx_memzero(w, sizeof *w);
	w->request = r;
	w->arena = arena_take(&gate.arenas);
	r->disable_not_modified = 1; // If-Match and its kin are the vault's to judge, not nginx's
	cleanup->handler = on_cleanup;
	ngx_http_set_ctx(r, w, ngx_http_hospitaller_module);
	make_trace(trace);
	const struct http_head head = {.method = bytes_of(r->method_name.data, r->method_name.len),
		.target = bytes_of(r->unparsed_uri.data, r->unparsed_uri.len),
		.peer = bytes_of(r->connection->addr_text.data, r->connection->addr_text.len),
		.trace = bytes_of(trace, sizeof trace),
		.headers = headers,
		.header_count = collect_headers(r, headers)};
	if (http_ask(&head, w->arena, &w->ask, &refusal)) {
		if (ngx_http_discard_request_body(r) != NGX_OK)
			return NGX_HTTP_BAD_REQUEST;
		return answer_refuse(r, &refusal);
	}
	const struct http_coming coming = {size_of_body(r), gate.large};
	if (http_body_check(&w->ask, &coming, &w->large, &refusal)) {
		r->keepalive = 0; // the body is not read
		r->lingering_close = 0;
		return answer_refuse(r, &refusal);
	}
	gate.large += w->large;
	if (r->headers_in.content_length_n <= 0 && !r->headers_in.chunked && !r->stream) {
		ngx_int_t rc = ask_vault(w, bytes_of("", 0));
		if (rc == NGX_DONE)
			r->main->count++;
		return rc;
	}
	r->request_body_in_single_buf = 1;
	ngx_int_t rc = ngx_http_read_client_request_body(r, on_body);
	return rc >= NGX_HTTP_SPECIAL_RESPONSE ? rc : NGX_DONE;
}

// ---- Starting.

static ngx_int_t confine(ngx_cycle_t *cycle, int *ret_landlock_abi)
{
	// What nginx itself calls while it serves: the connections that come in, epoll, the
	// console's files. It makes no socket of its own: there is no way out from here.
	static const char *const calls[] = {"accept", "accept4", "openat", "open", "sendfile",
		"setsockopt", "getsockname", "getpeername", "getdents64", "readlink", "access",
		"faccessat", "faccessat2", "getppid", "umask", "setitimer", "io_setup",
		"io_destroy", "io_submit", "io_getevents", "epoll_create", NULL};
	main_conf_t *conf = ngx_http_cycle_get_module_main_conf(cycle, ngx_http_hospitaller_module);
	char console[512];
	ngx_snprintf((u_char *)console, sizeof console, "%V%Z", &conf->console);
	const struct sandbox_path paths[] = {{console, SANDBOX_READ},
		{"/dev/urandom", SANDBOX_READ}, {"/etc/localtime", SANDBOX_READ},
		{"/etc/ssl/openssl.cnf", SANDBOX_READ}};
	const struct sandbox sandbox = {.paths = paths, .path_count = 4, .calls = calls};
	struct sandbox_report report;
	if (sandbox_enter(&sandbox, &report)) {
		ngx_log_error(NGX_LOG_EMERG, cycle->log, 0, "the gate's worker cannot be confined");
		return NGX_ERROR;
	}
	if (*report.missing)
		ngx_log_error(NGX_LOG_CRIT, cycle->log, 0, "the gate's worker is less confined: %s",
			report.missing);
	*ret_landlock_abi = report.landlock_abi;
	return NGX_OK;
}

static ngx_int_t init_process(ngx_cycle_t *cycle)
{
	int fds[2], landlock_abi = 0;
	if (ngx_process != NGX_PROCESS_WORKER && ngx_process != NGX_PROCESS_SINGLE)
		return NGX_OK;
	// A worker must not outlive the master: the parent would start a second gate beside it.
	if (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0 || wire_pair(fds))
		return NGX_ERROR;
	gate.scratch = arena_new();
	gate.flush.handler = on_flush;
	gate.flush.log = cycle->log;
	gate.control = adopt(fds[0], cycle, on_control, on_control);
	if (!gate.control || confine(cycle, &landlock_abi) != NGX_OK)
		return NGX_ERROR;
	struct wire hello = {.kind = WIRE_HELLO,
		.index = (uint8_t)landlock_abi,
		.value = (uint32_t)ngx_pid,
		.fd = fds[1]};
	if (wire_send(PARENT_FD, &hello))
		return NGX_ERROR;
	close(fds[1]);
	return NGX_OK;
}

static char *set_handler(ngx_conf_t *cf, ngx_command_t *command, void *conf)
{
	ngx_http_core_loc_conf_t *location =
		ngx_http_conf_get_module_loc_conf(cf, ngx_http_core_module);
	(void)command;
	(void)conf;
	location->handler = on_request;
	return NGX_CONF_OK;
}

static void *create_main_conf(ngx_conf_t *cf)
{
	return ngx_pcalloc(cf->pool, sizeof(main_conf_t));
}

static ngx_command_t commands[] = {
	{ngx_string("hospitaller"), NGX_HTTP_LOC_CONF | NGX_CONF_NOARGS, set_handler,
		NGX_HTTP_LOC_CONF_OFFSET, 0, NULL},
	{ngx_string("hospitaller_console"), NGX_HTTP_MAIN_CONF | NGX_CONF_TAKE1,
		ngx_conf_set_str_slot, NGX_HTTP_MAIN_CONF_OFFSET, offsetof(main_conf_t, console),
		NULL},
	ngx_null_command,
};

static ngx_http_module_t context = {.create_main_conf = create_main_conf};

ngx_module_t ngx_http_hospitaller_module = {NGX_MODULE_V1, &context, commands, NGX_HTTP_MODULE,
	NULL, NULL, init_process, NULL, NULL, NULL, NULL, NGX_MODULE_V1_PADDING};

// What nginx looks for in a module that it loads.
extern ngx_module_t *ngx_modules[];
extern char *ngx_module_names[];
extern char *ngx_module_order[];
ngx_module_t *ngx_modules[] = {&ngx_http_hospitaller_module, NULL};
char *ngx_module_names[] = {(char *)"ngx_http_hospitaller_module", NULL};
char *ngx_module_order[] = {NULL};
