// manual: pages for man(1), written from the tables that the programs run on (man(7), groff and
// mandoc). Text is given as it is read: everything that means something to a formatter is escaped.
#pragma once

#include "common/base/usage.h"

// The head of a page and its NAME: manual_begin(out, "hospitaller.yaml", 5, "settings of …").
void manual_begin(struct buf *out, const char *name, int section, const char *summary);
void manual_section(struct buf *out, const char *title);
void manual_part(struct buf *out, const char *title);    // below a section
void manual_text(struct buf *out, const char *text);     // paragraphs, an empty line between them
void manual_example(struct buf *out, const char *lines); // shown line by line
void manual_item(struct buf *out, const char *word, const char *help);

// "name ARGUMENT [--option VALUE]" with the names bold and the values slanted.
void manual_synopsis(
	struct buf *out, const struct usage_program *program, const struct usage *usage);
void manual_arguments(struct buf *out, const struct usage *usage);
void manual_options(struct buf *out, const struct usage_option *options); // may be NULL
void manual_statuses(struct buf *out, const struct usage_program *program);
// A command as a part: its synopsis, sentences, arguments and own options.
void manual_command(
	struct buf *out, const struct usage_program *program, const struct usage *usage);
