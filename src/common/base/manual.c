#include "common/base/manual.h"

#include <ctype.h>
#include <string.h>

// The code of the UTF-8 letter at *at, and on to the next. Our own texts are valid.
static unsigned next_letter(const char **at)
{
	const unsigned char *c = (const unsigned char *)*at;
	int more = c[0] < 0x80 ? 0 : c[0] < 0xe0 ? 1 : c[0] < 0xf0 ? 2 : 3;
	unsigned code = more ? c[0] & (0x3fu >> more) : c[0];
	for (int i = 1; i <= more; i++)
		code = code << 6 | (c[i] & 0x3fu);
	*at += more + 1;
	return code;
}

// Every hyphen is the one that is typed: a line is not broken there, and copying gives the same.
static void add_escaped(struct buf *out, const char *text, size_t size, bool typed)
{
	const char *end = text + size;
	if (size && (*text == '.' || *text == '\''))
		buf_add_text(out, "\\&");
	while (text < end) {
		unsigned code = next_letter(&text);
		if (code == '\\')
			buf_add_text(out, "\\e");
		else if (code == '-')
			buf_add_text(out, "\\-");
		else if (code == '\'' && typed)
			buf_add_text(out, "\\(aq");
		else if (code == '"')
			buf_add_text(out, "\\(dq");
		else if (code < 0x80)
			put_u8(out, (uint8_t)code);
		else
			buf_printf(out, "\\[u%04X]", code);
	}
}

static void add_typed(struct buf *out, const char *text)
{
	add_escaped(out, text, strlen(text), true);
}

void manual_begin(struct buf *out, const char *name, int section, const char *summary)
{
	buf_add_text(
		out, ".\\\" Made from the tables of the program; docs/man/make writes it.\n.TH ");
	for (const char *c = name; *c; c++)
		put_u8(out, (uint8_t)toupper((unsigned char)*c));
	buf_printf(
		out, " %d \"\" \"Hospitaller\" \"Hospitaller\"\n.nh\n.ad l\n.SH NAME\n", section);
	add_typed(out, name);
	buf_add_text(out, " \\- ");
	add_escaped(out, summary, strlen(summary), false);
	buf_add_text(out, "\n");
}

void manual_section(struct buf *out, const char *title)
{
	buf_printf(out, ".SH %s\n", title);
}

void manual_part(struct buf *out, const char *title)
{
	buf_add_text(out, ".SS ");
	add_typed(out, title);
	buf_add_text(out, "\n");
}

static void add_paragraphs(struct buf *out, const char *text, const char *between)
{
	for (const char *at = text; *at;) {
		const char *end = strstr(at, "\n\n");
		size_t size = end ? (size_t)(end - at) : strlen(at);
		buf_add_text(out, at == text ? "" : between);
		add_escaped(out, at, size, false);
		buf_add_text(out, "\n");
		at += size + (end ? 2 : 0);
	}
}

void manual_text(struct buf *out, const char *text)
{
	buf_add_text(out, ".PP\n");
	add_paragraphs(out, text, ".PP\n");
}

void manual_example(struct buf *out, const char *lines)
{
	buf_add_text(out, ".PP\n.RS 4\n.nf\n");
	for (const char *at = lines; *at;) {
		size_t size = strcspn(at, "\n");
		add_escaped(out, at, size, true);
		buf_add_text(out, "\n");
		at += size + (at[size] == '\n');
	}
	buf_add_text(out, ".fi\n.RE\n");
}

void manual_item(struct buf *out, const char *word, const char *help)
{
	buf_add_text(out, ".TP\n\\fB");
	add_typed(out, word);
	buf_add_text(out, "\\fR\n");
	add_paragraphs(out, help, ".IP\n");
}

static void add_option(struct buf *out, const struct usage_option *o)
{
	buf_add_text(out, "\\fB\\-\\-");
	add_typed(out, o->name);
	buf_add_text(out, "\\fR");
	if (!o->value)
		return;
	buf_add_text(out, "\\ \\fI"); // they stay in one line
	add_typed(out, o->value);
	buf_add_text(out, "\\fR");
}

static void add_optional(struct buf *out, const struct usage_option *o)
{
	buf_add_text(out, o->required ? "\n" : "\n[");
	add_option(out, o);
	buf_add_text(out, o->required ? "" : "]");
}

void manual_synopsis(
	struct buf *out, const struct usage_program *program, const struct usage *usage)
{
	buf_add_text(out, ".HP\n\\fB");
	add_typed(out, program->name);
	if (*usage->words) {
		buf_add_text(out, " ");
		add_typed(out, usage->words);
	}
	buf_add_text(out, "\\fR");
	for (const struct usage_argument *a = usage->arguments; a->name; a++) {
		buf_add_text(out, a->optional ? "\n[\\fI" : "\n\\fI");
		add_typed(out, a->name);
		buf_add_text(out, a->many ? "\\fR\\[u2026]" : "\\fR");
		buf_add_text(out, a->optional ? "]" : "");
	}
	for (const struct usage_option *o = usage->options; o->name; o++)
		add_optional(out, o);
	for (const struct usage_option *o = usage->plain ? NULL : program->shared; o && o->name;
		o++)
		add_optional(out, o);
	buf_add_text(out, "\n");
}

void manual_arguments(struct buf *out, const struct usage *usage)
{
	for (const struct usage_argument *a = usage->arguments; a->name; a++) {
		buf_add_text(out, ".TP\n\\fI");
		add_typed(out, a->name);
		buf_add_text(out, "\\fR\n");
		add_paragraphs(out, a->help, ".IP\n");
	}
}

void manual_options(struct buf *out, const struct usage_option *options)
{
	for (const struct usage_option *o = options; o && o->name; o++) {
		buf_add_text(out, ".TP\n");
		add_option(out, o);
		buf_add_text(out, "\n");
		add_paragraphs(out, o->help, ".IP\n");
		if (!o->otherwise)
			continue;
		buf_add_text(out, "When it is not given: ");
		add_typed(out, o->otherwise);
		buf_add_text(out, ".\n");
	}
}

void manual_statuses(struct buf *out, const struct usage_program *program)
{
	manual_section(out, "EXIT STATUS");
	for (const struct usage_status *s = program->statuses; s->meaning; s++)
		buf_printf(out, ".TP\n\\fB%d\\fR\n%s\n", s->status, s->meaning);
}

void manual_command(struct buf *out, const struct usage_program *program, const struct usage *usage)
{
	manual_part(out, *usage->words ? usage->words : program->name);
	manual_synopsis(out, program, usage);
	manual_text(out, usage->summary);
	if (usage->help)
		manual_text(out, usage->help);
	manual_arguments(out, usage);
	manual_options(out, usage->options);
}
