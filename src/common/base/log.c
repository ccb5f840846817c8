#include "common/base/log.h"

#include "common/base/text.h"
#include "common/base/time.h"

#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>

enum {
	LINE_BYTES = 1024
};

static const char *log_role = "hospitaller"; // set once, before the role reads anything
static enum log_level log_most = LOG_LEVEL_INFO;

void log_init(const char *role, enum log_level most)
{
	log_role = role;
	log_most = most;
}

static void log_line(enum log_level level, const char *format, va_list args)
{
	static const char *const names[] = {"error", "warning", "info", "debug"};
	if (level > log_most)
		return;
	char line[LINE_BYTES], at[TIME_TEXT_BYTES];
	time_format(time_now_us(), at);
	int head = snprintf(line, sizeof line, "%s %s %s: ", at, log_role, names[level]);
	int body = vsnprintf(line + head, sizeof line - (size_t)head - 1, format, args);
	size_t size = (size_t)head + (body > 0 ? (size_t)body : 0);
	if (size > sizeof line - 1)
		size = sizeof line - 1;
	line[size] = 0;
	text_tame(line, false);
	line[size++] = '\n';
	ssize_t done = write(STDERR_FILENO, line, size);
	(void)done; // nowhere left to complain
}

#define LOG_FUNCTION(name, level)                                                                  \
	void name(const char *format, ...)                                                         \
	{                                                                                          \
		va_list args;                                                                      \
		va_start(args, format);                                                            \
		log_line(level, format, args);                                                     \
		va_end(args);                                                                      \
	}

LOG_FUNCTION(log_error, LOG_LEVEL_ERROR)
LOG_FUNCTION(log_warning, LOG_LEVEL_WARNING)
LOG_FUNCTION(log_info, LOG_LEVEL_INFO)
LOG_FUNCTION(log_debug, LOG_LEVEL_DEBUG)
