// Conditions of playbooks: a small part of STIX 2.1 patterning.
#include "common/format/cacao.h"

#include "common/format/prefix.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum kind {
	AND,
	OR,
	NOT,
	COMPARE
};
enum operation {
	EQUAL,
	UNEQUAL,
	LESS,
	LESS_EQUAL,
	MORE,
	MORE_EQUAL,
	IN,
	LIKE,
	SUBSET,
	SUPERSET
};

struct cacao_expression {
	enum kind kind;
	struct cacao_expression *left, *right;
	enum operation operation;
	const char *variable;
	const char *values[CACAO_TERMS];
	size_t value_count;
};

struct reader {
	const char *at;
	struct arena *arena;
	char *problem;
	unsigned terms, depth;
	bool failed;
};

static struct cacao_expression *wrong(struct reader *r, const char *words)
{
	if (!r->failed)
		snprintf(r->problem, 160, "%s at \"%.40s\"", words, r->at);
	r->failed = true;
	return NULL;
}

static void blanks(struct reader *r)
{
	while (*r->at == ' ' || *r->at == '\t' || *r->at == '\n')
		r->at++;
}

static bool is_name(char c)
{
	return isalnum((unsigned char)c) || c == '_' || c == '-';
}

// Takes a word or sign if it is what comes.
static bool take(struct reader *r, const char *what)
{
	size_t size = strlen(what);
	blanks(r);
	if (strncasecmp(r->at, what, size) != 0)
		return false;
	if (isalpha((unsigned char)*what) && is_name(r->at[size]))
		return false;
	r->at += size;
	return true;
}

static const char *read_value(struct reader *r)
{
	blanks(r);
	if (*r->at == '\'') {
		struct buf text = {0};
		for (r->at++; *r->at && *r->at != '\''; r->at++) {
			if (*r->at == '\\' && (r->at[1] == '\'' || r->at[1] == '\\'))
				r->at++;
			buf_add(&text, r->at, 1);
		}
		const char *made = arena_text_n(r->arena, (const char *)text.at, text.size);
		buf_done(&text);
		if (*r->at != '\'')
			return wrong(r, "a quote is not closed"), NULL;
		r->at++;
		return made;
	}
	size_t size = 0;
	while (is_name(r->at[size]) || r->at[size] == '.')
		size++;
	if (!size)
		return wrong(r, "a value is missing"), NULL;
	const char *made = arena_text_n(r->arena, r->at, size);
	r->at += size;
	return made;
}

static bool read_operation(struct reader *r, enum operation *ret)
{
	static const struct {
		const char *text;
		enum operation operation;
	} all[] = {{"==", EQUAL}, {"=", EQUAL}, {"!=", UNEQUAL}, {"<>", UNEQUAL},
		{"<=", LESS_EQUAL}, {"<", LESS}, {">=", MORE_EQUAL}, {">", MORE}, {"IN", IN},
		{"LIKE", LIKE}, {"ISSUBSET", SUBSET}, {"ISSUPERSET", SUPERSET}};
	for (size_t i = 0; i < sizeof all / sizeof *all; i++)
		if (take(r, all[i].text)) {
			*ret = all[i].operation;
			return true;
		}
	wrong(r, "a comparison that is supported is missing");
	return false;
}

static void add_value(struct reader *r, struct cacao_expression *e)
{
	const char *value = read_value(r);
	struct prefix prefix;
	bool network = e->operation == SUBSET || e->operation == SUPERSET;
	if (!value)
		return;
	if (++r->terms > CACAO_TERMS || e->value_count == CACAO_TERMS)
		wrong(r, "this condition is too long");
	else if (network && prefix_parse(value, &prefix))
		wrong(r, "this is compared with an address or prefix");
	else
		e->values[e->value_count++] = value;
}

static struct cacao_expression *read_comparison(struct reader *r)
{
	struct cacao_expression *e = arena_alloc(r->arena, sizeof *e);
	size_t size = 0;
	blanks(r);
	while (is_name(r->at[size]))
		size++;
	e->kind = COMPARE;
	if (size < 5 || strncmp(r->at, "__", 2) != 0 || strncmp(r->at + size - 2, "__", 2) != 0)
		return wrong(r, "a variable like __level__ is expected");
	e->variable = arena_text_n(r->arena, r->at, size);
	r->at += size;
	if (strncmp(r->at, ":value", 6) != 0 || is_name(r->at[6]))
		return wrong(r, "after a variable comes :value");
	r->at += 6;
	bool negated = take(r, "NOT");
	if (!read_operation(r, &e->operation))
		return NULL;
	if (e->operation == IN) {
		if (!take(r, "("))
			return wrong(r, "after IN come values in parentheses");
		do
			add_value(r, e);
		while (!r->failed && take(r, ","));
		if (!r->failed && !take(r, ")"))
			return wrong(r, "a parenthesis is not closed");
	} else {
		add_value(r, e);
	}
	if (!negated || r->failed)
		return e;
	struct cacao_expression *not = arena_alloc(r->arena, sizeof *not );
	*not = (struct cacao_expression){.kind = NOT, .left = e};
	return not ;
}

static struct cacao_expression *read_or(struct reader *r);

static struct cacao_expression *read_one(struct reader *r)
{
	struct cacao_expression *e;
	if (++r->depth > CACAO_NESTING)
		return wrong(r, "this is nested too deeply");
	if (take(r, "(")) {
		e = read_or(r);
		if (!r->failed && !take(r, ")"))
			wrong(r, "a parenthesis is not closed");
	} else if (take(r, "NOT")) {
		e = arena_alloc(r->arena, sizeof *e);
		*e = (struct cacao_expression){.kind = NOT, .left = read_one(r)};
	} else {
		e = read_comparison(r);
	}
	r->depth--;
	return r->failed ? NULL : e;
}

static struct cacao_expression *read_many(struct reader *r, enum kind kind)
{
	struct cacao_expression *left = kind == OR ? read_many(r, AND) : read_one(r);
	while (!r->failed && take(r, kind == OR ? "OR" : "AND")) {
		struct cacao_expression *e = arena_alloc(r->arena, sizeof *e);
		*e = (struct cacao_expression){.kind = kind,
			.left = left,
			.right = kind == OR ? read_many(r, AND) : read_one(r)};
		left = e;
	}
	return left;
}

static struct cacao_expression *read_or(struct reader *r)
{
	return read_many(r, OR);
}

enum err cacao_condition_parse(const char *text, struct arena *arena,
	struct cacao_expression **ret_expression, char ret_problem[160])
{
	struct reader r = {.at = text, .arena = arena, .problem = ret_problem};
	struct cacao_expression *e = read_or(&r);
	blanks(&r);
	if (!r.failed && *r.at)
		wrong(&r, "something is left over");
	if (r.failed)
		return ERR_SYNTAX;
	*ret_expression = e;
	return OK;
}

// % stands for any text, _ for one character; the usual walk with one place to go back to.
static bool is_like(const char *text, const char *pattern)
{
	const char *back = NULL, *from = NULL;
	while (*text) {
		if (*pattern == '%') {
			back = ++pattern;
			from = text;
		} else if (*pattern == '_' || *pattern == *text) {
			pattern++;
			text++;
		} else if (back) {
			pattern = back;
			text = ++from;
		} else {
			return false;
		}
	}
	while (*pattern == '%')
		pattern++;
	return !*pattern;
}

static bool covers(const char *outer, const char *inner)
{
	struct prefix a, b;
	return prefix_parse(outer, &a) == OK && prefix_parse(inner, &b) == OK &&
	       prefix_covers(&a, &b);
}

static int order(const char *a, const char *b)
{
	char *end_a, *end_b;
	double x = strtod(a, &end_a), y = strtod(b, &end_b);
	if (*a && *b && !*end_a && !*end_b)
		return (x > y) - (x < y);
	return strcmp(a, b);
}

static bool compare(const struct cacao_expression *e, const char *value)
{
	const char *with = e->values[0];
	switch (e->operation) {
	case EQUAL:
		return order(value, with) == 0;
	case UNEQUAL:
		return order(value, with) != 0;
	case LESS:
		return order(value, with) < 0;
	case LESS_EQUAL:
		return order(value, with) <= 0;
	case MORE:
		return order(value, with) > 0;
	case MORE_EQUAL:
		return order(value, with) >= 0;
	case LIKE:
		return is_like(value, with);
	case SUBSET:
		return covers(with, value);
	case SUPERSET:
		return covers(value, with);
	case IN:
		for (size_t i = 0; i < e->value_count; i++)
			if (order(value, e->values[i]) == 0)
				return true;
	}
	return false;
}

bool cacao_condition_holds(const struct cacao_expression *e, const struct cacao_values *values)
{
	const char *value;
	switch (e->kind) {
	case AND:
		return cacao_condition_holds(e->left, values) &&
		       cacao_condition_holds(e->right, values);
	case OR:
		return cacao_condition_holds(e->left, values) ||
		       cacao_condition_holds(e->right, values);
	case NOT:
		return !cacao_condition_holds(e->left, values);
	case COMPARE:
		break;
	}
	value = values->find(values->context, e->variable);
	return value && compare(e, value);
}
