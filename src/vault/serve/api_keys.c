// Keys, for root on the server: rotating the key-encryption key, and destroying a patient's.
#include "vault/serve/api.h"

#include "common/base/text.h"
#include "common/format/fhir_type.h"
#include "common/format/json.h"
#include "vault/keyring/keyring.h"
#include "vault/records/records.h"

#include <stdlib.h>
#include <string.h>

enum {
	KEYS_AT_A_TIME = 1000,
	FORGET_REASON_BYTES = 10
};

// Opening the ring takes as long as a password does: a worker does it.
struct key_job {
	const struct keyring_place *place;
	enum err (*run)(struct key_job *job);
	struct key kek;
	enum err err;
};

static enum err ring_rotate(struct key_job *job)
{
	return keyring_rotate(job->place, &job->kek);
}

static enum err ring_rotated(struct key_job *job)
{
	return keyring_rotated(job->place);
}

static void job_run(void *work)
{
	struct key_job *job = work;
	job->err = job->run(job);
}

static void job_free(void *work)
{
	struct key_job *job = work;
	crypto_wipe(job, sizeof *job);
	free(job);
}

static enum progress job_begin(
	struct vault *vault, struct exchange *x, enum err (*run)(struct key_job *job))
{
	struct key_job *job = calloc(1, sizeof *job);
	if (!job)
		abort();
	*job = (struct key_job){.place = vault->parts.keys, .run = run};
	x->job = job;
	x->job_free = job_free;
	if (worker_add(vault->hashing, job_run, job, x) == OK)
		return PROGRESS_HASHING;
	answer_error(x, 503, "busy", "Too many are signing in at once; try again in a second.");
	return PROGRESS_DONE;
}

static void note_keys(struct vault *vault, struct exchange *x, const char *detail)
{
	struct trail_entry note = note_begin(x, TRAIL_SYSTEM, TRAIL_KEYS_ROTATED, TRAIL_ALLOWED);
	note.detail = detail;
	note_add(vault, x, &note);
}

static enum progress keys_failed(struct exchange *x, enum err err)
{
	answer_error(x, 503, "unavailable", "The keys cannot be changed: %s.", err_text(err));
	return PROGRESS_DONE;
}

enum progress api_keys_rotate(struct vault *vault, struct exchange *x)
{
	struct key_job *job = x->job;
	size_t left = 0;
	if (!job)
		return job_begin(vault, x, ring_rotate);
	enum err err = job->err;
	if (!err)
		err = records_begin(vault->parts.records);
	if (!err)
		err = records_rewrap(vault->parts.records, &job->kek, KEYS_AT_A_TIME, &left);
	if (err)
		return keys_failed(x, err);
	note_keys(vault, x, arena_printf(x->arena, "rewrapping; %zu left", left));
	api_answer(x, 200, json_pack("{s:I}", "left", (json_int_t)left));
	return PROGRESS_STAGED;
}

// Handled when no commit is under way: what an earlier request rewrapped is on disk.
enum progress api_keys_rotated(struct vault *vault, struct exchange *x)
{
	struct key_job *job = x->job;
	size_t left = 0;
	if (!job) {
		enum err err = records_rewrap_left(vault->parts.records, &left);
		if (err)
			return keys_failed(x, err);
		if (left) {
			answer_error(x, 409, "conflict", "%zu %s still under the old one.", left,
				text_plural(left, "key is", "keys are"));
			return PROGRESS_DONE;
		}
		return job_begin(vault, x, ring_rotated);
	}
	if (job->err)
		return keys_failed(x, job->err);
	note_keys(vault, x, "finished; the key before is gone");
	return api_answer(x, 200, json_pack("{s:I}", "left", (json_int_t)0));
}

static const char *forget_reason(struct exchange *x, const json_t *body)
{
	const char *reason = api_text(x, body, "reason");
	if (reason && strlen(reason) < FORGET_REASON_BYTES) {
		answer_error(x, 422, "invalid", "Say in a few words why; it stays on the trail.");
		return NULL;
	}
	return reason;
}

enum progress api_patient_forget(struct vault *vault, struct exchange *x)
{
	const char *patient = route_segment(x, "id");
	json_t *body = api_body(x);
	const char *reason = body ? forget_reason(x, body) : NULL;
	enum progress progress = PROGRESS_DONE;
	if (!reason)
		goto out;
	enum err err = records_begin(vault->parts.records);
	if (!err)
		err = records_shred(vault->parts.records, patient);
	if (err == ERR_NOT_FOUND || err == ERR_GONE) {
		answer_error(x, 404, "not-found",
			err == ERR_GONE ? "This patient was forgotten before."
					: "There is no such patient.");
		goto out;
	}
	if (err) {
		keys_failed(x, err);
		goto out;
	}
	struct trail_entry note = note_begin(x, TRAIL_SYSTEM, TRAIL_SHREDDED, TRAIL_INTENDED);
	note.resource = arena_printf(x->arena, "Patient/%s", patient);
	note.reason = arena_text(x->arena, reason);
	note_add_patients(vault, x, &note, &patient, 1);
	api_answer(x, 200, json_pack("{s:s}", "state", "forgotten"));
	progress = PROGRESS_STAGED;
out:
	json_decref(body);
	return progress;
}
