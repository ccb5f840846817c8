#include "vault/explain/explain_in.h"

#include "common/base/text.h"
#include "common/format/json.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

static void fold(const char *text, char *ret, size_t most)
{
	if (text)
		text_fold(bytes_text(text), ret, most);
	else
		*ret = 0;
}

// Letters and digits only: "12 High St." and "12, high st" are one.
static void squeeze(char *text)
{
	char *to = text;
	for (const char *at = text; *at; at++)
		if (isalnum((unsigned char)*at) || (unsigned char)*at >= 0x80)
			*to++ = *at;
	*to = 0;
}

static void read_name(const json_t *resource, struct person *ret)
{
	const json_t *names = json_object_get(resource, "name");
	const json_t *name = json_is_array(names) ? json_array_get(names, 0) : names;
	fold(json_get_text(name, "family"), ret->family, sizeof ret->family);
	fold(json_string_value(json_array_get(json_get_array(name, "given"), 0)), ret->given,
		sizeof ret->given);
}

static void read_address(const json_t *address, struct person *ret)
{
	char line[110], city[80], code[24];
	if (ret->address_count == PERSON_ADDRESSES)
		return;
	const char *first = json_string_value(json_array_get(json_get_array(address, "line"), 0));
	fold(first, line, sizeof line);
	fold(json_get_text(address, "city"), city, sizeof city);
	fold(json_get_text(address, "postalCode"), code, sizeof code);
	squeeze(line);
	squeeze(city);
	squeeze(code);
	if (!*line || (!*city && !*code)) // a town alone is no address
		return;
	char *to = ret->addresses[ret->address_count], *street = ret->streets[ret->address_count];
	ret->address_count++;
	snprintf(to, PERSON_ADDRESS_BYTES, "%s|%.40s", line, *code ? code : city);
	for (const char *at = to; *at; at++)
		if (!isdigit((unsigned char)*at) || strchr(to, '|') < at)
			*street++ = *at;
	*street = 0;
}

static void read_phone(const json_t *telecom, struct person *ret)
{
	char text[48];
	if (ret->phone_count == PERSON_PHONES)
		return;
	fold(json_get_text(telecom, "value"), text, sizeof text);
	squeeze(text);
	if (strlen(text) >= 5)
		strcpy(ret->phones[ret->phone_count++], text);
}

void person_read(const json_t *resource, struct person *ret)
{
	size_t i;
	json_t *one;
	*ret = (struct person){0};
	read_name(resource, ret);
	fold(json_get_text(resource, "birthDate"), ret->born, sizeof ret->born);
	fold(json_get_text(resource, "gender"), ret->gender, sizeof ret->gender);
	json_array_foreach(json_get_array(resource, "address"), i, one) read_address(one, ret);
	json_array_foreach(json_get_array(resource, "telecom"), i, one) read_phone(one, ret);
}

static bool contradict(const char *a, const char *b)
{
	return *a && *b && strcmp(a, b) != 0;
}

static bool share(const char *a, const char *b)
{
	return *a && strcmp(a, b) == 0;
}

static bool share_phone(const struct person *a, const struct person *b)
{
	for (size_t i = 0; i < a->phone_count; i++)
		for (size_t j = 0; j < b->phone_count; j++)
			if (strcmp(a->phones[i], b->phones[j]) == 0)
				return true;
	return false;
}

// A name alone is not enough: the caller decides what else there must be where nothing is known.
bool person_same(const struct person *a, const struct person *b)
{
	if (contradict(a->gender, b->gender) || contradict(a->born, b->born) ||
		!share(a->family, b->family) || !share(a->given, b->given))
		return false;
	return share(a->born, b->born) || share_phone(a, b) || person_shares_address(a, b);
}

static bool share_any(const char (*a)[PERSON_ADDRESS_BYTES], size_t a_count,
	const char (*b)[PERSON_ADDRESS_BYTES], size_t b_count)
{
	for (size_t i = 0; i < a_count; i++)
		for (size_t j = 0; j < b_count; j++)
			if (strcmp(a[i], b[j]) == 0)
				return true;
	return false;
}

bool person_shares_address(const struct person *a, const struct person *b)
{
	return share_any(a->addresses, a->address_count, b->addresses, b->address_count);
}

bool person_shares_street(const struct person *a, const struct person *b)
{
	return share_any(a->streets, a->address_count, b->streets, b->address_count);
}
