// log: lines for the administrator, on standard error, one event a line, with time, role and
// level. Only floors 5 and 6 log. Never patient information, tokens, names or query strings: a
// log line is not sealed. Control characters are replaced, so no peer can forge a line.
#pragma once

enum log_level {
	LOG_LEVEL_ERROR,
	LOG_LEVEL_WARNING,
	LOG_LEVEL_INFO,
	LOG_LEVEL_DEBUG,
};

void log_init(const char *role, enum log_level most);
[[gnu::format(printf, 1, 2)]] void log_error(const char *format, ...);
[[gnu::format(printf, 1, 2)]] void log_warning(const char *format, ...);
[[gnu::format(printf, 1, 2)]] void log_info(const char *format, ...);
[[gnu::format(printf, 1, 2)]] void log_debug(const char *format, ...);
