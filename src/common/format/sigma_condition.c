// The condition of a detection: and, or, not, parentheses, "1 of", "all of".
#include "common/format/sigma_in.h"

#include <stdio.h>
#include <string.h>

enum {
	CONDITION_DEPTH = 32,
	CONDITION_BYTES = 8192,
	WORD_BYTES = 128
};

struct condition {
	struct sigma_reader *reader;
	const char *at;
	char word[WORD_BYTES]; // the next one; "" at the end
	unsigned line, depth;
};

static bool word_byte(char c)
{
	return c && !strchr(" \t\r\n()|", c);
}

static void next(struct condition *c)
{
	size_t size = 0;
	c->at += strspn(c->at, " \t\r\n");
	if (*c->at && !word_byte(*c->at)) {
		c->word[size++] = *c->at++;
	} else {
		while (word_byte(c->at[size]))
			size++;
		if (size >= WORD_BYTES) {
			sigma_fail(c->reader, ERR_LIMIT, c->line, "a name is too long");
			size = 0;
		}
		memcpy(c->word, c->at, size);
		c->at += size;
	}
	c->word[size] = 0;
}

static bool is(const struct condition *c, const char *word)
{
	return strcmp(c->word, word) == 0;
}

static void pay(struct condition *c, const struct sigma_node *node)
{
	c->reader->cost += node->cost;
	if (c->reader->cost > SIGMA_COST)
		sigma_fail(c->reader, ERR_LIMIT, c->line, "this condition compares too much");
}

// The same selection may stand in several places of the condition.
static struct sigma_node *same_as(struct condition *c, struct sigma_node *node)
{
	struct sigma_node *made = sigma_node_new(c->reader, NODE_SAME);
	made->first = node;
	made->cost = node->cost;
	pay(c, node);
	return made;
}

static bool name_fits(const char *pattern, const char *name)
{
	if (strcmp(pattern, "them") == 0)
		return *name != '_';
	const char *star = strchr(pattern, '*');
	if (!star)
		return strcmp(pattern, name) == 0;
	size_t head = (size_t)(star - pattern), tail = strlen(star + 1), size = strlen(name);
	return size >= head + tail && memcmp(pattern, name, head) == 0 &&
	       memcmp(star + 1, name + size - tail, tail) == 0;
}

static struct sigma_node *read_of(struct condition *c, enum sigma_node_kind kind)
{
	struct sigma_node *made = sigma_node_new(c->reader, kind), **last = &made->first;
	next(c);
	if (!is(c, "of"))
		sigma_fail(c->reader, ERR_INVALID, c->line,
			"after 1 and all comes 'of' and the selections");
	next(c);
	const char *star = strchr(c->word, '*');
	if (star && strchr(star + 1, '*'))
		sigma_fail(c->reader, ERR_UNSUPPORTED, c->line, "one * in a name at most");
	for (size_t i = 0; i < c->reader->selection_count && !c->reader->err; i++) {
		const struct sigma_selection *s = &c->reader->selections[i];
		if (!name_fits(c->word, s->name))
			continue;
		*last = same_as(c, s->node);
		made->cost += (*last)->cost;
		last = &(*last)->next;
	}
	if (!made->first)
		sigma_fail(
			c->reader, ERR_INVALID, c->line, "no selection is called '%.60s'", c->word);
	next(c);
	return made;
}

static struct sigma_node *read_any(struct condition *c);

static struct sigma_node *read_name(struct condition *c)
{
	for (size_t i = 0; i < c->reader->selection_count; i++)
		if (is(c, c->reader->selections[i].name)) {
			next(c);
			return same_as(c, c->reader->selections[i].node);
		}
	if (is(c, "|"))
		sigma_fail(c->reader, ERR_UNSUPPORTED, c->line,
			"counting in a condition is not supported: write a correlation");
	else if (!*c->word)
		sigma_fail(c->reader, ERR_INVALID, c->line, "the condition ends too early");
	else
		sigma_fail(
			c->reader, ERR_INVALID, c->line, "no selection is called '%.60s'", c->word);
	return sigma_node_new(c->reader, NODE_ANY);
}

static struct sigma_node *read_one(struct condition *c)
{
	struct sigma_node *made;
	if (++c->depth > CONDITION_DEPTH) {
		sigma_fail(c->reader, ERR_LIMIT, c->line, "the condition is nested too deeply");
		return sigma_node_new(c->reader, NODE_ANY);
	}
	if (is(c, "not")) {
		next(c);
		made = sigma_node_new(c->reader, NODE_NOT);
		made->first = read_one(c);
		made->cost = made->first->cost;
	} else if (is(c, "(")) {
		next(c);
		made = read_any(c);
		if (!is(c, ")"))
			sigma_fail(c->reader, ERR_INVALID, c->line, "a ')' is missing");
		next(c);
	} else if (is(c, "1") || is(c, "any")) {
		made = read_of(c, NODE_ANY);
	} else if (is(c, "all")) {
		made = read_of(c, NODE_ALL);
	} else {
		made = read_name(c);
	}
	c->depth--;
	return made;
}

static struct sigma_node *read_joined(struct condition *c, const char *word,
	enum sigma_node_kind kind, struct sigma_node *(*part)(struct condition *))
{
	struct sigma_node *first = part(c);
	if (!is(c, word))
		return first;
	struct sigma_node *made = sigma_node_new(c->reader, kind), *last = first;
	made->first = first;
	made->cost = first->cost;
	while (is(c, word) && !c->reader->err) {
		next(c);
		last->next = part(c);
		last = last->next;
		made->cost += last->cost;
	}
	return made;
}

static struct sigma_node *read_all(struct condition *c)
{
	return read_joined(c, "and", NODE_ALL, read_one);
}

static struct sigma_node *read_any(struct condition *c)
{
	return read_joined(c, "or", NODE_ANY, read_all);
}

struct sigma_node *sigma_condition_read(
	struct sigma_reader *reader, const char *text, unsigned line)
{
	struct condition c = {.reader = reader, .at = text, .line = line};
	if (strlen(text) > CONDITION_BYTES) {
		sigma_fail(reader, ERR_LIMIT, line, "the condition is too long");
		return NULL;
	}
	next(&c);
	struct sigma_node *made = read_any(&c);
	if (is(&c, "|"))
		sigma_fail(reader, ERR_UNSUPPORTED, line,
			"counting in a condition is not supported: write a correlation");
	else if (*c.word)
		sigma_fail(reader, ERR_INVALID, line, "'%.60s' is not expected here", c.word);
	return made;
}
