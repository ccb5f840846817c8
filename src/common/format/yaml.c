#include "common/format/yaml.h"

#include "common/base/text.h"

#include <string.h>
#include <yaml.h>

struct reader {
	yaml_parser_t parser;
	struct arena *arena;
	struct yaml_problem problem;
	size_t nodes;
	bool many; // documents are wanted
	enum err err;
};

static void fail(struct reader *reader, enum err err, unsigned line, const char *words)
{
	if (reader->err)
		return;
	reader->err = err;
	reader->problem = (struct yaml_problem){line, words};
}

static bool next_event(struct reader *reader, yaml_event_t *event)
{
	if (reader->err)
		return false;
	if (yaml_parser_parse(&reader->parser, event))
		return true;
	fail(reader, ERR_SYNTAX, (unsigned)reader->parser.problem_mark.line + 1,
		"this is not YAML");
	return false;
}

static struct yaml *node_new(struct reader *reader, const yaml_event_t *event, enum yaml_kind kind)
{
	struct yaml *node = arena_alloc(reader->arena, sizeof *node);
	node->kind = kind;
	node->line = (unsigned)event->start_mark.line + 1;
	node->text = "";
	if (++reader->nodes > YAML_MOST_NODES)
		fail(reader, ERR_LIMIT, node->line, "there is too much in this file");
	return node;
}

static const char no_anchors[] = "anchors and aliases are not allowed here";

static bool has_anchor(const yaml_event_t *event)
{
	switch (event->type) {
	case YAML_SCALAR_EVENT:
		return event->data.scalar.anchor;
	case YAML_SEQUENCE_START_EVENT:
		return event->data.sequence_start.anchor;
	case YAML_MAPPING_START_EVENT:
		return event->data.mapping_start.anchor;
	default:
		return event->type == YAML_ALIAS_EVENT;
	}
}

static struct yaml *read_node(struct reader *reader, const yaml_event_t *event, unsigned depth);

static const char *scalar_text(struct reader *reader, const yaml_event_t *event)
{
	struct bytes text = bytes_of(event->data.scalar.value, event->data.scalar.length);
	if (!text_is_clean(text)) // "\e[2J" stands there as plain letters, and is none
		fail(reader, ERR_SYNTAX, (unsigned)event->start_mark.line + 1, "this is not text");
	return arena_text_n(reader->arena, (const char *)text.at, text.size);
}

static void read_children(struct reader *reader, struct yaml *parent, unsigned depth)
{
	struct yaml **last = &parent->first;
	yaml_event_type_t end =
		parent->kind == YAML_MAP ? YAML_MAPPING_END_EVENT : YAML_SEQUENCE_END_EVENT;
	yaml_event_t event;
	while (next_event(reader, &event)) {
		const char *key = NULL;
		bool over = event.type == end;
		if (!over && parent->kind == YAML_MAP) {
			if (event.type == YAML_SCALAR_EVENT)
				key = scalar_text(reader, &event);
			if (!key)
				fail(reader, ERR_INVALID, (unsigned)event.start_mark.line + 1,
					"a key must be a word");
			else if (has_anchor(&event))
				fail(reader, ERR_INVALID, (unsigned)event.start_mark.line + 1,
					no_anchors);
			else if (yaml_find(parent, key))
				fail(reader, ERR_INVALID, (unsigned)event.start_mark.line + 1,
					"this key is there already");
			yaml_event_delete(&event);
			if (!next_event(reader, &event))
				return;
		}
		struct yaml *child = over ? NULL : read_node(reader, &event, depth);
		yaml_event_delete(&event);
		if (over || !child)
			return;
		child->key = key;
		*last = child;
		last = &child->next;
	}
}

static struct yaml *read_node(struct reader *reader, const yaml_event_t *event, unsigned depth)
{
	unsigned line = (unsigned)event->start_mark.line + 1;
	struct yaml *node = NULL;
	if (has_anchor(event)) {
		fail(reader, ERR_INVALID, line, no_anchors);
		return NULL;
	}
	if (depth > YAML_MOST_DEPTH) {
		fail(reader, ERR_LIMIT, line, "this is nested too deeply");
		return NULL;
	}
	switch (event->type) {
	case YAML_SCALAR_EVENT:
		node = node_new(reader, event, YAML_SCALAR);
		node->text = scalar_text(reader, event);
		node->plain = event->data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
		break;
	case YAML_SEQUENCE_START_EVENT:
		node = node_new(reader, event, YAML_LIST);
		read_children(reader, node, depth + 1);
		break;
	case YAML_MAPPING_START_EVENT:
		node = node_new(reader, event, YAML_MAP);
		read_children(reader, node, depth + 1);
		break;
	default:
		fail(reader, ERR_INVALID, line, "a value is missing here");
	}
	return reader->err ? NULL : node;
}

// What stands in the stream: a list of documents.
static struct yaml *read_documents(struct reader *reader)
{
	struct yaml *list = arena_alloc(reader->arena, sizeof *list), **last = &list->first;
	yaml_event_t event;
	*list = (struct yaml){.kind = YAML_LIST, .line = 1, .text = ""};
	while (next_event(reader, &event)) {
		bool end = event.type == YAML_STREAM_END_EVENT;
		bool node = event.type == YAML_SCALAR_EVENT || event.type == YAML_ALIAS_EVENT ||
			    event.type == YAML_SEQUENCE_START_EVENT ||
			    event.type == YAML_MAPPING_START_EVENT;
		if (node && list->first && !reader->many)
			fail(reader, ERR_INVALID, (unsigned)event.start_mark.line + 1,
				"there is more than one document");
		else if (node && (*last = read_node(reader, &event, reader->many)))
			last = &(*last)->next;
		yaml_event_delete(&event);
		if (end)
			break;
	}
	return list;
}

static enum err parse(struct reader *reader, struct bytes text, struct yaml **ret_list,
	struct yaml_problem *ret_problem)
{
	if (text.size > YAML_MOST_BYTES) {
		*ret_problem = (struct yaml_problem){1, "the file is too large"};
		return ERR_LIMIT;
	}
	if (!yaml_parser_initialize(&reader->parser))
		return ERR_LIMIT;
	yaml_parser_set_input_string(
		&reader->parser, text.at ? text.at : (const uint8_t *)"", text.size);
	struct yaml *list = read_documents(reader);
	yaml_parser_delete(&reader->parser);
	if (reader->err)
		*ret_problem = reader->problem;
	else
		*ret_list = list;
	return reader->err;
}

enum err yaml_parse(struct bytes text, struct arena *arena, struct yaml **ret_root,
	struct yaml_problem *ret_problem)
{
	struct reader reader = {.arena = arena};
	struct yaml *list;
	enum err err = parse(&reader, text, &list, ret_problem);
	if (err)
		return err;
	if (!list->first) {
		list->first = arena_alloc(arena, sizeof *list->first);
		*list->first = (struct yaml){.kind = YAML_MAP, .line = 1, .text = ""};
	}
	*ret_root = list->first;
	return OK;
}

enum err yaml_parse_all(struct bytes text, struct arena *arena, struct yaml **ret_list,
	struct yaml_problem *ret_problem)
{
	struct reader reader = {.arena = arena, .many = true};
	return parse(&reader, text, ret_list, ret_problem);
}

const struct yaml *yaml_find(const struct yaml *map, const char *key)
{
	for (const struct yaml *child = map ? map->first : NULL; child; child = child->next)
		if (child->key && strcmp(child->key, key) == 0)
			return child;
	return NULL;
}
