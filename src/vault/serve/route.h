// route: which requests there are. One table; each route names its handler, what it needs and what
// the policy calls it, what it takes and what it answers. The CapabilityStatement and
// /api/openapi.json are made from this table; docs/api.md follows it.
#pragma once

#include "vault/serve/serve.h"

enum route_needs {
	NEEDS_NOBODY = 1,   // no one signed in
	NEEDS_WRITE = 2,    // stages into the database: waits for its turn
	NEEDS_LOCAL = 4,    // only from the server itself
	NEEDS_BODY = 8,     // an empty body is an error
	NEEDS_PENDING = 16, // also for a session that has not given its second factor yet
};

typedef enum progress route_handler(struct vault *vault, struct exchange *exchange);

// One parameter, or one member of a body. Lists of them end with an empty one.
struct route_field {
	const char *name;
	const char *type; // string, integer, boolean, time, object or a shape of openapi.c; []
			  // behind it
	const char *help; // a few words; may be empty
	bool optional;    // parameters of a query always are
};

struct route {
	enum door_method method; // HEAD goes where GET goes
	const char *path;        // "/fhir/:type/:id"; a segment with a colon takes anything
	route_handler *handler;
	unsigned needs;
	const char *verb; // the policy's name for console work ("trail-search"), or NULL
	const char *help; // one sentence

	// Of /api. What is not said is not there: no parameters, no body, no members of an answer.
	const struct route_field *query, *body, *answer;
	const char *body_shape, *answer_shape; // besides, or instead of, single members
	uint16_t status;                       // of success; 200 when it is not said
	uint16_t also[4];                      // errors besides those that follow from the rest
};

extern const struct route routes[];
extern const size_t route_count;

// Splits the path and finds its route. ERR_NOT_FOUND, or ERR_UNSUPPORTED when only the method is
// wrong; then ret_allow names those that would do, in the exchange's arena.
enum err route_find(
	struct exchange *exchange, const struct route **ret_route, const char **ret_allow);
// The segment behind ":name" of the exchange's route.
const char *route_segment(const struct exchange *exchange, const char *name);
