#include "common/crypto/certificate.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static X509 *read_certificate(const char *path)
{
	FILE *file = fopen(path, "re");
	X509 *certificate = file ? PEM_read_X509(file, NULL, NULL, NULL) : NULL;
	if (file)
		fclose(file);
	return certificate;
}

static bool still_good(const char *certificate_path, const char *key_path)
{
	X509 *certificate = read_certificate(certificate_path);
	int days = 0, seconds = 0;
	bool good = certificate && access(key_path, R_OK) == 0 &&
		    ASN1_TIME_diff(&days, &seconds, NULL, X509_get0_notAfter(certificate)) == 1 &&
		    days >= CERTIFICATE_RENEW_DAYS;
	X509_free(certificate);
	return good;
}

// A key under a passphrase is no key here: nobody is there to be asked.
static int no_passphrase(char *room, int size, int writing, void *context)
{
	(void)room;
	(void)size;
	(void)writing;
	(void)context;
	return -1;
}

bool certificate_fits(const char *certificate_path, const char *key_path)
{
	X509 *certificate = read_certificate(certificate_path);
	FILE *file = fopen(key_path, "re");
	EVP_PKEY *key = file ? PEM_read_PrivateKey(file, NULL, no_passphrase, NULL) : NULL;
	bool fits = certificate && key && X509_check_private_key(certificate, key) == 1;
	if (file)
		fclose(file);
	EVP_PKEY_free(key);
	X509_free(certificate);
	return fits;
}

static bool is_address(const char *name)
{
	uint8_t room[16];
	return inet_pton(AF_INET, name, room) == 1 || inet_pton(AF_INET6, name, room) == 1;
}

static bool add_extension(X509 *certificate, int kind, const char *value)
{
	X509V3_CTX context;
	X509V3_set_ctx_nodb(&context);
	X509V3_set_ctx(&context, certificate, certificate, NULL, NULL, 0);
	X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, &context, kind, value);
	bool fine = extension && X509_add_ext(certificate, extension, -1) == 1;
	X509_EXTENSION_free(extension);
	return fine;
}

static bool add_names(X509 *certificate, const char *const *names)
{
	char list[2048] = "";
	for (size_t i = 0; names[i]; i++) {
		size_t at = strlen(list);
		int size = snprintf(list + at, sizeof list - at, "%s%s:%s", i ? "," : "",
			is_address(names[i]) ? "IP" : "DNS", names[i]);
		if (size < 0 || at + (size_t)size >= sizeof list)
			return false;
	}
	return add_extension(certificate, NID_subject_alt_name, list);
}

static bool fill(X509 *certificate, EVP_PKEY *key, const char *const *names)
{
	uint64_t serial;
	crypto_random(&serial, sizeof serial);
	X509_NAME *subject = X509_get_subject_name(certificate);
	return X509_set_version(certificate, X509_VERSION_3) == 1 &&
	       ASN1_INTEGER_set_uint64(X509_get_serialNumber(certificate), serial >> 1) == 1 &&
	       X509_gmtime_adj(X509_getm_notBefore(certificate), -3600) &&
	       X509_gmtime_adj(X509_getm_notAfter(certificate), (long)CERTIFICATE_DAYS * 86400) &&
	       X509_set_pubkey(certificate, key) == 1 &&
	       X509_NAME_add_entry_by_txt(
		       subject, "CN", MBSTRING_UTF8, (const uint8_t *)names[0], -1, -1, 0) == 1 &&
	       X509_set_issuer_name(certificate, subject) == 1 && add_names(certificate, names) &&
	       add_extension(certificate, NID_basic_constraints, "critical,CA:FALSE") &&
	       add_extension(certificate, NID_ext_key_usage, "serverAuth") &&
	       X509_sign(certificate, key, EVP_sha256()) > 0;
}

static enum err write_pem(const char *path, X509 *certificate, EVP_PKEY *key)
{
	(void)unlink(path);
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, key ? 0400 : 0444);
	FILE *file = fd < 0 ? NULL : fdopen(fd, "w");
	if (!file)
		return ERR_IO;
	bool fine = key ? PEM_write_PrivateKey(file, key, NULL, NULL, 0, NULL, NULL) == 1
			: PEM_write_X509(file, certificate) == 1;
	return fclose(file) == 0 && fine ? OK : ERR_IO;
}

enum err certificate_ensure(const char *certificate_path, const char *key_path,
	const char *const *names, bool *ret_made)
{
	*ret_made = false;
	if (still_good(certificate_path, key_path))
		return OK;
	EVP_PKEY *key = EVP_EC_gen("P-256");
	X509 *certificate = X509_new();
	enum err err = key && certificate && fill(certificate, key, names) ? OK : ERR_CRYPTO;
	if (!err)
		err = write_pem(key_path, NULL, key);
	if (!err)
		err = write_pem(certificate_path, certificate, NULL);
	X509_free(certificate);
	EVP_PKEY_free(key);
	if (!err)
		*ret_made = true;
	return err;
}

enum err certificate_fingerprint(const char *certificate_path, char ret_text[96])
{
	uint8_t digest[EVP_MAX_MD_SIZE];
	unsigned size = 0;
	X509 *certificate = read_certificate(certificate_path);
	bool fine = certificate && X509_digest(certificate, EVP_sha256(), digest, &size) == 1 &&
		    size == 32;
	X509_free(certificate);
	for (unsigned i = 0; fine && i < size; i++)
		snprintf(ret_text + 3 * i, 4, "%02X%s", digest[i], i + 1 < size ? ":" : "");
	return fine ? OK : ERR_CRYPTO;
}
