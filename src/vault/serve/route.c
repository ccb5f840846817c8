#include "vault/serve/route.h"

#include "vault/serve/handlers.h"

#include <string.h>

const struct route routes[] = {
	{DOOR_GET, "/fhir/metadata", fhir_metadata, NEEDS_NOBODY, NULL,
		"What this FHIR interface can do."},
	{DOOR_POST, "/fhir", fhir_bundle, NEEDS_WRITE | NEEDS_BODY, NULL,
		"A transaction or a batch."},
	{DOOR_GET, "/fhir/:type", fhir_search, 0, NULL, "Search."},
	{DOOR_POST, "/fhir/:type/_search", fhir_search, 0, NULL, "Search, parameters in the body."},
	{DOOR_POST, "/fhir/:type", fhir_create, NEEDS_WRITE | NEEDS_BODY, NULL, "Create."},
	{DOOR_GET, "/fhir/:type/:id", fhir_read, 0, NULL, "Read the current version."},
	{DOOR_PUT, "/fhir/:type/:id", fhir_update, NEEDS_WRITE | NEEDS_BODY, NULL,
		"Update, or create under this id."},
	{DOOR_DELETE, "/fhir/:type/:id", fhir_delete, NEEDS_WRITE, NULL, "Delete."},
	{DOOR_GET, "/fhir/:type/:id/_history", fhir_history, 0, NULL, "All versions."},
	{DOOR_GET, "/fhir/:type/:id/_history/:version", fhir_vread, 0, NULL, "Read one version."},

	{DOOR_GET, "/api/health", api_health, NEEDS_NOBODY, NULL, "Ready or not."},
	{DOOR_POST, "/api/sign-in", api_sign_in, NEEDS_NOBODY | NEEDS_BODY, NULL, "Password."},
	{DOOR_POST, "/api/sign-in/second-factor", api_second_factor, NEEDS_NOBODY | NEEDS_BODY,
		NULL, "Code of the second factor."},
	{DOOR_POST, "/api/sign-in/enrol", api_enrol, NEEDS_NOBODY | NEEDS_BODY, NULL,
		"Begin enrolling a second factor."},
	{DOOR_POST, "/api/sign-in/enrol/confirm", api_enrol_confirm, NEEDS_NOBODY | NEEDS_BODY,
		NULL, "Confirm it with a code."},
	{DOOR_POST, "/api/sign-in/password", api_sign_in_password, NEEDS_NOBODY | NEEDS_BODY, NULL,
		"Change the password that was given out."},
	{DOOR_POST, "/api/password/advice", api_password_advice, NEEDS_NOBODY | NEEDS_BODY, NULL,
		"How good a password is."},
	{DOOR_POST, "/api/sign-out", api_sign_out, 0, NULL, "End this session."},

	{DOOR_GET, "/api/me", api_me, 0, NULL, "Who is signed in, and what they may do."},
	{DOOR_POST, "/api/me/password", api_me_password, NEEDS_BODY, NULL,
		"Change one's password."},
	{DOOR_POST, "/api/me/recovery-codes", api_me_recovery_codes, 0, NULL,
		"New recovery codes."},
	{DOOR_GET, "/api/me/patients", api_me_patients, 0, NULL, "The patients in one's care."},
	{DOOR_GET, "/api/sessions", api_sessions, 0, NULL, "Sessions, one's own or an account's."},
	{DOOR_DELETE, "/api/sessions/:handle", api_session_end, 0, NULL, "End a session."},

	{DOOR_POST, "/api/break-glass", api_break_glass, NEEDS_BODY, NULL, "Break the glass."},
	{DOOR_GET, "/api/break-glass", api_break_glass_list, 0, NULL, "This session's grants."},

	{DOOR_GET, "/api/patients/:id/seen", api_seen, 0, NULL, "Who has seen this record."},
	{DOOR_GET, "/api/trail", api_trail, 0, "trail-search", "Search the trail."},
	{DOOR_GET, "/api/trail/state", api_trail_state, 0, NULL, "Size, checkpoint, verification."},
	{DOOR_GET, "/api/trail/:seq", api_trail_entry, 0, "trail-search",
		"One entry with its proof."},

	{DOOR_GET, "/api/accounts", api_accounts, 0, "accounts-manage", "List accounts."},
	{DOOR_POST, "/api/accounts", api_account_create, NEEDS_BODY, "accounts-manage",
		"Make an account."},
	{DOOR_PATCH, "/api/accounts/:id", api_account_change, NEEDS_BODY, "accounts-manage",
		"Change an account."},
	{DOOR_POST, "/api/accounts/:id/reset-password", api_account_reset_password, 0,
		"accounts-manage", "Give out a new password."},
	{DOOR_POST, "/api/accounts/:id/reset-second-factor", api_account_reset_second_factor, 0,
		"accounts-manage", "Let the second factor be enrolled again."},
	{DOOR_POST, "/api/accounts/:id/tokens", api_account_token, NEEDS_BODY, "accounts-manage",
		"Make a token for an application."},

	{DOOR_GET, "/api/status", api_status, 0, "status-view", "Health of the roles."},
	{DOOR_GET, "/api/activity", api_activity, 0, "status-view", "What watch counts."},
	{DOOR_GET, "/api/guard", api_guard_list, 0, "status-view",
		"What is blocked, and what was counted."},
	{DOOR_POST, "/api/guard/:verb", api_guard_order, NEEDS_BODY, "contain",
		"Have guard block, unblock, quarantine, release, apply, confirm or rollback."},
	{DOOR_POST, "/api/import", api_import, NEEDS_WRITE | NEEDS_BODY, "import",
		"Store a bundle, keeping identities; what is there already stays."},
	{DOOR_GET, "/api/records/check", api_records_check, NEEDS_LOCAL, NULL,
		"Open every stored version and compare it with the trail."},
	{DOOR_POST, "/api/keys/rotate", api_keys_rotate, NEEDS_LOCAL | NEEDS_WRITE, "keys-manage",
		"Wrap data keys under a new key-encryption key, some at a time."},
	{DOOR_POST, "/api/keys/rotated", api_keys_rotated, NEEDS_LOCAL | NEEDS_WRITE, "keys-manage",
		"Forget the key before: nothing is wrapped under it any more."},
	{DOOR_POST, "/api/patients/:id/forget", api_patient_forget,
		NEEDS_LOCAL | NEEDS_WRITE | NEEDS_BODY, "keys-manage", "Destroy a patient's key."},
};
const size_t route_count = sizeof routes / sizeof *routes;

enum {
	MOST_SEGMENTS = 8
};

static void split(struct exchange *x)
{
	const char **segments = arena_alloc(x->arena, MOST_SEGMENTS * sizeof *segments);
	char *at = arena_text(x->arena, x->ask.path), *save = NULL;
	x->segment_count = 0;
	for (char *s = strtok_r(at, "/", &save); s && x->segment_count < MOST_SEGMENTS;
		s = strtok_r(NULL, "/", &save))
		segments[x->segment_count++] = s;
	x->segments = segments;
}

// The length of the segment that starts at `at`, and where the next one starts.
static size_t next_segment(const char **at, const char **ret_segment)
{
	while (**at == '/')
		(*at)++;
	*ret_segment = *at;
	size_t length = strcspn(*at, "/");
	*at += length;
	return length;
}

static bool path_matches(const char *pattern, const struct exchange *x)
{
	const char *segment;
	size_t i = 0;
	for (size_t length; (length = next_segment(&pattern, &segment)); i++) {
		if (i == x->segment_count)
			return false;
		if (*segment != ':' && (strlen(x->segments[i]) != length ||
					       memcmp(x->segments[i], segment, length) != 0))
			return false;
	}
	return i == x->segment_count;
}

enum err route_find(struct exchange *x, const struct route **ret_route, const char **ret_allow)
{
	enum door_method method = x->ask.method == DOOR_HEAD ? DOOR_GET : x->ask.method;
	const char *allow = NULL;
	split(x);
	for (size_t i = 0; i < route_count; i++) {
		if (!path_matches(routes[i].path, x))
			continue;
		if (routes[i].method == method) {
			*ret_route = &routes[i];
			return OK;
		}
		const char *name = door_method_text(routes[i].method);
		allow = allow ? arena_printf(x->arena, "%s, %s", allow, name) : name;
	}
	if (!allow)
		return ERR_NOT_FOUND;
	*ret_allow = allow;
	return ERR_UNSUPPORTED;
}

const char *route_segment(const struct exchange *x, const char *name)
{
	const char *pattern = x->route->path, *segment;
	for (size_t i = 0, length; (length = next_segment(&pattern, &segment)); i++)
		if (*segment == ':' && strlen(name) == length - 1 &&
			memcmp(segment + 1, name, length - 1) == 0)
			return x->segments[i];
	return "";
}
