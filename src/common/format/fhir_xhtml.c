#include "common/format/fhir_xhtml.h"

#include "common/base/text.h"

#include <stddef.h>
#include <string.h>
#include <strings.h>

// Both lists are those of R4's invariant txt-1, sorted.
static const char *const elements[] = {"a", "abbr", "acronym", "b", "big", "blockquote", "br",
	"caption", "cite", "code", "col", "colgroup", "dd", "dfn", "div", "dl", "dt", "em", "h1",
	"h2", "h3", "h4", "h5", "h6", "hr", "i", "img", "li", "ol", "p", "pre", "q", "samp",
	"small", "span", "strong", "sub", "sup", "table", "tbody", "td", "tfoot", "th", "thead",
	"tr", "tt", "ul", "var"};

static const char *const attributes[] = {"abbr", "accesskey", "align", "alt", "axis", "bgcolor",
	"border", "cellhalign", "cellpadding", "cellspacing", "cellvalign", "char", "charoff",
	"charset", "cite", "class", "colspan", "compact", "coords", "dir", "frame", "headers",
	"height", "href", "hreflang", "hspace", "id", "lang", "longdesc", "name", "nowrap", "rel",
	"rev", "rowspan", "rules", "scope", "shape", "span", "src", "start", "style", "summary",
	"tabindex", "title", "type", "valign", "value", "vspace", "width", "xml:lang", "xmlns"};

struct span {
	const char *at;
	size_t size;
};

struct reader {
	const char *at;
	struct span open[FHIR_XHTML_MOST_DEPTH];
	size_t depth;
};

static bool listed(struct span word, const char *const *list, size_t count)
{
	size_t low = 0, high = count;
	while (low < high) {
		size_t middle = (low + high) / 2;
		int order = strncmp(word.at, list[middle], word.size);
		if (order == 0 && list[middle][word.size] != 0)
			order = -1;
		if (order == 0)
			return true;
		if (order < 0)
			high = middle;
		else
			low = middle + 1;
	}
	return false;
}

static void skip_space(struct reader *reader)
{
	reader->at += strspn(reader->at, " \t\r\n");
}

static struct span read_name(struct reader *reader)
{
	struct span name = {reader->at,
		strspn(reader->at,
			"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789:-_.")};
	reader->at += name.size;
	return name;
}

static bool same(struct span a, const char *b)
{
	return strlen(b) == a.size && memcmp(a.at, b, a.size) == 0;
}

static bool begins(struct span text, const char *with)
{
	return text.size >= strlen(with) && strncasecmp(text.at, with, strlen(with)) == 0;
}

// What stands before the path decides what an address does. An entity there could hide a colon.
static bool address_valid(struct span text)
{
	static const char *const harmless[] = {"http:", "https:", "mailto:", "tel:", "cid:",
		"data:image/png;", "data:image/jpeg;", "data:image/gif;"};
	for (size_t i = 0; i < sizeof harmless / sizeof *harmless; i++) {
		if (begins(text, harmless[i]))
			return true;
	}
	for (size_t i = 0; i < text.size && !strchr("/?#", text.at[i]); i++) {
		if (text.at[i] == ':' || text.at[i] == '&' || (unsigned char)text.at[i] < 0x20)
			return false;
	}
	return true;
}

static bool read_attribute(struct reader *reader)
{
	struct span name = read_name(reader);
	skip_space(reader);
	if (*reader->at != '=' || !listed(name, attributes, sizeof attributes / sizeof *attributes))
		return false;
	reader->at++;
	skip_space(reader);
	char quote = *reader->at;
	if (quote != '"' && quote != '\'')
		return false;
	struct span value = {reader->at + 1, 0};
	value.size = strcspn(value.at, quote == '"' ? "\"<" : "'<");
	reader->at = value.at + value.size;
	if (*reader->at != quote)
		return false;
	reader->at++;
	bool address = same(name, "href") || same(name, "src") || same(name, "cite") ||
		       same(name, "longdesc");
	return !address || address_valid(value);
}

// Behind "<". Opens an element, unless it closes itself.
static bool read_start(struct reader *reader)
{
	struct span name = read_name(reader);
	if (!listed(name, elements, sizeof elements / sizeof *elements))
		return false;
	for (;;) {
		size_t space = strspn(reader->at, " \t\r\n");
		skip_space(reader);
		if (*reader->at == '>' || *reader->at == '/')
			break;
		if (space == 0 || !read_attribute(reader))
			return false;
	}
	if (*reader->at == '/') {
		bool closed = reader->at[1] == '>';
		reader->at += closed ? 2 : 1;
		return closed;
	}
	reader->at++;
	if (reader->depth == FHIR_XHTML_MOST_DEPTH)
		return false;
	reader->open[reader->depth++] = name;
	return true;
}

// Behind "</".
static bool read_end(struct reader *reader)
{
	struct span name = read_name(reader);
	skip_space(reader);
	if (reader->depth == 0 || *reader->at != '>')
		return false;
	struct span open = reader->open[--reader->depth];
	reader->at++;
	return open.size == name.size && memcmp(open.at, name.at, name.size) == 0;
}

// A browser that reads this as HTML ends a comment at "<!-->" and "<!--->", where XML does not:
// what follows would be alive.
static bool read_comment(struct reader *reader)
{
	const char *begin = reader->at + strlen("!--"), *end = strstr(begin, "--");
	if (text_starts(begin, ">") || text_starts(begin, "->") || !end || end[2] != '>')
		return false;
	reader->at = end + 3;
	return true;
}

static bool read_tag(struct reader *reader)
{
	reader->at++;
	if (*reader->at == '/') {
		reader->at++;
		return read_end(reader);
	}
	if (text_starts(reader->at, "!--"))
		return read_comment(reader);
	return read_start(reader);
}

bool fhir_xhtml_valid(const char *text)
{
	struct reader reader;
	reader.at = text;
	reader.depth = 0;
	if (!text_starts(text, "<div") || (text[4] && !strchr(" \t\r\n>/", text[4])))
		return false;
	do {
		if (*reader.at == 0 || !read_tag(&reader))
			return false;
		if (reader.depth > 0)
			reader.at += strcspn(reader.at, "<");
	} while (reader.depth > 0);
	skip_space(&reader);
	return *reader.at == 0;
}
