#include "vault/serve/exchange.h"

#include "common/base/map.h"
#include "common/base/text.h"
#include "common/format/json.h"

#include <assert.h>
#include <string.h>

struct exchange *exchange_new(struct arena_pool *pool)
{
	struct arena *arena = arena_take(pool);
	struct exchange *exchange = arena_alloc(arena, sizeof *exchange);
	exchange->arena = arena;
	exchange->pool = pool;
	return exchange;
}

void exchange_free(struct exchange *exchange)
{
	if (!exchange)
		return;
	if (exchange->job)
		exchange->job_free(exchange->job);
	map_free(exchange->names);
	map_free(exchange->cares);
	buf_done(&exchange->body);
	buf_done(&exchange->answer);
	arena_give(exchange->pool, exchange->arena); // the exchange is in it
}

struct bytes exchange_answer(const struct exchange *exchange)
{
	return exchange->shared.size ? exchange->shared : buf_bytes(&exchange->answer);
}

const char *exchange_param(const struct exchange *exchange, const char *name)
{
	for (size_t i = 0; i < exchange->ask.param_count; i++)
		if (strcmp(exchange->ask.params[i].name, name) == 0)
			return exchange->ask.params[i].value;
	return NULL;
}

const char *exchange_query(const struct exchange *exchange)
{
	struct buf buf = {0};
	for (size_t i = 0; i < exchange->ask.param_count; i++)
		buf_printf(&buf, "%s%s=%s", i ? "&" : "", exchange->ask.params[i].name,
			exchange->ask.params[i].value);
	const char *text = arena_text_n(exchange->arena, (const char *)buf.at, buf.size);
	buf_done(&buf);
	return text;
}

bool exchange_is_fhir(const struct exchange *exchange)
{
	return text_starts(exchange->ask.path, "/fhir");
}

void answer_header(struct exchange *exchange, const char *name, const char *value)
{
	assert(exchange->header_count < EXCHANGE_HEADERS);
	exchange->headers[exchange->header_count++] =
		(struct door_header){name, arena_text(exchange->arena, value)};
}

static void content_type(struct exchange *exchange)
{
	for (size_t i = 0; i < exchange->header_count; i++)
		if (strcmp(exchange->headers[i].name, "Content-Type") == 0)
			return;
	answer_header(exchange, "Content-Type",
		exchange_is_fhir(exchange) ? "application/fhir+json; charset=utf-8"
					   : "application/json; charset=utf-8");
}

void answer_json(struct exchange *exchange, uint16_t status, const json_t *json)
{
	exchange->shared = bytes_of(NULL, 0);
	buf_clear(&exchange->answer);
	json_encode(json, &exchange->answer);
	exchange->status = status;
	content_type(exchange);
}

void answer_bytes(struct exchange *exchange, uint16_t status, struct bytes fhir_json)
{
	exchange->shared = bytes_of(NULL, 0);
	buf_clear(&exchange->answer);
	buf_add_bytes(&exchange->answer, fhir_json);
	exchange->status = status;
	content_type(exchange);
}

void answer_shared(struct exchange *exchange, uint16_t status, struct bytes fhir_json)
{
	buf_clear(&exchange->answer);
	exchange->shared = fhir_json;
	exchange->status = status;
	content_type(exchange);
}

void answer_retry(struct exchange *exchange, uint32_t seconds)
{
	const char *text = arena_printf(exchange->arena, "%u", seconds);
	for (size_t i = 0; i < exchange->header_count; i++)
		if (strcmp(exchange->headers[i].name, "Retry-After") == 0) {
			exchange->headers[i].value = text;
			return;
		}
	answer_header(exchange, "Retry-After", text);
}

// The API's codes and what FHIR calls them (http://hl7.org/fhir/issue-type).
static const char *issue_type(const char *code)
{
	static const struct {
		const char *code, *type;
	} rows[] = {{"malformed", "structure"}, {"invalid", "invalid"},
		{"unauthenticated", "login"}, {"second-factor-required", "login"},
		{"fresh-factor-required", "login"},
		{"denied", "forbidden"}, {"break-glass-possible", "forbidden"},
		{"not-found", "not-found"}, {"deleted", "deleted"}, {"conflict", "conflict"},
		{"too-many", "throttled"}, {"too-large", "too-long"}, {"too-costly", "too-costly"},
		{"busy", "transient"}, {"unavailable", "transient"},
		{"not-supported", "not-supported"}};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		if (strcmp(rows[i].code, code) == 0)
			return rows[i].type;
	return "exception";
}

void answer_error(
	struct exchange *exchange, uint16_t status, const char *code, const char *format, ...)
{
	char message[1024];
	va_list args;
	va_start(args, format);
	vsnprintf(message, sizeof message, format, args);
	va_end(args);
	json_t *json = exchange_is_fhir(exchange)
			       ? json_pack("{s:s, s:[{s:s, s:s, s:{s:[{s:s}]}, s:s}]}",
					 "resourceType", "OperationOutcome", "issue", "severity",
					 "error", "code", issue_type(code), "details", "coding",
					 "code", code, "diagnostics", message)
			       : json_pack("{s:s, s:s}", "error", code, "message", message);
	if (!json) // a message that is not UTF-8 cannot be packed; the code always can
		json = json_pack(
			"{s:s, s:s}", "error", code, "message", "The request is not valid.");
	answer_json(exchange, status, json);
	json_decref(json);
	if (status == 503 || status == 429)
		answer_header(exchange, "Retry-After", "1");
	if (status == 401)
		answer_header(exchange, "WWW-Authenticate", "Bearer realm=\"hospitaller\"");
}
