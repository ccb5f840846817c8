#include "vault/serve/serve.h"

#include "common/base/text.h"
#include "common/base/time.h"
#include "vault/ledger/ledger.h"
#include "vault/records/records.h"
#include "vault/serve/check.h"
#include "vault/serve/openapi.h"
#include "vault/serve/order.h"
#include "vault/serve/route.h"
#include "vault/serve/who.h"

#include <stdlib.h>
#include <string.h>

enum {
	PLACE_ENTRIES = 50000 // on the trail since the last commit; read again in about 50 ms
};

static void queue_push(struct exchange_queue *queue, struct exchange *exchange)
{
	exchange->next = NULL;
	if (queue->last)
		queue->last->next = exchange;
	else
		queue->first = exchange;
	queue->last = exchange;
	queue->count++;
}

static struct exchange *queue_pop(struct exchange_queue *queue)
{
	struct exchange *exchange = queue->first;
	if (!exchange)
		return NULL;
	queue->first = exchange->next;
	if (!queue->first)
		queue->last = NULL;
	queue->count--;
	return exchange;
}

static void queue_remove(struct exchange_queue *queue, struct exchange *exchange)
{
	size_t count = queue->count;
	for (size_t i = 0; i < count; i++) {
		struct exchange *x = queue_pop(queue);
		if (x != exchange)
			queue_push(queue, x);
	}
}

void serve_init(struct vault *vault, const struct vault_parts *parts)
{
	*vault = (struct vault){.parts = *parts};
	vault->hashing = worker_new(2);
	vault->committer = worker_new(1);
	openapi_write(parts->version ? parts->version : "", &vault->openapi);
}

void serve_done(struct vault *vault)
{
	worker_free(vault->hashing);
	worker_free(vault->committer);
	buf_done(&vault->openapi);
	struct exchange_queue *queues[] = {
		&vault->held, &vault->writes, &vault->staged, &vault->hashed};
	for (size_t i = 0; i < 4; i++)
		for (struct exchange *x; (x = queue_pop(queues[i]));)
			exchange_free(x);
	order_done(vault);
	check_end(vault);
	arena_pool_done(&vault->arenas);
}

size_t serve_waiting(const struct vault *vault)
{
	return vault->ordered_count + vault->held.count + vault->writes.count +
	       vault->staged.count + vault->hashed.count;
}

static void deliver(struct vault *vault, struct exchange *x)
{
	if (x->client)
		vault->parts.deliver(vault->parts.context, x);
	exchange_free(x);
}

static void finish(struct vault *vault, struct exchange *x)
{
	bool durable = x->trail_end <= ledger_durable(vault->parts.ledger);
	if (durable || vault->parts.skip_trail_wait)
		deliver(vault, x);
	else
		queue_push(&vault->held, x);
}

static void handle(struct vault *vault, struct exchange *x)
{
	x->now_us = time_now_us();
	(void)!records_hold(vault->parts.records); // without it reading is only slower
	switch (x->route->handler(vault, x)) {
	case PROGRESS_DONE:
		finish(vault, x);
		break;
	case PROGRESS_STAGED:
		queue_push(&vault->staged, x);
		break;
	case PROGRESS_ORDERED:
		order_hold(vault, x);
		break;
	case PROGRESS_HASHING:
		queue_push(&vault->hashed, x);
		break;
	}
}

void serve_again(struct vault *vault, struct exchange *x)
{
	handle(vault, x);
}

// A browser sends cookies along with whatever page, mail or link asks; only our own page can add
// the header. Reading counts, too: it is on the trail in somebody's name, and may cost them their
// session.
static bool forged(const struct exchange *x)
{
	bool changes = x->ask.method != DOOR_GET && x->ask.method != DOOR_HEAD;
	bool somebodys = changes || !(x->route->needs & NEEDS_NOBODY);
	return somebodys && x->ask.token_kind == DOOR_TOKEN_COOKIE && !x->ask.console;
}

static bool body_fits(struct exchange *x)
{
	if (x->route->needs & NEEDS_BODY && !x->body.size) {
		answer_error(x, 400, "malformed", "This request needs a body.");
		return false;
	}
	bool json = text_starts(x->ask.content_type, "application/json") ||
		    text_starts(x->ask.content_type, "application/fhir+json");
	if (x->route->needs & NEEDS_BODY && !json && x->entrance == ENTRANCE_GATE) {
		answer_error(x, 415, "not-supported", "Send application/%s.",
			exchange_is_fhir(x) ? "fhir+json" : "json");
		return false;
	}
	return true;
}

// FHIR is served as JSON only. `_format` is asked before Accept, as FHIR says.
static bool format_fits(struct exchange *x)
{
	const char *format = exchange_param(x, "_format"), *accept = x->ask.accept;
	const char *wanted = format && *format ? format : accept;
	bool fits = !*wanted || strstr(wanted, "json") || strstr(wanted, "*/*") ||
		    strstr(wanted, "application/*");
	if (!fits)
		answer_error(x, 406, "not-supported", "Only application/fhir+json is given.");
	return fits;
}

// Everything that must hold before a handler sees the request. False: answered.
static bool admit(struct vault *vault, struct exchange *x)
{
	const char *allow = NULL;
	enum err err = route_find(x, &x->route, &allow);
	if (err == ERR_UNSUPPORTED) {
		answer_header(x, "Allow", allow);
		answer_error(x, 405, "not-supported", "Use one of: %s.", allow);
		return false;
	}
	bool local_only = !err && x->route->needs & NEEDS_LOCAL && x->entrance != ENTRANCE_LOCAL;
	if (err || local_only) {
		answer_error(x, 404, "not-found", "There is nothing at this address.");
		return false;
	}
	if (forged(x)) {
		answer_error(x, 403, "denied", "A request with a cookie must carry X-Hospitaller.");
		return false;
	}
	who_identify(vault, x);
	if (!x->who.known && !(x->route->needs & NEEDS_NOBODY)) {
		answer_error(x, 401, "unauthenticated", "Sign in first.");
		return false;
	}
	if (!body_fits(x) || (exchange_is_fhir(x) && !format_fits(x)))
		return false;
	return !x->route->verb || who_may(vault, x, x->route->verb);
}

void serve_take(struct vault *vault, struct exchange *x)
{
	vault->requests++;
	x->now_us = time_now_us();
	if (serve_waiting(vault) >= SERVE_QUEUE) {
		answer_error(x, 503, "busy", "Too many requests at once; try again in a second.");
		finish(vault, x);
	} else if (!admit(vault, x)) {
		finish(vault, x);
	} else if (x->route->needs & NEEDS_WRITE && vault->committing) {
		queue_push(&vault->writes, x);
	} else {
		handle(vault, x);
	}
}

static void commit_run(void *context)
{
	struct vault *vault = context;
	if (!vault->parts.skip_trail_wait)
		ledger_wait(vault->parts.ledger, vault->commit_trail_end);
	vault->commit_result = records_commit(vault->parts.records, vault->commit_trail_end);
}

// A start looks for interrupted changes from the last commit on. Where people only read, a commit
// of nothing but the place keeps that short.
static bool place_is_old(struct vault *vault)
{
	struct records *records = vault->parts.records;
	return ledger_size(vault->parts.ledger) - records_trail_end(records) > PLACE_ENTRIES &&
	       records_begin(records) == OK;
}

void serve_settle(struct vault *vault)
{
	ledger_flush(vault->parts.ledger);
	order_settle(vault); // what needs no entry goes at once
	records_rest(vault->parts.records);
	if (vault->committing || (!vault->staged.count && !place_is_old(vault)))
		return;
	vault->commit_trail_end = ledger_size(vault->parts.ledger);
	vault->committing = true;
	if (worker_add(vault->committer, commit_run, vault, vault))
		abort(); // one commit at a time: its queue cannot be full
}

void serve_trail_advanced(struct vault *vault)
{
	uint64_t durable = ledger_durable(vault->parts.ledger);
	while (vault->held.first && vault->held.first->trail_end <= durable)
		deliver(vault, queue_pop(&vault->held));
	order_settle(vault);
}

void serve_orders(struct vault *vault)
{
	order_settle(vault);
}

void serve_hashed(struct vault *vault)
{
	for (struct exchange *x; (x = worker_take(vault->hashing));) {
		queue_remove(&vault->hashed, x);
		if (x->route->needs & NEEDS_WRITE && vault->committing)
			queue_push(&vault->writes, x);
		else
			handle(vault, x);
	}
}

// Nothing of the batch is in the database: say so to the clients and on the trail.
static void abort_staged(struct vault *vault, struct exchange *x)
{
	struct trail_entry entry = note_begin(x, TRAIL_ACCESS, TRAIL_TRANSACTION, TRAIL_ABORTED);
	entry.detail = err_text(vault->commit_result);
	entry.refers_to = x->trail_end ? x->trail_end - 1 : 0;
	note_add(vault, x, &entry);
	x->header_count = 0;
	answer_error(
		x, 503, "unavailable", "Nothing was stored: %s.", err_text(vault->commit_result));
}

void serve_committed(struct vault *vault)
{
	if (!worker_take(vault->committer))
		return;
	records_rest(vault->parts.records); // what comes next reads what was committed
	vault->committing = false;
	vault->commits++;
	for (struct exchange *x; (x = queue_pop(&vault->staged));) {
		if (vault->commit_result)
			abort_staged(vault, x);
		else
			vault->committed_writes++;
		finish(vault, x);
	}
	size_t waiting = vault->writes.count;
	while (waiting--)
		handle(vault, queue_pop(&vault->writes));
}

void serve_forget(struct vault *vault, const void *client, const uint32_t *id)
{
	const struct exchange_queue *queues[] = {
		&vault->held, &vault->writes, &vault->staged, &vault->hashed};
	for (size_t i = 0; i < 4; i++)
		for (struct exchange *x = queues[i]->first; x; x = x->next)
			if (x->client == client && (!id || x->ask.id == *id))
				x->client = NULL;
	order_forget(vault, client, id);
}
