// casebook: incidents, tied to the rest of watch: takes what was found into them, tells the vault
// whose risk is high and what the trail is to hold, and has the courier tell people of a new one.
#pragma once

#include "common/io/channel.h"
#include "watch/detector.h"
#include "watch/incidents/incidents.h"

struct access;
struct casebook;
struct messenger;

// ERR_IO when the database cannot be opened; logged.
enum err casebook_open(const struct detector_places *places, struct casebook **ret_casebook);
void casebook_close(struct casebook *casebook); // NULL is fine

// Whatever the detector found since. ERR_IO: the role must end.
enum err casebook_take(struct casebook *casebook, struct detector *detector);
// What the vault does not know yet; often called.
void casebook_tell(struct casebook *casebook, struct channel *vault);
// What the vault says of it: until it first did, nothing is taken, for it could get a number that
// the trail has for something else. ERR_SYNTAX, ERR_LIMIT.
enum err casebook_noted(struct casebook *casebook, struct detector *detector, struct bytes payload);
void casebook_vault_gone(struct casebook *casebook);
// New incidents, to the destination that RULES/incidents.yaml names. ERR_IO: the role must end.
enum err casebook_notify(struct casebook *casebook, struct messenger *messenger);

// Incidents that watch opened take their part of the reviewer's list. ERR_IO: it is tried again.
enum err casebook_list(struct casebook *casebook, struct access *access);

uint64_t casebook_unassigned(struct casebook *casebook);    // incidents_unassigned()
uint64_t casebook_changes(const struct casebook *casebook); // incidents_changes()
// The first incident after this number, as {"number", "title", "level", …}, or NULL.
json_t *casebook_opened(struct casebook *casebook, uint64_t after);
// incidents_answer().
json_t *casebook_answer(struct casebook *casebook, const json_t *question, int *ret_status);
