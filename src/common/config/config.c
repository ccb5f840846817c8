#include "common/config/config.h"

#include "common/format/yaml.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define OPTION(field) offsetof(struct config, field)
const struct config_option config_options[] = {
	{"state", OPTION(state), "/var/lib/hospitaller", "Folder of everything that is kept."},
	{"listen", OPTION(listen), "0.0.0.0:8443", "Address and port of the door."},
	{"name", OPTION(name), "Hospital", "The hospital's name, as people see it."},
	{"certificate", OPTION(certificate), "", "TLS certificate (PEM); made at first start when empty."},
	{"certificate-key", OPTION(certificate_key), "", "Its private key (PEM)."},
	{"tls", OPTION(tls), "1.3", "Least version of TLS: 1.3, or 1.2 for old clients."},
	{"workers", OPTION(workers), "auto", "Worker processes of the gate: auto or a number."},
	{"passphrase", OPTION(passphrase), "", "File that unlocks the keys; made at first start when empty."},
	{"witness", OPTION(witness), "", "File on another disk that keeps the trail's last checkpoint."},
	{"console", OPTION(console), "/usr/share/hospitaller/console", "Folder of the console's files."},
	{"rules", OPTION(rules), "/usr/share/hospitaller/rules", "Folder of the rules."},
	{"modules", OPTION(modules), "/usr/lib/hospitaller", "Folder of the gate's nginx module."},
	{"nginx", OPTION(nginx), "/usr/sbin/nginx", "The nginx program."},
	{"test", OPTION(test), "", "Only for tests: mechanisms to switch off, to see that they are needed."},
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

static const char *wrong_value(const char *key, const char *value)
{
	if (strcmp(key, "tls") == 0 && strcmp(value, "1.3") != 0 && strcmp(value, "1.2") != 0)
		return "tls is 1.3 or 1.2";
	if (strcmp(key, "listen") == 0 && (!strrchr(value, ':') || strpbrk(value, " ;{}\"'\\")))
		return "listen is an address and a port, such as 0.0.0.0:8443";
	if (strcmp(key, "workers") == 0 && strcmp(value, "auto") != 0 &&
		strspn(value, "0123456789") != strlen(value))
		return "workers is auto or a number";
	if (strpbrk(value, "\n\r;{}\"'\\")) // some of these end up in nginx's configuration
		return "quotes, braces, semicolons and backslashes are not allowed";
	return NULL;
}

enum err config_set(struct config *config, const char *key, const char *value,
	struct config_problem *ret_problem)
{
	for (size_t i = 0; i < config_option_count; i++) {
		if (strcmp(config_options[i].key, key) != 0)
			continue;
		const char *words = wrong_value(key, value);
		if (words) {
			snprintf(ret_problem->text, sizeof ret_problem->text, "%s", words);
			return ERR_INVALID;
		}
		*field(config, &config_options[i]) = value;
		return OK;
	}
	snprintf(ret_problem->text, sizeof ret_problem->text, "'%s' is not an option", key);
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
	fclose(file);
	enum err err = yaml_parse(buf_bytes(&text), arena, &root, &problem);
	buf_done(&text);
	if (err) {
		ret_problem->line = problem.line;
		snprintf(ret_problem->text, sizeof ret_problem->text, "%s", problem.words);
		return err;
	}
	if (root->kind != YAML_MAP) {
		ret_problem->line = root->line;
		snprintf(ret_problem->text, sizeof ret_problem->text, "options and their values are expected");
		return ERR_INVALID;
	}
	for (const struct yaml *one = root->first; one && !err; one = one->next) {
		ret_problem->line = one->line;
		if (one->kind != YAML_SCALAR || !one->key) {
			snprintf(ret_problem->text, sizeof ret_problem->text, "a value is expected");
			return ERR_INVALID;
		}
		err = config_set(config, one->key, one->text, ret_problem);
	}
	return err;
}

bool config_test(const struct config *config, const char *what)
{
	const char *found = strstr(config->test, what);
	size_t length = strlen(what);
	return found && (found == config->test || found[-1] == ',') &&
		(found[length] == 0 || found[length] == ',');
}
