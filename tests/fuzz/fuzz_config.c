// Any file as hospitaller.yaml: refused with its words, or every option is a text that cannot
// break out of the configuration that is made from it for nginx.
#include "fuzz.h"

#include "file.h"

#include "common/base/text.h"
#include "common/config/config.h"

#include <string.h>

static const char *option(const struct config *config, size_t i)
{
	return *(const char *const *)((const char *)config + config_options[i].offset);
}

static void check(const struct config *config)
{
	struct config again;
	struct config_problem problem;
	config_defaults(&again);
	for (size_t i = 0; i < config_option_count; i++) {
		const char *value = option(config, i);
		fuzz_rule(value && text_is_utf8(bytes_text(value)), "an option is text");
		fuzz_rule(!strpbrk(value, "\n\r;{}\"'\\"), "on one line, without quotes");
		fuzz_rule(config_set(&again, config_options[i].key, value, &problem) == OK,
			"what the file may say, the command line may");
	}
	(void)config_test(config, "no-trail-sync");
}

int LLVMFuzzerTestOneInput(const uint8_t *at, size_t size)
{
	char path[FILE_PATH_BYTES];
	int fd = file_of(at, size, path);
	struct config config;
	struct config_problem problem = {0};
	struct arena *arena = arena_new();
	config_defaults(&config);
	if (config_read(&config, path, false, arena, &problem))
		fuzz_rule(problem.text[0] != 0, "a problem has words");
	else
		check(&config);
	arena_free(arena);
	close(fd);
	return 0;
}
