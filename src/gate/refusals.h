// refusals: what nginx refuses by itself, in the caller's own terms, as a part of its
// configuration.
//
// Below /api the API's error form, below /fhir an OperationOutcome, elsewhere a small page without
// a script. What cannot be told apart (a request line that nginx could not take apart) goes by how
// the line begins. Used by gate.c alone.
#pragma once

#include "common/base/bytes.h"

void refusals_put_map(struct buf *out);                         // for the block http
void refusals_put_server(struct buf *out, const char *headers); // for the block server
