#include "watch/exemption.h"

#include "common/base/text.h"
#include "common/base/time.h"
#include "watch/detect/rules.h"
#include "watch/detector.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static bool write_all(const char *path, struct bytes text)
{
	char next[520], dir[512];
	snprintf(next, sizeof next, "%s.next", path);
	snprintf(dir, sizeof dir, "%s", path);
	*strrchr(dir, '/') = 0;
	int fd = open(next, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (fd < 0)
		return false;
	ssize_t put = 1;
	while (text.size && put > 0) {
		put = write(fd, text.at, text.size);
		text = put > 0 ? bytes_of(text.at + put, text.size - (size_t)put) : text;
	}
	bool fine = !text.size && fsync(fd) == 0;
	close(fd);
	fine = fine && rename(next, path) == 0;
	int folder = fine ? open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
	fine = fine && folder >= 0 && fsync(folder) == 0;
	if (folder >= 0)
		close(folder);
	return fine;
}

// All that were made by asking, but the one of that id, and one more where there is one.
static bool write_file(
	const struct watch_parts *parts, const char *without, const struct exception *more)
{
	const struct exceptions *all = &detector_rules(parts->detector)->exceptions;
	struct buf out = {0};
	buf_add_text(&out, "# Written by watch; changed with `hospitaller rules except`.\n");
	for (size_t i = 0; i < all->count; i++) {
		char id[EXCEPTION_ID_BYTES];
		exception_id(&all->at[i], id);
		if (all->at[i].added && strcmp(id, without) != 0)
			exception_encode(&all->at[i], &out);
	}
	if (more)
		exception_encode(more, &out);
	bool fine = write_all(detector_exceptions(parts->detector), buf_bytes(&out));
	buf_done(&out);
	if (fine)
		detector_read_again(parts->detector);
	return fine;
}

static const struct exception *find(const struct watch_parts *parts, const char *id)
{
	const struct exceptions *all = &detector_rules(parts->detector)->exceptions;
	for (size_t i = 0; i < all->count; i++) {
		char own[EXCEPTION_ID_BYTES];
		exception_id(&all->at[i], own);
		if (strcmp(own, id) == 0)
			return &all->at[i];
	}
	return NULL;
}

static const char *title_of(const struct watch_parts *parts, const char *rule)
{
	const struct rules *rules = detector_rules(parts->detector);
	for (size_t i = 0; i < rules->count; i++)
		if (strcmp(rules->at[i].rule->id, rule) == 0)
			return rules->at[i].rule->title;
	return NULL;
}

// One line, as a person types it.
static bool is_line(const char *text)
{
	for (const char *c = text; *c; c++)
		if ((unsigned char)*c < 0x20 || *c == 0x7f)
			return false;
	return *text && strlen(text) < EXCEPTION_TEXT_BYTES && text_is_utf8(bytes_text(text));
}

static const char *text_of(const json_t *arguments, const char *key)
{
	const char *text = json_string_value(json_object_get(arguments, key));
	return text && is_line(text) ? text : NULL;
}

static size_t added(const struct watch_parts *parts)
{
	const struct exceptions *all = &detector_rules(parts->detector)->exceptions;
	size_t count = 0;
	for (size_t i = 0; i < all->count; i++)
		count += all->at[i].added;
	return count;
}

// As the file's own reader takes it; NULL: the reply says why not.
static const struct exception *read_one(
	const json_t *arguments, struct arena *arena, struct reply *reply)
{
	const char *when = text_of(arguments, "when"), *is = when ? strchr(when, '=') : NULL;
	struct exception wanted = {.rule = text_of(arguments, "rule"),
		.reason = text_of(arguments, "reason"),
		.until = text_of(arguments, "until"),
		.value = is ? is + 1 : NULL};
	struct exceptions made;
	struct exceptions_problem problem;
	struct buf line = {0};
	if (!wanted.rule || !wanted.reason || !wanted.until || !is || !is[1]) {
		reply_problem(
			reply, 422, "An exception needs rule, when (field=value), reason, until.");
		return NULL;
	}
	wanted.field = ocsf_field_find(arena_text_n(arena, when, (size_t)(is - when)));
	if (wanted.field < 0) {
		reply_problem(reply, 422, "There is no field of this name; see `rules fields`.");
		return NULL;
	}
	exception_encode(&wanted, &line);
	enum err err = exceptions_parse(buf_bytes(&line), arena, &made, &problem);
	buf_done(&line);
	if (err || made.count != 1) {
		reply_problem(
			reply, 422, "That is no exception: %s.", err ? problem.text : "too many");
		return NULL;
	}
	return made.at;
}

void answer_except(const struct watch_parts *parts, const json_t *arguments, struct reply *reply)
{
	char id[EXCEPTION_ID_BYTES];
	struct arena *arena = arena_new();
	const struct exception *made = read_one(arguments, arena, reply);
	if (!made) {
		arena_free(arena);
		return;
	}
	exception_id(made, id);
	if (!title_of(parts, made->rule))
		reply_problem(reply, 404, "There is no rule with this id.");
	else if (made->until_us < time_now_us())
		reply_problem(reply, 422, "Its last day is over.");
	else if (find(parts, id) && !find(parts, id)->added)
		reply_problem(reply, 409, "It stands in rules/detect/exceptions.yaml already.");
	else if (added(parts) >= EXCEPTIONS_MOST)
		reply_problem(reply, 409, "There are %d exceptions already.", EXCEPTIONS_MOST);
	else if (!write_file(parts, id, made))
		reply_problem(reply, 503, "The file of exceptions cannot be written.");
	else
		reply->json = json_pack("{s:s}", "id", id);
	arena_free(arena);
}

void answer_unexcept(const struct watch_parts *parts, const json_t *arguments, struct reply *reply)
{
	char id[EXCEPTION_ID_BYTES] = "";
	const char *wanted = json_string_value(json_object_get(arguments, "id"));
	const struct exception *found = wanted ? find(parts, wanted) : NULL;
	if (!found) {
		reply_problem(reply, 404, "There is no such exception.");
		return;
	}
	snprintf(id, sizeof id, "%s", wanted);
	if (!found->added)
		reply_problem(reply, 409,
			"It stands in rules/detect/exceptions.yaml: take the line out there.");
	else if (!write_file(parts, id, NULL))
		reply_problem(reply, 503, "The file of exceptions cannot be written.");
	else
		reply->json = json_object();
}

static json_t *one_json(const struct watch_parts *parts, const struct exception *e)
{
	char id[EXCEPTION_ID_BYTES];
	const char *title = title_of(parts, e->rule);
	exception_id(e, id);
	return json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:I, s:b, s:b}", "id", id, "rule",
		e->rule, "title", title ? title : "", "field", ocsf_fields[e->field].name, "value",
		e->value, "reason", e->reason, "until", e->until, "used", (json_int_t)e->used,
		"ended", e->until_us < time_now_us(), "added", e->added);
}

void answer_exceptions(
	const struct watch_parts *parts, const json_t *arguments, struct reply *reply)
{
	const struct exceptions *all = &detector_rules(parts->detector)->exceptions;
	json_int_t from = json_integer_value(json_object_get(arguments, "from"));
	size_t at = from > 0 ? (size_t)from : 0;
	json_t *list = json_array();
	for (size_t i = 0; i < EXEMPTION_PAGE && at < all->count; i++, at++)
		json_array_append_new(list, one_json(parts, &all->at[at]));
	reply->json = json_pack("{s:o}", "exceptions", list);
	if (at < all->count)
		json_object_set_new(reply->json, "next", json_integer((json_int_t)at));
}
