// Requests to a whole vault, with real accounts, records, policy and trail in a folder of its own.
// The first byte says who asks: the command line on the server, an application with a token, or
// nobody. The rest is a request as fuzz_http has it, with a body.
//
// What must hold: every request is answered once; the answer fits the channel, is JSON, under /fhir
// it is valid FHIR; nobody gets nothing; nothing of the kind "500" happens; and an answer with a
// record in it is behind its entry on the trail.
#include "fuzz.h"

#include "file.h"
#include "folder.h"
#include "request.h"

#include "common/base/time.h"
#include "common/format/fhir_check.h"
#include "common/format/json.h"
#include "vault/explain/explain.h"
#include "vault/identity/identity.h"
#include "vault/ledger/ledger.h"
#include "vault/lures/lures.h"
#include "vault/policy/policy.h"
#include "vault/records/records.h"
#include "vault/serve/route.h"

enum {
	REQUESTS_MOST = 3000,
	RUNS_FOREVER_MS = 1 << 30
};

// Everybody may do everything: what is tried here is what comes behind the decision.
static const char rules[] =
	"rules:\n"
	"- name: all\n"
	"  why: This is a fuzzer.\n"
	"  roles: [application, local]\n"
	"  resources: [clinical, other]\n"
	"  actions: [read, search, create, update, delete, export, who-saw, break-glass]\n"
	"work:\n"
	"  application: [trail-search, accounts-manage, sessions-manage, status-view, import]\n"
	"  local: [trail-search, accounts-manage, sessions-manage, status-view, import]\n";

static struct vault vault;
static char token[TOKEN_TEXT_BYTES];
static unsigned requests;
static unsigned answers; // to the request that is under way
static struct channel *gate_end, *vault_end;

static enum err nobody(void *context, uint64_t id, const char *destination)
{
	(void)context;
	(void)id;
	(void)destination;
	return ERR_CLOSED;
}

static json_t *nothing(void *context)
{
	(void)context;
	return NULL;
}

static json_t *no_roles(void *context)
{
	(void)context;
	return json_array();
}

static void check_fhir(const json_t *json)
{
	struct arena *arena = arena_new();
	struct fhir_problems problems;
	enum err err = fhir_check(json, arena, &problems);
	if (err && problems.count)
		fprintf(stderr, "%s: %s\n", problems.at[0].expression, problems.at[0].words);
	fuzz_rule(err == OK, "what is answered is FHIR");
	arena_free(arena);
}

static void check_body(const struct exchange *x)
{
	json_t *json = NULL;
	if (!exchange_answer(x).size)
		return;
	struct json_problem problem = {0};
	if (json_parse_strict(exchange_answer(x), NULL, &json, &problem))
		fprintf(stderr, "%u: %s in %.*s\n", problem.column, problem.words,
			(int)exchange_answer(x).size, (const char *)exchange_answer(x).at);
	fuzz_rule(json != NULL, "the answer is JSON");
	if (exchange_is_fhir(x))
		check_fhir(json);
	json_decref(json);
}

static void deliver(void *context, struct exchange *x)
{
	struct arena *arena = arena_new();
	struct door_answer seen, answer = {.id = x->ask.id,
					 .status = x->status,
					 .headers = x->headers,
					 .header_count = x->header_count};
	struct frame frame;
	(void)context;
	answers++;
	fuzz_rule(x->status >= 200 && x->status < 600 && x->status != 500, "a status");
	bool stranger = x->entrance == ENTRANCE_GATE && x->ask.token_kind == DOOR_TOKEN_NONE;
	bool open = x->route && x->route->needs & NEEDS_NOBODY;
	fuzz_rule(!stranger || open || x->status >= 400, "nobody gets nothing");
	fuzz_rule(x->trail_end <= ledger_durable(vault.parts.ledger), "the trail comes first");
	fuzz_rule(x->trail_end || x->status >= 300 || !exchange_is_fhir(x) || open, "and names it");
	check_body(x);
	fuzz_rule(door_answer_send(vault_end, &answer, bytes_of(NULL, 0)) == OK, "it can be sent");
	fuzz_rule(channel_flush(vault_end) == OK && channel_fill(gate_end) == OK &&
			  channel_next(gate_end, &frame) &&
			  door_answer_parse(frame.payload, arena, &seen) == OK,
		"and read");
	arena_free(arena);
}

static struct policy *load_policy(void)
{
	char path[FILE_PATH_BYTES];
	struct policy *policy = NULL;
	struct yaml_fault problem = {0};
	int fd = file_of((const uint8_t *)rules, sizeof rules - 1, path);
	enum err err = policy_load(path, &policy, &problem);
	if (err)
		fprintf(stderr, "%u: %s\n", problem.line, problem.text);
	fuzz_rule(err == OK, "the policy");
	close(fd);
	return policy;
}

static struct ledger *open_ledger(void)
{
	char dir[64];
	struct ledger *ledger = NULL;
	struct ledger_problem problem;
	uint8_t seed[SIGN_SEED_BYTES] = {1};
	snprintf(dir, sizeof dir, "%s/trail", folder);
	fuzz_rule(mkdir(dir, 0700) == 0, "a folder");
	struct ledger_options options = {.dir = dir,
		.origin = "hospital.example/trail",
		.checkpoint_ms = RUNS_FOREVER_MS,
		.skip_sync = true};
	fuzz_rule(sign_key_from_seed(seed, &options.sign_key) == OK, "a key");
	fuzz_rule(ledger_open(&options, &ledger, &problem) == OK, "the trail");
	return ledger;
}

static struct identity *open_identity(void)
{
	char path[64], problem[256], password[PASSWORD_GIVEN_BYTES];
	struct identity *identity = NULL;
	struct arena *arena = arena_new();
	struct account account;
	const struct account_new wish = {
		.login = "app", .name = "App", .role = "application", .person = ""};
	snprintf(path, sizeof path, "%s/identity.db", folder);
	const struct identity_options options = {.path = path,
		.issuer = "Hospital",
		.cost = {.memory_kib = 8, .passes = 1, .lanes = 1}};
	fuzz_rule(identity_open(&options, &identity, problem) == OK, "accounts");
	fuzz_rule(
		identity_account_create(
			identity, &wish, time_now_us(), arena, &account, password) == OK &&
			session_token_create(identity, account.id, "x", time_now_us(), token) == OK,
		"a token");
	arena_free(arena);
	return identity;
}

static bool no_guard(void *context, const struct ward_order *order)
{
	(void)context;
	(void)order;
	return false;
}

static bool no_watch(void *context, uint64_t ticket, struct bytes question)
{
	(void)context;
	(void)ticket;
	(void)question;
	return false;
}

static struct lures *open_lures(void)
{
	static const struct key key = {{1}};
	char path[64];
	struct lures *lures = NULL;
	snprintf(path, sizeof path, "%s/lures", folder);
	fuzz_rule(lures_open(path, &key, &lures) == OK, "the lures");
	return lures;
}

static void open_vault(void)
{
	static const struct key opaque = {{2}};
	char problem[256];
	struct records *records = NULL;
	int fds[2];
	const struct records_options options = {.dir = folder, .weak_sync = true};
	fuzz_rule(records_open(&options, &records, problem) == OK, "records");
	struct ledger *ledger = open_ledger();
	const struct vault_parts parts = {.identity = open_identity(),
		.ledger = ledger,
		.policy = load_policy(),
		.records = records,
		.version = "0",
		.started_us = time_now_us(),
		.deliver = deliver,
		.roles = no_roles,
		.activity = nothing,
		.queue = nothing,
		.explain = explain_new(records, ledger),
		.findings = nothing,
		.courier = nothing,
		.courier_test = nobody,
		.order = no_guard,
		.ask = no_watch,
		.lures = open_lures(),
		.opaque = mac_new(&opaque),
		.rules = folder};
	serve_init(&vault, &parts);
	fuzz_rule(channel_pair(fds) == OK, "a pair");
	vault_end = channel_new(fds[0], &door_table, MESSAGE_FORTH);
	gate_end = channel_new(fds[1], &door_table, MESSAGE_BACK);
}

static void close_vault(void)
{
	serve_done(&vault);
	explain_free(vault.parts.explain);
	identity_close(vault.parts.identity);
	records_close(vault.parts.records);
	lures_close(vault.parts.lures);
	mac_free(vault.parts.opaque);
	ledger_close(vault.parts.ledger);
	policy_free(vault.parts.policy);
	channel_free(vault_end);
	channel_free(gate_end);
	folder_empty();
}

// A new vault now and then, so that a long campaign does not fill the memory.
static void prepare(void)
{
	if (requests++ % REQUESTS_MOST)
		return;
	if (requests > 1) {
		close_vault();
	} else {
		json_init();
		folder_make();
	}
	open_vault();
	if (requests == 1)
		atexit(close_vault); // its threads must have ended before the library's own end
}

// What the loop of the vault does, until nobody waits.
static void pump(void)
{
	serve_settle(&vault);
	while (serve_waiting(&vault)) {
		ledger_wait(vault.parts.ledger, ledger_size(vault.parts.ledger));
		serve_trail_advanced(&vault);
		serve_hashed(&vault);
		serve_committed(&vault);
		serve_settle(&vault);
	}
}

// From the gate's side to the vault's, through the message in between.
static bool receive(const struct door_ask *ask, struct exchange *x)
{
	struct frame frame;
	if (door_ask_send(gate_end, ask, bytes_of(NULL, 0)))
		return false;
	fuzz_rule(channel_flush(gate_end) == OK && channel_fill(vault_end) == OK &&
			  channel_next(vault_end, &frame),
		"it arrives");
	fuzz_rule(door_ask_parse(frame.payload, x->arena, &x->ask) == OK, "and is read");
	return true;
}

static void ask_vault(uint8_t who, struct bytes rest, struct arena *arena)
{
	struct http_header headers[REQUEST_HEADERS];
	struct http_head head = request_head(&rest, headers, arena);
	struct http_refusal refusal;
	struct door_ask ask;
	if (http_ask(&head, arena, &ask, &refusal) ||
		(http_is_form(&ask) && http_add_form(rest, arena, &ask, &refusal)))
		return;
	ask.id = requests;
	ask.token_kind = who % 3 == 1 ? DOOR_TOKEN_BEARER : DOOR_TOKEN_NONE;
	ask.token = who % 3 == 1 ? token : "";
	if (!ask.content_type)
		ask.content_type = "application/json";
	struct exchange *x = exchange_new(&vault.arenas);
	if (!receive(&ask, x)) {
		exchange_free(x);
		return;
	}
	x->client = &vault;
	x->entrance = who % 3 == 0 ? ENTRANCE_LOCAL : ENTRANCE_GATE;
	x->ask.body_size = (uint32_t)rest.size;
	buf_add_bytes(&x->body, rest);
	answers = 0;
	serve_take(&vault, x);
	pump();
	fuzz_rule(answers == 1, "one answer");
}

int LLVMFuzzerTestOneInput(const uint8_t *at, size_t size)
{
	if (!size)
		return 0;
	struct arena *arena = arena_new();
	prepare();
	ask_vault(at[0], bytes_of(at + 1, size - 1), arena);
	arena_free(arena);
	return 0;
}
