#include "../unit.h"

#include "common/format/fhir_xhtml.h"

#include <string.h>

static void ordinary_narrative_passes(void **state)
{
	static const char *const texts[] = {
		"<div/>",
		"<div>x</div>",
		"<div xmlns=\"http://www.w3.org/1999/xhtml\">a<br/>b &lt; c</div>",
		"<div ><p class='a' style=\"color:red\">x</p ></div> \n",
		"<div><!-- c --><b>b</b></div>",
		"<div><a href=\"https://x.org/?a=1&amp;b=2\">l</a><a href='#n'/><a name='n'/></div>",
		"<div><img src=\"data:image/png;base64,AAAA\" alt=\"x\"/></div>",
		"<div xml:lang=\"de\"><table><tr><td colspan=\"2\">x</td></tr></table></div>",
		"<div><a href=\"page.html\">x</a><a href=\"a/b:c\">x</a></div>",
		"<div>a > b onclick=x javascript:</div>",
	};
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
		if (!fhir_xhtml_valid(texts[i]))
			fail_msg("%s was refused", texts[i]);
	}
}

static void harmful_or_broken_narrative_is_refused(void **state)
{
	static const char *const texts[] = {
		"",
		"x",
		"<p>x</p>",
		"<div",
		"<div>",
		"<div>x",
		"<div>x</div>x",
		"<div></div><div></div>",
		"<div><p></div></p>",
		"<div><br></div>",
		"</div>",
		"<div></p>",
		"<divx></divx>",
		"<div><script>x</script></div>",
		"<div><SCRIPT>x</SCRIPT></div>",
		"<div><iframe/></div>",
		"<div><object/></div>",
		"<div><form/></div>",
		"<div><svg/></div>",
		"<div><style>x</style></div>",
		"<div onclick=\"x\"/>",
		"<div\nonload='x'/>",
		"<div class=\"a\"onload='x'/>",
		"<div class/>",
		"<div class=a/>",
		"<div class=\"a<b\"/>",
		"<div class=\"a/>",
		"<div / >",
		"<div><a href=\"javascript:x\">y</a></div>",
		"<div><a href=\" javascript:x\">y</a></div>",
		"<div><a href='JaVaScRiPt:x'>y</a></div>",
		"<div><a href=\"java&#115;cript:x\">y</a></div>",
		"<div><a href=\"javascript&#58;x\">y</a></div>",
		"<div><a href=\"java\tscript:x\">y</a></div>",
		"<div><img src=\"data:text/html,x\"/></div>",
		"<div><img src=\"data:image/svg+xml,x\"/></div>",
		"<div><a href=\"vbscript:x\"/></div>",
		"<div><!DOCTYPE x></div>",
		"<div><![CDATA[x]]></div>",
		"<div><?x?></div>",
		"<div><!-- x",
		"<div><!-- a -- b --></div>",
		"<div><!--><svg onload='x'--></div>",  // HTML's comment is over
		"<div><!---><svg onload='x'--></div>", // here, too
		"<div><",
		"<div></",
		"<div><a",
		"<div><a href",
		"<div><a href=",
		"<div><a href=\"",
		"<!-- x --><div/>",
		"<div/",
	};
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
		if (fhir_xhtml_valid(texts[i]))
			fail_msg("%s passed", texts[i]);
	}
}

static void depth_has_a_ceiling(void **state)
{
	char text[12 * (FHIR_XHTML_MOST_DEPTH + 2)] = "";
	for (int wanted = FHIR_XHTML_MOST_DEPTH; wanted <= FHIR_XHTML_MOST_DEPTH + 1; wanted++) {
		text[0] = 0;
		for (int i = 0; i < wanted; i++)
			strcat(text, "<div>");
		for (int i = 0; i < wanted; i++)
			strcat(text, "</div>");
		assert_int_equal(fhir_xhtml_valid(text), wanted == FHIR_XHTML_MOST_DEPTH);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ordinary_narrative_passes),
		cmocka_unit_test(harmful_or_broken_narrative_is_refused),
		cmocka_unit_test(depth_has_a_ceiling),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
