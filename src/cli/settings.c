// The settings as they are in force.
#include "cli/talk.h"

#include <stdio.h>
#include <stdlib.h>

static int run_show(const struct invocation *invocation)
{
	json_t *json = json_object();
	for (size_t i = 0; i < config_option_count; i++) {
		const struct config_option *o = &config_options[i];
		const char *value =
			*(const char *const *)((const char *)invocation->config + o->offset);
		if (invocation->json)
			json_object_set_new(json, o->key, json_string(value));
		else
			printf("%-16s %-40s %s\n", o->key, value, o->help);
	}
	if (invocation->json)
		print_json(json);
	json_decref(json);
	return EXIT_FINE;
}

const struct command command_config_show = {
	.usage = {.words = "config show",
		.summary = "Prints every setting, its value and what it is for.",
		.help = "The file that is read, and each setting: hospitaller.yaml(5)."},
	.run = run_show,
};
