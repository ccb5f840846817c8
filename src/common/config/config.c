#include "common/config/config.h"

#include "common/format/yaml.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// What is wrong with a value, or NULL. Some of them end up in nginx's configuration, unquoted.

static const char *wrong_text(const char *value)
{
	for (const char *c = value; *c; c++)
		if ((unsigned char)*c < 0x20 || *c == 0x7f)
			return "control characters are not allowed";
	if (strpbrk(value, ";{}\"'\\"))
		return "quotes, braces, semicolons and backslashes are not allowed";
	return strlen(value) > CONFIG_VALUE_BYTES ? "this is too long" : NULL;
}

static const char *wrong_path_or_none(const char *value)
{
	const char *words = wrong_text(value);
	return words                   ? words
	       : strpbrk(value, " $#") ? "blanks, $ and # are not allowed in a path"
				       : NULL;
}

static const char *wrong_path(const char *value)
{
	return *value ? wrong_path_or_none(value) : "a path is expected";
}

static const char *wrong_tls(const char *value)
{
	return strcmp(value, "1.3") == 0 || strcmp(value, "1.2") == 0 ? NULL : "tls is 1.3 or 1.2";
}

// A number from 1 to `most`, without a sign or leading zeros.
static bool is_number(const char *text, long most)
{
	size_t length = strlen(text);
	return length >= 1 && length <= 5 && strspn(text, "0123456789") == length && *text != '0' &&
	       strtol(text, NULL, 10) <= most;
}

static const char *wrong_workers(const char *value)
{
	return strcmp(value, "auto") == 0 || is_number(value, 256)
		       ? NULL
		       : "workers is auto or a number from 1 to 256";
}

static const char *wrong_listen(const char *value)
{
	char host[64];
	struct in6_addr ip;
	const char *colon = strrchr(value, ':');
	size_t length = colon ? (size_t)(colon - value) : 0;
	if (length >= 2 && length < sizeof host && is_number(colon + 1, 65535)) {
		bool six = value[0] == '[' && colon[-1] == ']';
		snprintf(host, sizeof host, "%.*s", (int)(six ? length - 2 : length), value + six);
		if (inet_pton(six ? AF_INET6 : AF_INET, host, &ip) == 1)
			return NULL;
	}
	return "listen is an address and a port, such as 0.0.0.0:8443 or [::]:8443";
}

static const char *wrong_base(const char *value)
{
	const char *host = strncmp(value, "https://", 8) == 0 ? value + 8 : "/";
	size_t length = strcspn(host, "/ ?#");
	if (!*value || (length && strcmp(host + length, "/fhir") == 0))
		return wrong_text(value);
	return "base is an address such as https://his.example/fhir";
}

#define OPTION(field) offsetof(struct config, field)
const struct config_option config_options[] = {
	{"state", OPTION(state), "/var/lib/hospitaller", "Folder of everything that is kept.",
		wrong_path},
	{"listen", OPTION(listen), "0.0.0.0:8443", "Address and port of the door.", wrong_listen},
	{"base", OPTION(base), "",
		"Public address of the FHIR interface, such as https://his.example/fhir: what "
		"references begin with that mean this server.",
		wrong_base},
	{"name", OPTION(name), "Hospital", "The hospital's name, as people see it.", wrong_text},
	{"certificate", OPTION(certificate), "",
		"TLS certificate (PEM); made at first start when empty.", wrong_path_or_none},
	{"certificate-key", OPTION(certificate_key), "", "Its private key (PEM).",
		wrong_path_or_none},
	{"tls", OPTION(tls), "1.3", "Least version of TLS: 1.3, or 1.2 for old clients.",
		wrong_tls},
	{"workers", OPTION(workers), "auto", "Worker processes of the gate: auto or a number.",
		wrong_workers},
	{"passphrase", OPTION(passphrase), "",
		"File that unlocks the keys; made at first start when empty.", wrong_path_or_none},
	{"witness", OPTION(witness), "",
		"File on another disk that keeps the trail's last checkpoint.", wrong_path_or_none},
	{"console", OPTION(console), "/usr/share/hospitaller/console",
		"Folder of the console's files.", wrong_path},
	{"rules", OPTION(rules), "/usr/share/hospitaller/rules", "Folder of the rules.",
		wrong_path},
	{"modules", OPTION(modules), "/usr/lib/hospitaller", "Folder of the gate's nginx module.",
		wrong_path},
	{"nginx", OPTION(nginx), "/usr/sbin/nginx", "The nginx program.", wrong_path},
	{"destinations", OPTION(destinations), "/etc/hospitaller/destinations.yaml",
		"File that names where the courier may go; none when it is not there.", wrong_path},
	{"zones", OPTION(zones), "",
		"File of the network's zones, flows and what is never blocked (docs/network.md).",
		wrong_path_or_none},
	{"test", OPTION(test), "",
		"Only for tests: mechanisms to switch off, to see that they are needed; or a clock "
		"that can be turned.",
		wrong_text},
};
const size_t config_option_count = sizeof config_options / sizeof *config_options;

static const char **field(struct config *config, const struct config_option *option)
{
	return (const char **)((char *)config + option->offset);
}

void config_defaults(struct config *config)
{
	for (size_t i = 0; i < config_option_count; i++)
		*field(config, &config_options[i]) = config_options[i].value;
}

enum err config_set(struct config *config, const char *key, const char *value,
	struct config_problem *ret_problem)
{
	for (size_t i = 0; i < config_option_count; i++) {
		if (strcmp(config_options[i].key, key) != 0)
			continue;
		const char *words = config_options[i].wrong(value);
		if (words) {
			snprintf(ret_problem->text, sizeof ret_problem->text, "%s", words);
			return ERR_INVALID;
		}
		*field(config, &config_options[i]) = value;
		return OK;
	}
	snprintf(ret_problem->text, sizeof ret_problem->text, "'%.100s' is not an option", key);
	return ERR_INVALID;
}

enum err config_read(struct config *config, const char *path, bool optional, struct arena *arena,
	struct config_problem *ret_problem)
{
	struct buf text = {0};
	struct yaml *root;
	struct yaml_problem problem;
	*ret_problem = (struct config_problem){0};
	FILE *file = fopen(path, "re");
	if (!file && errno == ENOENT && optional)
		return OK;
	if (!file) {
		snprintf(ret_problem->text, sizeof ret_problem->text, "cannot be read");
		return ERR_IO;
	}
	buf_reserve(&text, YAML_MOST_BYTES + 1);
	text.size = fread(text.at, 1, YAML_MOST_BYTES + 1, file);
	bool failed = ferror(file); // a folder opens, too
	fclose(file);
	if (failed) {
		buf_done(&text);
		snprintf(ret_problem->text, sizeof ret_problem->text, "cannot be read");
		return ERR_IO;
	}
	enum err err = yaml_parse(buf_bytes(&text), arena, &root, &problem);
	buf_done(&text);
	if (err) {
		ret_problem->line = problem.line;
		snprintf(ret_problem->text, sizeof ret_problem->text, "%s", problem.words);
		return err;
	}
	if (root->kind != YAML_MAP) {
		ret_problem->line = root->line;
		snprintf(ret_problem->text, sizeof ret_problem->text,
			"options and their values are expected");
		return ERR_INVALID;
	}
	for (const struct yaml *one = root->first; one && !err; one = one->next) {
		ret_problem->line = one->line;
		if (one->kind != YAML_SCALAR || !one->key) {
			snprintf(
				ret_problem->text, sizeof ret_problem->text, "a value is expected");
			return ERR_INVALID;
		}
		err = config_set(config, one->key, one->text, ret_problem);
	}
	return err;
}

bool config_test(const struct config *config, const char *what)
{
	size_t length = strlen(what);
	for (const char *at = config->test; at; at = strchr(at, ','), at = at ? at + 1 : NULL)
		if (length && strncmp(at, what, length) == 0 && (!at[length] || at[length] == ','))
			return true;
	return false;
}
