#include "sample.h"

#include "common/format/fhir_refs.h"
#include "common/format/fhir_type.h"

struct seen {
	struct buf buf;
	bool replace;
};

static enum err note(
	void *context, enum fhir_ref_kind kind, const char *text, const char **ret_text)
{
	struct seen *seen = context;
	assert_null(*ret_text);
	buf_printf(&seen->buf, "%c%s;", kind == FHIR_REF_REFERENCE ? 'r' : 'u', text);
	if (strcmp(text, "urn:uuid:stop") == 0)
		return ERR_NOT_FOUND;
	if (seen->replace && strncmp(text, "urn:", 4) == 0)
		*ret_text = "Patient/1";
	return OK;
}

static enum err walk(json_t *resource, struct seen *seen)
{
	struct fhir_ref_visitor visitor = {note, seen};
	enum err err = fhir_refs_walk(resource, &visitor);
	buf_add(&seen->buf, "", 1);
	return err;
}

static const char document[] =
	"{'resourceType':'DocumentReference','status':'current','subject':{'reference':'urn:uuid:p',"
	"'identifier':{'system':'http://s','value':'urn:uuid:no'}},"
	"'text':{'status':'empty','div':'<div>urn:uuid:no</div>'},"
	"'contained':[{'resourceType':'Patient','link':[{'type':'refer','other':{'reference':'urn:uuid:q'}}]}],"
	"'extension':[{'url':'http://x','valueReference':{'reference':'urn:uuid:r'}}],"
	"'meta':{'profile':['http://y','urn:uuid:s']},"
	"'content':[{'attachment':{'url':'urn:uuid:t','title':'urn:uuid:no'}}]}";

static void every_place_is_seen(void **state)
{
	struct seen seen = {0};
	json_t *resource = sample(document);
	assert_ok(walk(resource, &seen));
	assert_string_equal((char *)seen.buf.at, "rurn:uuid:p;uhttp://s;rurn:uuid:q;uhttp://x;"
						 "rurn:uuid:r;uhttp://y;uurn:uuid:s;uurn:uuid:t;");
	buf_done(&seen.buf);
	json_decref(resource);
}

static void places_are_replaced(void **state)
{
	struct seen seen = {.replace = true}, again = {0};
	json_t *resource = sample(document);
	assert_ok(walk(resource, &seen));
	assert_ok(walk(resource, &again));
	assert_string_equal((char *)again.buf.at, "rPatient/1;uhttp://s;rPatient/1;uhttp://x;"
						  "rPatient/1;uhttp://y;uPatient/1;uPatient/1;");
	assert_non_null(
		strstr(json_string_value(json_object_get(json_object_get(resource, "text"), "div")),
			"urn:uuid:no"));
	buf_done(&seen.buf);
	buf_done(&again.buf);
	json_decref(resource);
}

static void an_error_ends_the_walk(void **state)
{
	struct seen seen = {0};
	json_t *resource = sample("{'resourceType':'Observation','subject':{'reference':"
				  "'urn:uuid:stop'},'encounter':{'reference':'urn:uuid:after'}}");
	assert_err(walk(resource, &seen), ERR_NOT_FOUND);
	assert_string_equal((char *)seen.buf.at, "rurn:uuid:stop;");
	buf_done(&seen.buf);
	json_decref(resource);
}

static void addresses_are_split(void **state)
{
	struct arena *arena = arena_new();
	struct fhir_ref ref;
	assert_true(fhir_ref_parse("Patient/a-1", arena, &ref));
	assert_int_equal(ref.type, fhir_type_patient());
	assert_string_equal(ref.id, "a-1");
	assert_null(ref.version);
	assert_true(ref.local);
	assert_true(fhir_ref_parse("https://o.org/x/Patient/1/_history/2", arena, &ref));
	assert_string_equal(ref.id, "1");
	assert_string_equal(ref.version, "2");
	assert_false(ref.local);
	static const char *const wrong[] = {"", "/", "Patient", "Patient/", "/1", "/Patient/1",
		"Patient//1", "Dragon/1", "patient/1", "Patient/1/2", "Patient/a b",
		"Patient/1/_history/", "Patient?identifier=1", "urn:uuid:1", "#1",
		"ftp://o.org/Patient/1", "Patient/../1", "x/Patient/1",
		"https://o.org?x=/Patient/1", "Patient/1?x", "Patient/_history/2"};
	for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
		if (fhir_ref_parse(wrong[i], arena, &ref))
			fail_msg("%s was read", wrong[i]);
	}
	arena_free(arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_place_is_seen),
		cmocka_unit_test(places_are_replaced),
		cmocka_unit_test(an_error_ends_the_walk),
		cmocka_unit_test(addresses_are_split),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
