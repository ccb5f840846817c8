#include "gate/gate.h"

#include "common/base/bytes.h"
#include "common/base/log.h"
#include "common/io/sandbox.h"
#include "gate/certificate.h"
#include "gate/refusals.h"

#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#ifndef GATE_HTTP2_DIRECTIVE
#define GATE_HTTP2_DIRECTIVE 0 // nginx before 1.25.1 has it as a word of listen
#endif

// The limits of the door: every size and time that a client chooses.
static const char limits[] =
	"	client_header_buffer_size 4k;\n"
	"	large_client_header_buffers 2 32k;\n" // over HTTP/2: 32k one header, 64k all
	"	client_max_body_size 16m;\n"
	"	client_body_buffer_size 16m;\n" // never a temporary file: it would hold plaintext
	"	client_body_in_single_buffer on;\n"
	"	client_body_timeout 30s;\n"
	"	client_header_timeout 15s;\n"
	"	send_timeout 30s;\n"
	"	keepalive_timeout 75s;\n"
	"	keepalive_requests 100000;\n"
	"	reset_timedout_connection on;\n"
	"	http2_max_concurrent_streams 64;\n"
	"	limit_conn_zone $binary_remote_addr zone=addresses:4m;\n"
	"	limit_conn addresses 512;\n"
	"	limit_conn_status 429;\n";

static const char headers[] =
	"		add_header Strict-Transport-Security \"max-age=31536000\" always;\n"
	"		add_header X-Content-Type-Options nosniff always;\n"
	"		add_header X-Frame-Options DENY always;\n"
	"		add_header Referrer-Policy no-referrer always;\n"
	"		add_header Cross-Origin-Opener-Policy same-origin always;\n"
	"		add_header Cross-Origin-Resource-Policy same-origin always;\n"
	"		add_header Permissions-Policy \"camera=(), microphone=(), geolocation=()\" always;\n"
	"		add_header Content-Security-Policy \"default-src 'none'; script-src 'self'; style-src 'self'; "
	"img-src 'self' data:; font-src 'self'; connect-src 'self'; manifest-src 'self'; "
	"frame-ancestors 'none'; base-uri 'none'; form-action 'none'\" always;\n";

static void put_server(struct buf *out, const struct config *config)
{
	char certificate[512], key[512];
	certificate_paths(config, certificate, key);
	buf_printf(out, "	server {\n		listen %s ssl%s backlog=1024;\n",
		config->listen, GATE_HTTP2_DIRECTIVE ? "" : " http2");
	if (GATE_HTTP2_DIRECTIVE)
		buf_add_text(out, "		http2 on;\n");
	buf_printf(out, "		ssl_certificate %s;\n		ssl_certificate_key %s;\n",
		certificate, key);
	buf_printf(out, "		ssl_protocols %s;\n",
		strcmp(config->tls, "1.2") == 0 ? "TLSv1.2 TLSv1.3" : "TLSv1.3");
	buf_add_text(out, "		ssl_ciphers ECDHE+AESGCM:ECDHE+CHACHA20;\n"
			  "		ssl_session_cache shared:sessions:8m;\n"
			  "		ssl_session_timeout 4h;\n"
			  "		ssl_buffer_size 8k;\n"
			  "		merge_slashes off;\n");
	buf_add_text(out, headers);
	refusals_put_server(out, headers);
	buf_add_text(out, "		location /fhir { hospitaller; }\n"
			  "		location /api { hospitaller; }\n");
	buf_printf(out, "		root %s;\n", config->console);
	buf_add_text(out,
		"		location / { limit_except GET { deny all; } try_files $uri /index.html; }\n"
		"		location /assets/ { limit_except GET { deny all; } expires 1y; }\n"
		"	}\n");
}

static void put_config(struct buf *out, const struct config *config)
{
	buf_printf(out,
		"# Made by hospitaller at every start; changes are lost.\n"
		"load_module %s/hospitaller_gate.so;\n",
		config->modules);
	// No multi_accept: the worker that wakes first would take all connections that came
	// together, and one core would answer them.
	buf_printf(out,
		"worker_processes %s;\nworker_rlimit_nofile 8192;\nworker_shutdown_timeout 10s;\n"
		"daemon off;\nerror_log stderr crit;\npid %s/gate/nginx.pid;\n"
		"lock_file %s/gate/nginx.lock;\n"
		"events { worker_connections 4096; }\n",
		config->workers, config->state, config->state);
	// One of these would be where nginx puts what does not fit into memory; nothing may go
	// there. What nginx has to say about a request would say who was asked for: it stays
	// unsaid.
	buf_printf(out,
		"http {\n	access_log off;\n	error_log stderr emerg;\n	server_tokens off;\n	hospitaller_console %s;\n",
		config->console);
	static const char *const temps[] = {"client_body", "proxy", "fastcgi", "uwsgi", "scgi"};
	for (size_t i = 0; i < 5; i++)
		buf_printf(out, "	%s_temp_path %s/gate/never;\n", temps[i], config->state);
	buf_add_text(out,
		"	types { text/html html; text/css css; text/javascript js; image/svg+xml svg; "
		"image/png png; font/woff2 woff2; application/manifest+json webmanifest; }\n"
		"	default_type application/octet-stream;\n	sendfile on;\n	tcp_nodelay on;\n");
	buf_add_text(out, limits);
	refusals_put_map(out);
	put_server(out, config);
	buf_add_text(out, "}\n");
}

static enum err write_config(const struct config *config, uid_t uid, gid_t gid)
{
	char path[512];
	struct buf text = {0};
	snprintf(path, sizeof path, "%s/gate/nginx.conf", config->state);
	put_config(&text, config);
	(void)unlink(path);
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0440);
	bool fine = fd >= 0 && write(fd, text.at, text.size) == (ssize_t)text.size &&
		    fchown(fd, uid, gid) == 0;
	if (fd >= 0)
		close(fd);
	buf_done(&text);
	return fine ? OK : ERR_IO;
}

enum err gate_prepare(const struct config *config, const char *user, char ret_problem[256])
{
	struct passwd *entry = getpwnam(user);
	if (!entry)
		return ERR_NOT_FOUND;
	enum err err = certificate_prepare(config, entry, ret_problem);
	if (err)
		return err;
	err = write_config(config, entry->pw_uid, entry->pw_gid);
	if (err)
		snprintf(ret_problem, 256, "the gate's configuration cannot be written: %s",
			strerror(errno));
	return err;
}

// The master reads only the configuration, but workers run under its user and could use it: it may
// read what nginx is made of and change its own folder, and execute nothing but nginx.
static enum err confine_master(const struct config *config)
{
	char own[512], tls[512];
	snprintf(own, sizeof own, "%s/gate", config->state);
	snprintf(tls, sizeof tls, "%s/tls", config->state);
	const struct sandbox_path paths[] = {{config->nginx, SANDBOX_READ | SANDBOX_EXECUTE},
		{"/lib", SANDBOX_READ | SANDBOX_EXECUTE}, // with the program's loader
		{"/lib64", SANDBOX_READ | SANDBOX_EXECUTE}, {"/usr/lib", SANDBOX_READ},
		{"/usr/share/zoneinfo", SANDBOX_READ}, {"/etc/ld.so.cache", SANDBOX_READ},
		{"/etc/localtime", SANDBOX_READ}, {"/etc/ssl", SANDBOX_READ},
		{"/sys/devices/system/cpu", SANDBOX_READ}, {"/dev/urandom", SANDBOX_READ},
		{"/dev/null", SANDBOX_READ | SANDBOX_WRITE}, {config->modules, SANDBOX_READ},
		{config->console, SANDBOX_READ}, {tls, SANDBOX_READ},
		{own, SANDBOX_READ | SANDBOX_WRITE}};
	const struct sandbox sandbox = {
		.paths = paths, .path_count = sizeof paths / sizeof *paths, .keep_exec = true};
	struct sandbox_report report;
	enum err err = sandbox_enter(&sandbox, &report);
	if (err)
		log_error("the gate's master: %s", report.words);
	else if (*report.missing)
		log_warning("the gate's master is less confined: %s", report.missing);
	return err;
}

void gate_execute(const struct config *config)
{
	char path[512], inherited[32];
	if (confine_master(config))
		return;
	snprintf(path, sizeof path, "%s/gate/nginx.conf", config->state);
	snprintf(inherited, sizeof inherited, "NGINX=%d;", GATE_LISTEN_FD);
	char *const argv[] = {
		(char *)"nginx", (char *)"-e", (char *)"stderr", (char *)"-c", path, NULL};
	char *const environment[] = {inherited, (char *)"PATH=/usr/sbin:/usr/bin", NULL};
	execve(config->nginx, argv, environment);
}
