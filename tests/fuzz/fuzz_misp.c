// Any text as what MISP hands out: refused whole, or what misp.h and indicator.h say.
#include "indicators.h"

#include "common/format/misp.h"

static void on_row(void *context, const char *uuid, int64_t changed_s)
{
	size_t *count = context;
	fuzz_rule(strlen(uuid) == 36 && changed_s >= 0, "an event");
	fuzz_rule(!strpbrk(uuid, "/."), "nothing that leads elsewhere");
	(*count)++;
}

static void on_warning(void *context, const struct misp_warnings *list, const char *text)
{
	size_t *count = context;
	fuzz_rule(list->kind < MISP_WARNINGS_KINDS && text && fuzz_is_line(list->name), "a list");
	(*count)++;
}

int LLVMFuzzerTestOneInput(const uint8_t *at, size_t size)
{
	static bool ready;
	if (!ready)
		json_init();
	ready = true;
	size_t events = 0, rows = 0, warnings = 0;
	const struct indicator_taker taker = {fuzz_take, fuzz_left, &events};
	struct bytes text = bytes_of(at, size);
	enum err err = misp_event(text, &taker);
	fuzz_rule(!err || !events, "an event, whole");
	err = misp_manifest(text, on_row, &rows);
	fuzz_rule(!err || !rows, "a manifest, whole");
	err = misp_warning_list(text, on_warning, &warnings);
	fuzz_rule(!err || !warnings, "a list, whole");
	return 0;
}
