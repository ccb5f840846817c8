// A detection against an event. Nothing is allocated.
#include "common/format/sigma_in.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

static bool address_in(const struct sigma_cidr *cidr, struct bytes text)
{
	char copy[INET6_ADDRSTRLEN];
	uint8_t address[16];
	if (text.size >= sizeof copy)
		return false;
	memcpy(copy, text.at, text.size);
	copy[text.size] = 0;
	if (inet_pton(cidr->family, copy, address) != 1)
		return false;
	size_t whole = (size_t)cidr->bits / 8;
	int rest = cidr->bits % 8;
	if (memcmp(address, cidr->address, whole) != 0)
		return false;
	return !rest || !((address[whole] ^ cidr->address[whole]) >> (8 - rest));
}

static bool number_holds(const struct sigma_value *value, int64_t number)
{
	double n = (double)number;
	switch (value->op) {
	case OP_LESS:
		return n < value->number;
	case OP_AT_MOST:
		return n <= value->number;
	case OP_MORE:
		return n > value->number;
	default:
		return n >= value->number;
	}
}

static bool same_text(struct bytes a, struct bytes b, bool cased)
{
	if (a.size != b.size)
		return false;
	for (size_t i = 0; i < a.size; i++)
		if (cased ? a.at[i] != b.at[i]
			  : pattern_fold((char)a.at[i]) != pattern_fold((char)b.at[i]))
			return false;
	return true;
}

static bool text_at(struct bytes text, struct bytes other, const struct sigma_value *value)
{
	if (other.size > text.size)
		return false;
	size_t last = text.size - other.size;
	size_t from = value->place == PLACE_END ? last : 0;
	size_t to = value->place == PLACE_START ? 0 : last;
	if (value->place == PLACE_WHOLE && last)
		return false;
	for (size_t i = from; i <= to; i++)
		if (same_text(bytes_of(text.at + i, other.size), other, value->cased))
			return true;
	return false;
}

static bool field_holds(
	const struct sigma_value *value, const struct ocsf_event *event, struct bytes text)
{
	for (const struct ocsf_value *v = ocsf_first(event, (enum ocsf_field)value->field); v;
		v = ocsf_next(event, v))
		if (text_at(text, v->text, value))
			return true;
	return false;
}

static bool one_holds(struct sigma_rule *rule, const struct sigma_value *value,
	const struct ocsf_event *event, const struct ocsf_value *has)
{
	switch (value->op) {
	case OP_TEXT:
		return pattern_match(&value->pattern, has->text);
	case OP_REGEX:
		return regex_match(value->regex, has->text, &rule->gave_up);
	case OP_CIDR:
		return address_in(&value->cidr, has->text);
	case OP_FIELD:
		return field_holds(value, event, has->text);
	case OP_EXISTS:
		return true;
	case OP_ABSENT:
	case OP_NULL:
		return false;
	default:
		return number_holds(value, has->number);
	}
}

static bool value_holds(struct sigma_rule *rule, const struct sigma_item *item,
	const struct sigma_value *value, const struct ocsf_event *event)
{
	if (item->field == SIGMA_ANY_FIELD) {
		for (uint16_t i = 0; i < event->count; i++)
			if (one_holds(rule, value, event, &event->values[i]))
				return true;
		return false;
	}
	const struct ocsf_value *has = ocsf_first(event, (enum ocsf_field)item->field);
	if (!has)
		return value->op == OP_ABSENT || value->op == OP_NULL;
	for (; has; has = ocsf_next(event, has))
		if (one_holds(rule, value, event, has))
			return true;
	return false;
}

static bool item_holds(
	struct sigma_rule *rule, const struct sigma_item *item, const struct ocsf_event *event)
{
	bool holds = item->all;
	for (size_t i = 0; i < item->count; i++) {
		holds = value_holds(rule, item, &item->values[i], event);
		if (holds != item->all)
			break;
	}
	return holds != item->negated;
}

static bool node_holds(
	struct sigma_rule *rule, const struct sigma_node *node, const struct ocsf_event *event)
{
	if (node->kind == NODE_ITEM)
		return item_holds(rule, node->item, event);
	if (node->kind == NODE_SAME)
		return node_holds(rule, node->first, event);
	if (node->kind == NODE_NOT)
		return !node_holds(rule, node->first, event);
	bool all = node->kind == NODE_ALL;
	for (const struct sigma_node *child = node->first; child; child = child->next)
		if (node_holds(rule, child, event) != all)
			return !all;
	return all;
}

bool sigma_match(struct sigma_rule *rule, const struct ocsf_event *event)
{
	if (!rule->detection || (rule->class && rule->class->uid != event->class_uid))
		return false;
	return node_holds(rule, rule->detection, event);
}
