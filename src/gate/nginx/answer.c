#include "gate/nginx/answer.h"

ngx_int_t answer_add_header(ngx_http_request_t *r, const char *name, const char *value)
{
	size_t name_size = ngx_strlen(name), value_size = ngx_strlen(value);
	u_char *copy = ngx_pnalloc(r->pool, name_size + value_size);
	if (!copy)
		return NGX_ERROR;
	ngx_memcpy(copy, name, name_size);
	ngx_memcpy(copy + name_size, value, value_size);
	if (ngx_strcasecmp((u_char *)name, (u_char *)"content-type") == 0) {
		r->headers_out.content_type.data = copy + name_size;
		r->headers_out.content_type.len = value_size;
		r->headers_out.content_type_len = value_size;
		return NGX_OK;
	}
	ngx_table_elt_t *h = ngx_list_push(&r->headers_out.headers);
	if (!h)
		return NGX_ERROR;
	ngx_memzero(h, sizeof *h);
	h->hash = 1;
	h->key.data = copy;
	h->key.len = name_size;
	h->value.data = copy + name_size;
	h->value.len = value_size;
	return NGX_OK;
}

ngx_int_t answer_send(ngx_http_request_t *r, ngx_uint_t status, u_char *body, size_t size)
{
	r->headers_out.status = status;
	r->headers_out.content_length_n = (off_t)size;
	if (answer_add_header(r, "Cache-Control", "no-store") !=
		NGX_OK) // not on the client's disk either
		return NGX_ERROR;
	if (status == 304 || status == 204) {
		r->header_only = 1;
		r->headers_out.content_length_n = -1;
	}
	ngx_int_t rc = ngx_http_send_header(r);
	if (rc == NGX_ERROR || rc > NGX_OK || r->header_only)
		return rc;
	ngx_buf_t *b = ngx_calloc_buf(r->pool);
	if (!b)
		return NGX_ERROR;
	b->pos = body;
	b->last = body + size;
	b->memory = size ? 1 : 0;
	b->last_buf = r == r->main;
	b->last_in_chain = 1;
	b->sync = size ? 0 : 1;
	ngx_chain_t out = {b, NULL};
	return ngx_http_output_filter(r, &out);
}

ngx_int_t answer_refuse(ngx_http_request_t *r, const struct http_refusal *refusal)
{
	struct arena *arena = arena_new();
	struct bytes text = http_refusal_body(
		refusal, bytes_of(r->unparsed_uri.data, r->unparsed_uri.len), arena);
	u_char *body = ngx_pnalloc(r->pool, text.size);
	if (body)
		ngx_memcpy(body, text.at, text.size);
	size_t size = text.size;
	arena_free(arena);
	if (!body ||
		answer_add_header(r, "Content-Type", "application/json; charset=utf-8") != NGX_OK ||
		(refusal->status == 503 && answer_add_header(r, "Retry-After", "1") != NGX_OK))
		return NGX_HTTP_INTERNAL_SERVER_ERROR;
	return answer_send(r, refusal->status, body, size);
}
