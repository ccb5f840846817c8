#include "courier/dress.h"

#include <string.h>
#include <sys/socket.h>

enum {
	ANSWER_BYTES = 64 * 1024,
	CONNECT_MS = 15000
};

// The last word before a connection: curl has resolved the name, and this is where it led.
static curl_socket_t open_socket(void *context, curlsocktype purpose, struct curl_sockaddr *address)
{
	struct transfer *t = context;
	bool allowed = destination_allows(t->to, &address->addr) || t->carrier->skip_address_check;
	if (purpose != CURLSOCKTYPE_IPCXN || address->socktype != SOCK_STREAM || !allowed) {
		t->elsewhere = true;
		return CURL_SOCKET_BAD;
	}
	return t->socket = socket(address->family, address->socktype | SOCK_CLOEXEC | SOCK_NONBLOCK,
		       address->protocol);
}

// What a receiver answers is looked at by nobody; more than this of it is not even read.
static size_t drop(char *at, size_t one, size_t size, void *context)
{
	struct transfer *t = context;
	(void)at;
	t->at += one * size;
	t->too_large = t->at > ANSWER_BYTES;
	return t->too_large ? 0 : one * size;
}

static void set_blob(struct transfer *t, CURLoption option, struct bytes bytes)
{
	struct curl_blob blob = {(void *)bytes.at, bytes.size, CURL_BLOB_NOCOPY};
	if (bytes.size)
		TRANSFER_SET(t, option, &blob);
}

// The same rules for the proxy's TLS as for the destination's.
static void trust(struct transfer *t)
{
	struct bytes ca = t->to->ca.size ? t->to->ca : t->carrier->system_ca;
	TRANSFER_SET(t, CURLOPT_SSL_VERIFYPEER, 1L);
	TRANSFER_SET(t, CURLOPT_SSL_VERIFYHOST, 2L);
	TRANSFER_SET(t, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
	TRANSFER_SET(t, CURLOPT_CAINFO, NULL);
	TRANSFER_SET(t, CURLOPT_CAPATH, NULL);
	set_blob(t, CURLOPT_CAINFO_BLOB, ca);
	set_blob(t, CURLOPT_SSLCERT_BLOB, t->to->certificate);
	set_blob(t, CURLOPT_SSLKEY_BLOB, t->to->certificate_key);
	TRANSFER_SET(t, CURLOPT_PROXY_SSL_VERIFYPEER, 1L);
	TRANSFER_SET(t, CURLOPT_PROXY_SSL_VERIFYHOST, 2L);
	TRANSFER_SET(t, CURLOPT_PROXY_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
	TRANSFER_SET(t, CURLOPT_PROXY_CAINFO, NULL);
	TRANSFER_SET(t, CURLOPT_PROXY_CAPATH, NULL);
	set_blob(t, CURLOPT_PROXY_CAINFO_BLOB, ca);
}

static void identify(struct transfer *t)
{
	const struct credentials *own = &t->to->credentials, *proxy = &t->to->proxy_credentials;
	if (own->user) {
		TRANSFER_SET(t, CURLOPT_USERNAME, own->user);
		TRANSFER_SET(t, CURLOPT_PASSWORD, own->password);
		TRANSFER_SET(t, CURLOPT_HTTPAUTH, (long)CURLAUTH_BASIC);
	}
	if (own->authorization)
		transfer_header(t, "Authorization: %s", own->authorization);
	if (proxy->user) {
		TRANSFER_SET(t, CURLOPT_PROXYUSERNAME, proxy->user);
		TRANSFER_SET(t, CURLOPT_PROXYPASSWORD, proxy->password);
		TRANSFER_SET(t, CURLOPT_PROXYAUTH, (long)CURLAUTH_BASIC);
	}
}

void dress(struct transfer *t)
{
	const struct destination *to = t->to;
	TRANSFER_SET(t, CURLOPT_PRIVATE, t);
	TRANSFER_SET(t, CURLOPT_ERRORBUFFER, t->error);
	TRANSFER_SET(t, CURLOPT_URL, to->url);
	TRANSFER_SET(t, CURLOPT_PROTOCOLS_STR, t->kind->protocols);
	TRANSFER_SET(t, CURLOPT_REDIR_PROTOCOLS_STR, "https");
	TRANSFER_SET(t, CURLOPT_FOLLOWLOCATION, 0L);
	TRANSFER_SET(t, CURLOPT_DISALLOW_USERNAME_IN_URL, 1L);
	TRANSFER_SET(t, CURLOPT_NOSIGNAL, 1L);
	// A thread that still waits for a name server is left to itself, and ends by itself;
	// without this the whole role would wait for it, and with it everybody who can be reached.
	TRANSFER_SET(t, CURLOPT_QUICK_EXIT, 1L);
	TRANSFER_SET(t, CURLOPT_TIMEOUT_MS, (long)to->timeout_ms);
	TRANSFER_SET(t, CURLOPT_CONNECTTIMEOUT_MS,
		(long)(to->timeout_ms < CONNECT_MS ? to->timeout_ms : CONNECT_MS));
	TRANSFER_SET(t, CURLOPT_OPENSOCKETFUNCTION, open_socket);
	TRANSFER_SET(t, CURLOPT_OPENSOCKETDATA, t);
	TRANSFER_SET(t, CURLOPT_WRITEFUNCTION, drop);
	TRANSFER_SET(t, CURLOPT_WRITEDATA, t);
	TRANSFER_SET(t, CURLOPT_FRESH_CONNECT, 1L);
	TRANSFER_SET(t, CURLOPT_FORBID_REUSE, 1L);
	TRANSFER_SET(t, CURLOPT_DNS_CACHE_TIMEOUT, 0L);
	TRANSFER_SET(t, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
	TRANSFER_SET(t, CURLOPT_USERAGENT, "hospitaller");
	TRANSFER_SET(t, CURLOPT_NETRC, (long)CURL_NETRC_IGNORED);
	TRANSFER_SET(t, CURLOPT_PROXY, to->proxy ? to->proxy : "");
	TRANSFER_SET(t, CURLOPT_NOPROXY, "");
	TRANSFER_SET(t, CURLOPT_HTTPPROXYTUNNEL, to->proxy ? 1L : 0L);
	TRANSFER_SET(t, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
	trust(t);
	identify(t);
}
