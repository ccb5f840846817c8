#include "vault/serve/openapi.h"

#include "vault/serve/handlers.h"

#include "common/format/json.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

enum {
	NAME_BYTES = 160
};

#define FIELDS(...) ((const struct route_field[]){__VA_ARGS__, {0}})

static const struct shape {
	const char *name, *help;
	const struct route_field *fields;
} shapes[] = {
	{"Error", "What went wrong.",
		FIELDS({"error", "string",
			       "A code for programs: malformed, invalid, unauthenticated, denied, not-found, conflict, too-many, too-large, not-supported, busy, unavailable."},
			{"message", "string", "A sentence for people."},
			{"field", "string", "The one field to blame.", true},
			{"acceptable", "boolean",
				"Of a password that is refused, like the next three.", true},
			{"score", "integer", "", true}, {"warning", "string", "", true},
			{"suggestions", "string[]", "", true})},
	{"Account", "",
		FIELDS({"id", "string", ""}, {"login", "string", ""}, {"name", "string", ""},
			{"role", "string", ""},
			{"person", "string", "Practitioner/ID, Patient/ID or empty."},
			{"state", "string", "active or locked"},
			{"second_factor", "boolean", "Whether one is enrolled."},
			{"must_change_password", "boolean", ""}, {"created", "time", "", true})},
	{"Session", "",
		FIELDS({"handle", "string", "Its public name."},
			{"account", "string", "The account's id."}, {"name", "string", ""},
			{"role", "string", ""}, {"kind", "string", "cookie or bearer"},
			{"address", "string", ""},
			{"agent", "string", "The program, or a token's label."},
			{"second_factor", "boolean", "Whether it was given."},
			{"current", "boolean", "Whether it is the one that asks."},
			{"created", "time", "", true}, {"last_used", "time", "", true},
			{"idle_ends", "time", "", true}, {"ends", "time", "", true})},
	{"SignInStep", "What comes next, or that one is in.",
		FIELDS({"state", "string", "signed-in, second-factor, enrol or change-password"},
			{"ticket", "string", "For the next step, when there is one.", true},
			{"account", "Account", "When signed in.", true},
			{"session", "Session", "When signed in.", true},
			{"token", "string", "When signed in as bearer.", true},
			{"recovery_codes", "string[]", "After enrolling; shown once.", true})},
	{"PasswordAdvice", "",
		FIELDS({"acceptable", "boolean", ""}, {"score", "integer", "0 to 4"},
			{"warning", "string", ""}, {"suggestions", "string[]", ""})},
	{"Incident", "Findings that belong together, and what was made of them.",
		FIELDS({"number", "string", "2026-0007"},
			{"state", "string", "open, assigned, contained or closed"},
			{"severity", "string", "Of its worst finding."}, {"title", "string", ""},
			{"why", "string", "Why it was opened."},
			{"subject", "string", "person, session, address, application or finding"},
			{"findings", "integer", ""}, {"open_tasks", "integer", ""},
			{"opened", "time", ""}, {"last", "time", "Of its newest finding."},
			{"closed", "time", "", true},
			{"assigned", "string", "Name and login.", true},
			{"verdict", "string", "true, false-alarm, policy-violation or accident",
				true},
			{"who", "object", "Its person: account, name, role.", true},
			{"risk", "object",
				"Of that person: points, rules, sources, tactics, alert.", true},
			{"timeline", "object[]",
				"time, kind, text, who; of findings also title, level, id, seq."},
			{"timeline_left_out", "integer", "Findings that did not fit.", true},
			{"tasks", "object[]", "number, text, who, done, done_at."},
			{"assessment", "object", "For each answered question: value, entry."},
			{"patients", "object", "count, and listed: id, name."},
			{"kinds", "string", "Of information, in words.", true},
			{"evidence", "integer[]", "Entries of the trail."},
			{"clocks", "object[]",
				"duty, law, article, title, state (running, overdue, done, not-needed), due, words."},
			{"proposals", "object[]",
				"After a false alarm: exceptions (rule, when, reason, until, text).",
				true})},
	{"CarePatient", "A patient in one's care.",
		FIELDS({"patient", "object", "The Patient (FHIR R4)."},
			{"relationship", "string",
				"encounter, careteam, appointment or general-practitioner"},
			{"evidence", "string", "The resource that says so."})},
	{"PlaybookRun", "A run of a playbook, or what one would be.",
		FIELDS({"id", "integer", "Its number; 0 of a dry run."},
			{"playbook", "string", "Its name."},
			{"state", "string", "running, asking, holding, ended, cut or dry."},
			{"started", "time", ""}, {"ended", "time", "", true},
			{"title", "string", "Of the finding, as the next four."},
			{"level", "string", ""}, {"sentence", "string", ""}, {"rule", "string", ""},
			{"seq", "integer", "The entry that completed it."},
			{"who", "object", "account, name and role.", true},
			{"about", "object", "The patient.", true},
			{"actor", "string", "As a number.", true},
			{"patient", "string", "As a number.", true},
			{"address", "string", "", true},
			{"incident", "string", "Where one started it.", true},
			{"steps", "object[]",
				"step, action, state, words, why, time, and until, due, role, on_timeout, undo, approved, seconds where they apply."})},
	{"Grant", "A broken glass.",
		FIELDS({"patient", "string", "The patient's id."}, {"reason", "string", ""},
			{"until", "time", ""})},
	{"Entry", "An entry of the trail; who may see less gets less.",
		FIELDS({"seq", "integer", "Its number."}, {"time", "time", ""},
			{"kind", "string", ""}, {"action", "string", ""},
			{"outcome", "string", "allowed, denied, failed, intended or aborted"},
			{"who", "object", "account, name and role."},
			{"session", "string", "", true}, {"address", "string", "", true},
			{"application", "string", "", true},
			{"resource", "string", "Type/id, or a type.", true},
			{"version", "integer", "", true},
			{"patients", "object[]", "id, and the name for those who may see it."},
			{"patient_count", "integer", "Of the whole act."},
			{"relationship", "object", "kind and evidence.", true},
			{"purpose", "string", "", true}, {"reason", "string", "", true},
			{"query", "string", "", true}, {"rule", "string", "Of the policy.", true},
			{"detail", "string", "", true},
			{"content", "string", "Hash of the sealed version.", true},
			{"refers_to", "integer", "", true},
			{"target", "string", "The account that it was done to.", true},
			{"flags", "string[]", "What is noticeable; honey.", true},
			{"sentence", "string", "The whole of it in words."})},
	{"Bundle", "A FHIR R4 Bundle: transaction, batch or collection.",
		FIELDS({"resourceType", "string", "Bundle"}, {"type", "string", ""},
			{"entry", "object[]", "", true})},
};
enum {
	SHAPES = sizeof shapes / sizeof *shapes
};

// ---- Schemas.

static json_t *shape_reference(const char *name, size_t length)
{
	return json_pack(
		"{s:o}", "$ref", json_sprintf("#/components/schemas/%.*s", (int)length, name));
}

static json_t *type_schema(const char *type)
{
	size_t length = strlen(type);
	bool list = length > 2 && strcmp(type + length - 2, "[]") == 0;
	length -= list ? 2 : 0;
	json_t *one;
	if (isupper((unsigned char)*type))
		one = shape_reference(type, length);
	else if (strncmp(type, "time", length) == 0)
		one = json_pack("{s:s, s:s}", "type", "string", "format", "date-time");
	else
		one = json_pack("{s:s%}", "type", type, length);
	return list ? json_pack("{s:s, s:o}", "type", "array", "items", one) : one;
}

static json_t *described(json_t *schema, const char *help)
{
	if (*help)
		json_object_set_new(schema, "description", json_string(help));
	return schema;
}

static json_t *object_schema(const struct route_field *fields)
{
	json_t *properties = json_object(), *required = json_array();
	for (const struct route_field *f = fields; f->name; f++) {
		json_object_set_new(properties, f->name, described(type_schema(f->type), f->help));
		if (!f->optional)
			json_array_append_new(required, json_string(f->name));
	}
	json_t *schema = json_pack("{s:s, s:o}", "type", "object", "properties", properties);
	if (json_array_size(required))
		json_object_set(schema, "required", required);
	json_decref(required);
	return schema;
}

// A shape, single members, or both.
static json_t *whole_schema(const char *shape, const struct route_field *fields)
{
	json_t *named = shape ? shape_reference(shape, strlen(shape)) : NULL;
	json_t *own = fields ? object_schema(fields) : NULL;
	return named && own ? json_pack("{s:[o, o]}", "allOf", named, own) : named ? named : own;
}

static json_t *content(json_t *schema)
{
	return json_pack("{s:{s:o}}", "application/json", "schema", schema);
}

// ---- One route.

static const char *segment_help(const char *path, const char *name, size_t length)
{
	static const struct {
		const char *name, *help;
	} segments[] = {{"handle", "A session's handle."}, {"seq", "An entry's number."}};
	for (size_t i = 0; i < sizeof segments / sizeof *segments; i++)
		if (strncmp(segments[i].name, name, length) == 0)
			return segments[i].help;
	return strstr(path, "patients") ? "A patient's id." : "An account's id.";
}

static json_t *parameter(const char *name, const char *in, json_t *schema, const char *help)
{
	return json_pack("{s:s, s:s, s:b, s:s, s:o}", "name", name, "in", in, "required",
		strcmp(in, "path") == 0, "description", help, "schema", schema);
}

static json_t *parameters(const struct route *route)
{
	json_t *list = json_array();
	for (const char *at = route->path; (at = strchr(at, ':')); at++) {
		char name[NAME_BYTES];
		size_t length = strcspn(at + 1, "/");
		snprintf(name, sizeof name, "%.*s", (int)length, at + 1);
		json_array_append_new(list, parameter(name, "path", type_schema("string"),
						    segment_help(route->path, name, length)));
	}
	for (const struct route_field *f = route->query; f && f->name; f++)
		json_array_append_new(
			list, parameter(f->name, "query", type_schema(f->type), f->help));
	return list;
}

static void add_error(json_t *responses, unsigned status)
{
	static const struct {
		unsigned status;
		const char *help;
	} known[] = {{400, "The request is not understood."},
		{401, "Nobody is signed in, or this does not match."}, {403, "Refused."},
		{404, "There is no such thing, or one may not know of it."},
		{409, "This does not go together with what is there."}, {413, "Too large."},
		{415, "Another content type is expected."}, {422, "A value is not allowed."},
		{429, "Too many attempts; see Retry-After."}, {503, "Not now; see Retry-After."}};
	for (size_t i = 0; i < sizeof known / sizeof *known; i++)
		if (known[i].status == status) {
			char name[8];
			snprintf(name, sizeof name, "%u", status);
			json_object_set_new(responses, name,
				json_pack("{s:s, s:o}", "description", known[i].help, "content",
					content(shape_reference("Error", strlen("Error")))));
		}
}

static bool has_body(const struct route *route)
{
	return route->body || route->body_shape;
}

static json_t *responses(const struct route *route)
{
	json_t *all = json_object(), *schema = whole_schema(route->answer_shape, route->answer);
	json_t *good = json_pack("{s:s}", "description", schema ? "Done." : "Done; no body.");
	char status[8];
	snprintf(status, sizeof status, "%u", route->status ? route->status : 200);
	if (schema)
		json_object_set_new(good, "content", content(schema));
	json_object_set_new(all, status, good);
	if (route->query || has_body(route))
		add_error(all, 400);
	if (!(route->needs & NEEDS_NOBODY))
		add_error(all, 401);
	if (route->verb || (!(route->needs & NEEDS_NOBODY) && route->method != DOOR_GET))
		add_error(all, 403);
	if (strchr(route->path, ':') || route->needs & NEEDS_LOCAL)
		add_error(all, 404);
	if (has_body(route)) {
		add_error(all, 413);
		add_error(all, 415);
	}
	for (size_t i = 0; i < sizeof route->also / sizeof *route->also; i++)
		add_error(all, route->also[i]);
	add_error(all, 503);
	return all;
}

// "postAccountsIdTokens": two routes differ in method or path, so their names differ.
static void operation_name(const struct route *route, char ret_name[NAME_BYTES])
{
	size_t at = 0;
	bool upper = true;
	for (const char *c = door_method_text(route->method); *c && at < NAME_BYTES - 1; c++)
		ret_name[at++] = (char)tolower((unsigned char)*c);
	for (const char *c = route->path + strlen("/api"); *c && at < NAME_BYTES - 1; c++) {
		if (isalnum((unsigned char)*c))
			ret_name[at++] = upper ? (char)toupper((unsigned char)*c) : *c;
		upper = !isalnum((unsigned char)*c);
	}
	ret_name[at] = 0;
}

static json_t *operation(const struct route *route)
{
	char name[NAME_BYTES];
	operation_name(route, name);
	json_t *json = json_pack("{s:s, s:s, s:o, s:o}", "operationId", name, "summary",
		route->help, "parameters", parameters(route), "responses", responses(route));
	json_t *body = whole_schema(route->body_shape, route->body);
	if (body)
		json_object_set_new(json, "requestBody",
			json_pack("{s:b, s:o}", "required", 1, "content", content(body)));
	if (route->needs & NEEDS_NOBODY)
		json_object_set_new(json, "security", json_array());
	if (route->needs & NEEDS_LOCAL)
		json_object_set_new(json, "description",
			json_string(
				"Only on the server's own socket, for the hospitaller command; at the door this is 404."));
	else if (route->verb)
		json_object_set_new(json, "description",
			json_sprintf("For roles whose work in the policy is %s.", route->verb));
	return json;
}

// ---- The document.

// "/accounts/:id" as OpenAPI writes it: "/accounts/{id}".
static void path_name(const char *path, char ret_path[NAME_BYTES])
{
	size_t at = 0;
	bool inside = false;
	for (const char *c = path; *c && at < NAME_BYTES - 2; c++) {
		if (*c == '/' && inside) {
			ret_path[at++] = '}';
			inside = false;
		}
		inside = inside || *c == ':';
		ret_path[at++] = *c == ':' ? '{' : *c;
	}
	if (inside)
		ret_path[at++] = '}';
	ret_path[at] = 0;
}

static json_t *paths(void)
{
	json_t *all = json_object();
	for (size_t i = 0; i < route_count; i++) {
		char path[NAME_BYTES], method[NAME_BYTES];
		const struct route *route = &routes[i];
		if (strncmp(route->path, "/api/", 5) != 0)
			continue;
		path_name(route->path, path);
		snprintf(method, sizeof method, "%s", door_method_text(route->method));
		for (char *c = method; *c; c++)
			*c = (char)tolower((unsigned char)*c);
		if (!json_object_get(all, path))
			json_object_set_new(all, path, json_object());
		json_object_set_new(json_object_get(all, path), method, operation(route));
	}
	return all;
}

static json_t *schemas(void)
{
	json_t *all = json_object();
	for (size_t i = 0; i < SHAPES; i++)
		json_object_set_new(all, shapes[i].name,
			described(object_schema(shapes[i].fields), shapes[i].help));
	return all;
}

json_t *openapi_new(const char *version)
{
	json_t *security = json_pack("{s:{s:s, s:s}, s:{s:s, s:s, s:s, s:s}}", "bearer", "type",
		"http", "scheme", "bearer", "cookie", "type", "apiKey", "in", "cookie", "name",
		"__Host-hospitaller", "description",
		"With a cookie every request but GET carries X-Hospitaller: console.");
	return json_pack(
		"{s:s, s:{s:s, s:s, s:s, s:{s:s, s:s}}, s:[{s:s}], s:[{s:[]}, {s:[]}], s:o, s:{s:o, s:o}}",
		"openapi", "3.1.0", "info", "title", "Hospitaller", "version", version,
		"description",
		"Signing in, the trail, accounts and health. The records are FHIR R4 at /fhir; GET /fhir/metadata describes them.",
		"license", "name", "Apache-2.0", "identifier", "Apache-2.0", "servers", "url", "/",
		"security", "bearer", "cookie", "paths", paths(), "components", "schemas",
		schemas(), "securitySchemes", security);
}

void openapi_write(const char *version, struct buf *out)
{
	json_t *json = openapi_new(version);
	json_encode(json, out);
	json_decref(json);
}

enum progress api_openapi(struct vault *vault, struct exchange *x)
{
	answer_bytes(x, 200, buf_bytes(&vault->openapi));
	return PROGRESS_DONE;
}
