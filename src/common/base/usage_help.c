// The words of --help, made from the tables.
#include "common/base/usage.h"

#include <string.h>

enum {
	COLUMNS = 100,
	INDENT = 2,
	HELP_AT = 26,
	LIST_AT = 32
};

static size_t columns_of(const char *text, size_t size)
{
	size_t columns = 0;
	for (size_t i = 0; i < size; i++)
		columns +=
			(text[i] & 0xc0) != 0x80; // UTF-8: what follows in a letter takes no room
	return columns;
}

static void pad(struct buf *out, size_t count)
{
	while (count--)
		buf_add_text(out, " ");
}

// Breaks a text between words; `at` is the column where it begins, `indent` where it goes on.
static void fill(struct buf *out, const char *text, size_t at, size_t indent)
{
	size_t column = at;
	bool first = true;
	while (*text) {
		if (*text == '\n') {
			buf_add_text(out, "\n");
			pad(out, text[1] == '\n' ? 0 : indent);
			column = indent;
			first = true;
			text++;
			continue;
		}
		text += strspn(text, " ");
		size_t size = strcspn(text, " \n");
		if (*text == '[') // an option stays with its value
			size = strcspn(text, "]");
		size += strcspn(text + size, " \n");
		size_t width = columns_of(text, size);
		if (!first && column + 1 + width > COLUMNS) {
			buf_add_text(out, "\n");
			pad(out, indent);
			column = indent;
			first = true;
		}
		buf_add_text(out, first ? "" : " ");
		buf_add(out, text, size);
		column += width + !first;
		first = false;
		text += size;
	}
	buf_add_text(out, "\n");
}

static void add_row_at(struct buf *out, const char *left, const char *help, size_t at)
{
	size_t width = INDENT + columns_of(left, strlen(left));
	pad(out, INDENT);
	buf_add_text(out, left);
	if (width + 2 > at) {
		buf_add_text(out, "\n");
		width = 0;
	}
	pad(out, at - width);
	fill(out, help, at, at);
}

static void add_row(struct buf *out, const char *left, const char *help)
{
	add_row_at(out, left, help, HELP_AT);
}

static void add_statuses(struct buf *out, const struct usage_program *program)
{
	buf_add_text(out, "\nExit status:\n");
	for (const struct usage_status *s = program->statuses; s->meaning; s++)
		buf_printf(out, "  %d  %s\n", s->status, s->meaning);
}

static void add_option(struct buf *out, const struct usage_option *o)
{
	struct buf left = {0}, help = {0};
	buf_printf(&left, "--%s%s%s", o->name, o->value ? " " : "", o->value ? o->value : "");
	buf_add_text(&help, o->help);
	if (o->otherwise)
		buf_printf(&help, " When it is not given: %s.", o->otherwise);
	put_u8(&left, 0);
	put_u8(&help, 0);
	add_row(out, (const char *)left.at, (const char *)help.at);
	buf_done(&left);
	buf_done(&help);
}

static void synopsis_option(struct buf *out, const struct usage_option *o)
{
	buf_printf(out, " %s--%s%s%s%s", o->required ? "" : "[", o->name, o->value ? " " : "",
		o->value ? o->value : "", o->required ? "" : "]");
}

void usage_synopsis(const struct usage_program *program, const struct usage *usage, struct buf *out)
{
	const struct usage_option *shared = usage->plain ? NULL : program->shared;
	buf_printf(out, "%s%s%s", program->name, *usage->words ? " " : "", usage->words);
	for (const struct usage_argument *a = usage->arguments; a->name; a++)
		buf_printf(out, " %s%s%s%s", a->optional ? "[" : "", a->name, a->many ? "…" : "",
			a->optional ? "]" : "");
	for (const struct usage_option *o = usage->options; o->name; o++)
		synopsis_option(out, o);
	for (const struct usage_option *o = shared; o && o->name; o++)
		synopsis_option(out, o);
}

void usage_help(const struct usage_program *program, const struct usage *usage, struct buf *out)
{
	const struct usage_option *shared = usage->plain ? NULL : program->shared;
	struct buf line = {0};
	usage_synopsis(program, usage, &line);
	put_u8(&line, 0);
	buf_add_text(out, "Usage: ");
	fill(out, (const char *)line.at, 7, 10);
	buf_done(&line);
	buf_add_text(out, "\n");
	fill(out, usage->summary, 0, 0);
	if (usage->help) {
		buf_add_text(out, "\n");
		fill(out, usage->help, 0, 0);
	}
	buf_add_text(out, "\n");
	for (const struct usage_argument *a = usage->arguments; a->name; a++)
		add_row(out, a->name, a->help);
	for (const struct usage_option *o = usage->options; o->name; o++)
		add_option(out, o);
	for (const struct usage_option *o = shared; o && o->name; o++)
		add_option(out, o);
	add_row(out, "--help", "Prints this.");
	add_statuses(out, program);
}

void usage_list_begin(const struct usage_program *program, const char *more, struct buf *out)
{
	buf_printf(out, "Usage: %s", program->name);
	for (const struct usage_option *o = program->before; o && o->name; o++)
		buf_printf(out, " [--%s %s]", o->name, o->value);
	buf_printf(out, " COMMAND …\n\n");
	if (more) {
		fill(out, more, 0, 0);
		buf_add_text(out, "\n");
	}
}

void usage_list_add(const struct usage_program *program, const struct usage *usage, struct buf *out)
{
	add_row_at(out, *usage->words ? usage->words : program->name, usage->summary, LIST_AT);
}

void usage_list_end(const struct usage_program *program, struct buf *out)
{
	if (program->before)
		buf_add_text(out, "\nBefore the command:\n");
	for (const struct usage_option *o = program->before; o && o->name; o++)
		add_option(out, o);
	buf_add_text(out, "\nBehind it, besides its own:\n");
	for (const struct usage_option *o = program->shared; o && o->name; o++)
		add_option(out, o);
	add_row(out, "--help", "Prints what may stand behind the command.");
	add_statuses(out, program);
}
