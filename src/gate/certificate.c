#include "gate/certificate.h"

#include "common/crypto/certificate.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
	PEM_MOST_BYTES = 256 * 1024
};

void certificate_paths(const struct config *config, char ret_certificate[512], char ret_key[512])
{
	const char *folder = *config->certificate ? "tls" : "gate";
	snprintf(ret_certificate, 512, "%s/%s/certificate.pem", config->state, folder);
	snprintf(ret_key, 512, "%s/%s/certificate-key.pem", config->state, folder);
}

static enum err own_certificate(const struct config *config, uid_t uid, gid_t gid)
{
	char certificate[512], key[512], host[256] = "localhost", address[256];
	bool made;
	certificate_paths(config, certificate, key);
	(void)gethostname(host, sizeof host - 1);
	snprintf(
		address, sizeof address, "%.*s", (int)strcspn(config->listen, ":"), config->listen);
	const char *names[] = {"localhost", "127.0.0.1", "::1", host, NULL, NULL};
	if (strcmp(host, "localhost") == 0 || !*host)
		names[3] = NULL;
	if (*address && *address != '[' && strcmp(address, "0.0.0.0") &&
		strcmp(address, "127.0.0.1"))
		names[names[3] ? 4 : 3] = address;
	enum err err = certificate_ensure(certificate, key, names, &made);
	if (!err && made && (chown(certificate, uid, gid) != 0 || chown(key, uid, gid) != 0))
		err = ERR_IO;
	return err;
}

// The copy lies beside until it is whole. Its group is that of the folder, the gate's.
static enum err copy(const char *from, const char *to)
{
	static char content[PEM_MOST_BYTES];
	int in = open(from, O_RDONLY | O_CLOEXEC), out = -1;
	ssize_t size = in < 0 ? -1 : read(in, content, sizeof content);
	if (in >= 0)
		close(in);
	if (size > 0 && size < PEM_MOST_BYTES) {
		(void)unlink(to);
		out = open(to, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0640);
	}
	bool fine = out >= 0 && fchmod(out, 0640) == 0 && write(out, content, (size_t)size) == size;
	if (out >= 0 && close(out) != 0)
		fine = false;
	explicit_bzero(content, sizeof content);
	return fine ? OK : ERR_IO;
}

enum err certificate_take(const struct config *config, char ret_problem[256])
{
	char certificate[512], key[512], next_certificate[520], next_key[520];
	if (!*config->certificate)
		return OK;
	certificate_paths(config, certificate, key);
	snprintf(next_certificate, sizeof next_certificate, "%s.next", certificate);
	snprintf(next_key, sizeof next_key, "%s.next", key);
	const char *wrong = config->certificate;
	enum err err = copy(config->certificate, next_certificate);
	if (!err) {
		wrong = config->certificate_key;
		err = copy(config->certificate_key, next_key);
	}
	if (err) {
		snprintf(ret_problem, 256, "%.200s cannot be read: %s", wrong,
			errno ? strerror(errno) : "it is empty or too large");
		return err;
	}
	if (!certificate_fits(next_certificate, next_key)) {
		snprintf(ret_problem, 256, "%.100s is no key for the certificate in %.100s",
			config->certificate_key, config->certificate);
		return ERR_INVALID;
	}
	return rename(next_key, key) == 0 && rename(next_certificate, certificate) == 0 ? OK
											: ERR_IO;
}

enum err certificate_prepare(
	const struct config *config, const struct passwd *gate, char ret_problem[256])
{
	char folder[512];
	snprintf(folder, sizeof folder, "%s/tls", config->state);
	if (*config->certificate) {
		bool fine = (mkdir(folder, 0750) == 0 || errno == EEXIST) &&
			    chown(folder, 0, gate->pw_gid) == 0 && chmod(folder, 02750) == 0;
		errno = 0;
		return fine ? certificate_take(config, ret_problem) : ERR_IO;
	}
	enum err err = own_certificate(config, gate->pw_uid, gate->pw_gid);
	if (err)
		snprintf(ret_problem, 256, "the gate's certificate cannot be made: %s",
			err_text(err));
	return err;
}
