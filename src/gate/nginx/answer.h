// answer: an answer as nginx sends it: headers, a body that is whole, a refusal of the gate's own.
//
// What is given is copied into the request's pool, but for a body, which must live in it already.
#pragma once

#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>

#include "gate/http/ask.h"

ngx_int_t answer_add_header(ngx_http_request_t *r, const char *name, const char *value);
// Never kept by anybody on the way (Cache-Control: no-store).
ngx_int_t answer_send(ngx_http_request_t *r, ngx_uint_t status, u_char *body, size_t size);
ngx_int_t answer_refuse(ngx_http_request_t *r, const struct http_refusal *refusal);
