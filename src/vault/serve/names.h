// names: from identifiers to what people call each other, for those who may see it.
#pragma once

#include "vault/serve/serve.h"

// "Marsh, Paul", or NULL when there is no such patient or the one who asks may not see names. In
// the exchange's arena; looked up once per exchange and patient.
const char *names_patient(struct vault *vault, struct exchange *exchange, const char *patient);
bool names_allowed(const struct vault *vault, const struct exchange *exchange);
// Whose names were joined in: the exchange's entry on the trail has to name them.
size_t names_joined(struct exchange *exchange, const char *const **ret_patients);
// The account's id from its id or login; the text itself when neither is known.
const char *names_account_id(struct vault *vault, struct exchange *exchange, const char *text);
