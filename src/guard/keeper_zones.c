#include "guard/keeper_in.h"

#include "common/base/text.h"
#include "common/base/time.h"
#include "common/io/file.h"
#include "guard/disk.h"
#include "guard/network.h"

#include <stdio.h>
#include <unistd.h>

enum err keeper_rules(
	struct keeper *k, const struct zones *zones, char ret_problem[FIREWALL_PROBLEM_BYTES])
{
	static struct zones whole; // large
	struct buf text = {0};
	whole = *zones;
	enum err err = network_keep(&whole);
	if (k->keep_nothing)
		whole.kept_count = 0;
	if (err) {
		snprintf(ret_problem, FIREWALL_PROBLEM_BYTES,
			"what this server itself needs of the network cannot be found out: %s",
			err_text(err));
		return err;
	}
	ruleset_whole(&whole, &text);
	err = firewall_run(k->firewall, &text, ret_problem);
	buf_done(&text);
	if (!err) {
		k->zones = whole;
		k->idle = false;
	}
	return err;
}

enum err keeper_renew(struct keeper *k, char ret_problem[FIREWALL_PROBLEM_BYTES])
{
	static struct zones now;
	size_t before = k->zones.kept_count;
	if (k->idle)
		return keeper_rules(k, &k->zones, ret_problem);
	if (k->keep_nothing)
		return OK;
	now = k->zones;
	if (network_keep(&now) == OK && now.kept_count == before)
		return OK;
	return keeper_rules(k, &k->zones, ret_problem);
}

enum err keeper_read_zones(const char *path, struct zones *ret_zones, struct buf *text,
	char ret_problem[FIREWALL_PROBLEM_BYTES])
{
	struct yaml_fault problem = {0};
	enum err err = file_read(path, ZONES_FILE_BYTES, text);
	if (err) {
		snprintf(ret_problem, FIREWALL_PROBLEM_BYTES, "%.180s: %s", path, err_text(err));
		return err;
	}
	err = zones_parse(buf_bytes(text), ret_zones, &problem);
	if (err)
		snprintf(ret_problem, FIREWALL_PROBLEM_BYTES, "line %u: %.200s", problem.line,
			problem.text);
	return err;
}

void keeper_apply(struct keeper *k, const struct ward_order *o, struct ward_answer *answer)
{
	static struct zones wanted, before; // large
	char problem[FIREWALL_PROBLEM_BYTES], path[512];
	struct buf text = {0};
	if (k->waiting) {
		answer_refuse(answer,
			"Other zones wait for a confirmation: confirm them or roll them back first.");
		return;
	}
	before = k->zones;
	enum err err =
		*k->source ? keeper_read_zones(k->source, &wanted, &text, problem) : ERR_NOT_FOUND;
	if (!*k->source)
		snprintf(problem, sizeof problem, "no zones file is configured (option zones)");
	if (!err) { // the file first: killed in between, the next start undoes what is unconfirmed
		err = disk_write(keeper_path(k, "pending.yaml", path), buf_bytes(&text));
		if (err)
			snprintf(problem, sizeof problem, "the change cannot be kept: %s",
				err_text(err));
		else
			err = keeper_rules(k, &wanted, problem);
		if (err)
			(void)unlink(path);
	}
	buf_done(&text);
	if (err) {
		answer_refuse(answer, "Nothing was changed: %.230s", problem);
		return;
	}
	k->previous = before;
	k->waiting = true;
	k->undo_at_us = time_monotonic_us() + (int64_t)o->seconds * 1000000;
	answer_say(answer,
		"%zu %s and %zu %s hold; they are undone in %u seconds unless confirmed.",
		k->zones.zone_count, text_plural(k->zones.zone_count, "zone", "zones"),
		k->zones.flow_count, text_plural(k->zones.flow_count, "flow", "flows"), o->seconds);
}

void keeper_confirm(struct keeper *k, struct ward_answer *answer)
{
	char pending[512], confirmed[512];
	if (!k->waiting) {
		answer_refuse(answer, "No zones wait for a confirmation.");
		return;
	}
	keeper_path(k, "pending.yaml", pending);
	keeper_path(k, "confirmed.yaml", confirmed);
	if (rename(pending, confirmed) != 0 || disk_sync(k->dir)) {
		answer_refuse(answer,
			"The confirmation cannot be kept; the zones before come back in time.");
		return;
	}
	k->waiting = false;
	answer_say(answer, "The zones stay.");
}

enum err keeper_undo(struct keeper *k, char ret_problem[FIREWALL_PROBLEM_BYTES])
{
	char path[512];
	static struct zones before;
	before = k->previous;
	enum err err = keeper_rules(k, &before, ret_problem);
	if (err)
		return err; // it is tried again
	k->waiting = false;
	(void)unlink(
		keeper_path(k, "pending.yaml", path)); // else the next start undoes it once more
	return OK;
}

void keeper_rollback(struct keeper *k, struct ward_answer *answer)
{
	char problem[FIREWALL_PROBLEM_BYTES];
	if (!k->waiting)
		answer_refuse(answer, "No zones wait for a confirmation: nothing to undo.");
	else if (keeper_undo(k, problem))
		answer_refuse(answer, "The kernel refuses: %.200s", problem);
	else
		answer_say(answer, "The zones before hold again.");
}
