// sources: where indicators come from, as rules/intelligence/sources.yaml says it, and the files in
// STATE/watch/feeds, each of which is a source under its own name.
//
// A feed is named after a destination of the courier's, which knows the address, the certificate
// and the password; nothing of these is known here. Parsing is strict: what is not understood is
// told with its line, and then nothing of the file counts.
#pragma once

#include "common/format/indicator.h"

enum {
	SOURCES_MOST = 64, // in the file; with those of the folder TABLE_SOURCES
	SOURCE_NAME_BYTES = 80
};

enum source_kind {
	SOURCE_FILE,  // of any format
	SOURCE_TAXII, // the objects of a collection of TAXII 2.1
	SOURCE_MISP,  // a feed of MISP: its manifest and events
	SOURCE_LIST,  // one document over HTTPS, of any format
	SOURCE_KINDS
};

struct source {
	char name[SOURCE_NAME_BYTES];
	enum source_kind kind;
	char feed[SOURCE_NAME_BYTES]; // the courier's destination
	char path[840];               // of a file
	int64_t every_us;
	int sure;           // where an indicator does not say itself
	enum tlp tlp;       // the same
	int64_t expires_us; // 0: by kind
	bool permanent;     // a file without dates holds as long as it is there
};

struct sources {
	struct source *at;
	size_t count;
	unsigned problem_line; // 0: none
	char problem[160];
};

const char *source_kind_text(enum source_kind kind);
// `folder` is where the file stands: files are named from there. False, with the problem set.
bool sources_parse(struct bytes text, const char *folder, struct sources *ret_sources);
void sources_copy(const struct sources *from, struct sources *ret_to);
void sources_add(struct sources *sources, const struct source *source);
struct source *sources_find(const struct sources *sources, const char *name); // or NULL
void sources_done(struct sources *sources);
