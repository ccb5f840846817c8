#include "gate/refusals.h"

#include "gate/http/ask.h"

static const struct http_refusal refusals[] = {
	{400, "malformed", "The request cannot be read."},
	{403, "denied", "Only reading is possible here."},
	{404, "not-found", "There is nothing here."},
	{405, "not-supported", "There is no such method."},
	{413, "too-large", "The request is too large."},
	{414, "too-large", "The address is too long."},
	{429, "too-many", "Too many connections from this address."},
	{431, "too-large", "The headers are too large."},
	{500, "unavailable", "This failed here."},
	{501, "not-supported", "This is not supported."},
	{503, "unavailable", "The records cannot be reached now; try again in a second."},
	{505, "not-supported", "This version of HTTP is not supported."},
};

// Numbers of nginx's own, and what they are to everybody else.
static const struct {
	int own, status;
} renamed[] = {{494, 431}, {497, 400}};

// Nothing in it needs a quote of nginx's. A page may not bring its own style (see the
// Content-Security-Policy), so this is a file of its own, without which the page still reads.
static const char style[] =
	":root{color-scheme:light dark;--ground:#f4f6f4;--surface:#fff;--ink:#15211e;"
	"--muted:#51605b;--line:#dbe2de;--accent:#0a6457}"
	"@media (prefers-color-scheme:dark){:root{--ground:#0e1413;--surface:#151d1b;"
	"--ink:#e5ece9;--muted:#a4b3ad;--line:#283431;--accent:#62cdb7}}"
	"body{margin:0;min-height:100vh;display:grid;place-items:center;background:var(--ground);"
	"color:var(--ink);font:15px/1.5 system-ui,sans-serif}"
	"main{margin:16px;padding:24px 36px;max-width:440px;background:var(--surface);"
	"border:1px solid var(--line);border-radius:12px}"
	"h1{margin:0 0 8px;font-size:21px;line-height:1.2}p{margin:0 0 8px;color:var(--muted)}"
	"a{color:var(--accent)}";

static struct bytes page(const struct http_refusal *refusal, struct arena *arena)
{
	return bytes_text(arena_printf(arena,
		"<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\">"
		"<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">"
		"<title>Hospitaller</title><link rel=\"stylesheet\" href=\"/-refused/style.css\">"
		"</head><body><main><h1>%s</h1><p>Hospitaller answered with %u.</p>"
		"<p><a href=\"/\">To the beginning</a></p></main></body></html>",
		refusal->words, refusal->status));
}

static void put_location(struct buf *out, const char *form, const struct http_refusal *refusal,
	const char *type, struct bytes body)
{
	// Without a limit of its own the refusal of a body would be refused.
	buf_printf(out,
		"		location = /-refused/%s/%u {\n			internal;\n"
		"			default_type \"%s\";\n			client_max_body_size 0;\n",
		form, refusal->status, type);
	buf_printf(out, "			return %u '%.*s';\n", refusal->status,
		(int)body.size, (const char *)body.at);
}

void refusals_put_map(struct buf *out)
{
	buf_add_text(out, "	map \"$uri $request\" $refusal_form {\n		default page;\n"
			  "		\"~^(?: [A-Z]+ )?/api\" api;\n"
			  "		\"~^(?: [A-Z]+ )?/fhir\" fhir;\n	}\n");
}

void refusals_put_server(struct buf *out, const char *headers)
{
	struct arena *arena = arena_new();
	for (size_t i = 0; i < sizeof refusals / sizeof *refusals; i++) {
		const struct http_refusal *r = &refusals[i];
		const struct {
			const char *form, *type;
			struct bytes body;
		} forms[] = {
			{"api", "application/json; charset=utf-8",
				http_refusal_body(r, bytes_text("/api"), arena)},
			{"fhir", "application/fhir+json; charset=utf-8",
				http_refusal_body(r, bytes_text("/fhir"), arena)},
			{"page", "text/html; charset=utf-8", page(r, arena)},
		};
		buf_printf(out, "		error_page %u /-refused/$refusal_form/%u;\n",
			r->status, r->status);
		for (size_t f = 0; f < sizeof forms / sizeof *forms; f++) {
			put_location(out, forms[f].form, r, forms[f].type, forms[f].body);
			if (r->status == 429 ||
				r->status == 503) // the server's headers again, and one
				buf_printf(out, "%s		add_header Retry-After 1 always;\n",
					headers);
			buf_add_text(out, "		}\n");
		}
	}
	for (size_t i = 0; i < sizeof renamed / sizeof *renamed; i++)
		buf_printf(out, "		error_page %d =%d /-refused/$refusal_form/%d;\n",
			renamed[i].own, renamed[i].status, renamed[i].status);
	buf_printf(out,
		"		location = /-refused/style.css {\n			default_type text/css;\n"
		"			return 200 '%s';\n		}\n",
		style);
	arena_free(arena);
}
