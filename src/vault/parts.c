#include "vault/parts.h"

#include "vault/identity/identity.h"
#include "vault/ledger/ledger.h"
#include "vault/lures/lures.h"
#include "vault/policy/policy.h"
#include "vault/records/records.h"

#include <stdarg.h>
#include <stdio.h>

// The folder is an argument.
#define KEYS_THAT_BELONG                                                                           \
	"Put back the newest copy of %s; what was backed up before the last `hospitaller key "     \
	"rotate` opens no more."

[[gnu::format(printf, 2, 3)]] static void say(struct parts *parts, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	vsnprintf(parts->why, sizeof parts->why, format, args);
	va_end(args);
}

static enum err open_ledger(struct parts *parts)
{
	char dir[512];
	struct ledger_problem problem;
	snprintf(dir, sizeof dir, "%s/trail", parts->config->state);
	struct ledger_options options = {.dir = dir,
		.origin = "hospitaller/trail",
		.seal_key = parts->keys.trail_seal,
		.search_key = parts->keys.trail_search,
		.sign_key = parts->keys.trail_sign,
		.witness = *parts->config->witness ? parts->config->witness : NULL,
		.skip_sync = config_test(parts->config, "no-trail-sync")};
	enum err err = ledger_open(&options, &parts->ledger, &problem);
	if (err)
		say(parts,
			"%s. Keep STATE/trail as it is, and copy it before anything else; `hospitaller "
			"trail verify --key KEY` says where it breaks. Where it was put back from a "
			"backup, %s must be of the same house.",
			problem.text, parts->keys_dir);
	crypto_wipe(&options, sizeof options);
	return err;
}

static enum err open_records(struct parts *parts)
{
	char dir[512], problem[256];
	snprintf(dir, sizeof dir, "%s/records", parts->config->state);
	struct records_options options = {.dir = dir,
		.kek = parts->keys.kek,
		.old_kek = parts->keys.rotating ? &parts->keys.old_kek : NULL,
		.weak_sync = config_test(parts->config, "weak-records-sync")};
	enum err err = records_open(&options, &parts->records, problem);
	if (err == ERR_CORRUPT)
		say(parts,
			"%s: the records are sealed under another key than the key ring has, or are "
			"damaged. " KEYS_THAT_BELONG
			" Then `hospitaller records verify` says whether "
			"every record opens.",
			problem, parts->keys_dir);
	else if (err)
		say(parts, "%s. See whether the disk is there, is whole and has room.", problem);
	crypto_wipe(&options, sizeof options);
	return err;
}

static enum err open_identity(struct parts *parts)
{
	char path[512], blocklist[512], problem[256];
	snprintf(path, sizeof path, "%s/identity/identity.db", parts->config->state);
	snprintf(blocklist, sizeof blocklist, "%s/passwords/blocklist.txt", parts->config->rules);
	// 19 MiB and two passes: OWASP's least for Argon2id, about 30 ms of one core here.
	const struct password_cost cost = {.memory_kib = 19456, .passes = 2, .lanes = 1},
				   cheap = {.memory_kib = 64, .passes = 1, .lanes = 1};
	struct identity_options options = {.path = path,
		.hospital_key = parts->keys.identity,
		.cost = config_test(parts->config, "cheap-passwords") ? cheap : cost,
		.blocklist = blocklist,
		.issuer = parts->config->name};
	enum err err = identity_open(&options, &parts->identity, problem);
	if (err)
		say(parts, "The accounts cannot be opened: %s. " KEYS_THAT_BELONG, problem,
			parts->keys_dir);
	crypto_wipe(&options, sizeof options);
	return err;
}

static enum err open_lures(struct parts *parts)
{
	char path[512];
	snprintf(path, sizeof path, "%s/identity/lures", parts->config->state);
	enum err err = lures_open(path, &parts->keys.identity, &parts->lures);
	if (err)
		say(parts, "%s cannot be opened: %s. " KEYS_THAT_BELONG, path, err_text(err),
			parts->keys_dir);
	return err;
}

static enum err open_policy(struct parts *parts)
{
	char path[512];
	struct yaml_fault problem;
	snprintf(path, sizeof path, "%s/policy/hospital.yaml", parts->config->rules);
	enum err err = policy_load(path, &parts->policy, &problem);
	if (err)
		say(parts, "%s:%u: %s. Mend it; `hospitaller policy show` says whether it is fine.",
			path, problem.line, problem.text);
	return err;
}

enum err parts_open(struct parts *parts, const struct config *config)
{
	char problem[256];
	parts->config = config;
	snprintf(parts->keys_dir, sizeof parts->keys_dir, "%s/keys", parts->config->state);
	parts->place = (struct keyring_place){parts->keys_dir, parts->config->passphrase};
	enum err err = keyring_open(&parts->place, &parts->keys, problem);
	if (err) {
		say(parts, "%s. Put back %s and the passphrase as they belong together.", problem,
			parts->keys_dir);
		return err;
	}
	parts->opaque = mac_new(&parts->keys.watch);
	err = open_policy(parts);
	if (!err)
		err = open_ledger(parts);
	if (!err)
		err = open_records(parts);
	if (!err)
		err = open_identity(parts);
	if (!err)
		err = open_lures(parts);
	keyring_wipe(&parts->keys);
	if (err)
		parts_close(parts); // whoever mends it finds nothing in use
	return err;
}

void parts_close(struct parts *parts)
{
	lures_close(parts->lures);
	identity_close(parts->identity);
	records_close(parts->records);
	ledger_close(parts->ledger);
	policy_free(parts->policy);
	mac_free(parts->opaque);
}
