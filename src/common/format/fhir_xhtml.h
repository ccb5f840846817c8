// fhir_xhtml: is a narrative (text.div) the harmless XHTML that FHIR R4 allows? One <div>, whose
// tags are closed in order, with only the elements and attributes of invariant txt-1, and without
// addresses that run something. Declarations and CDATA are refused; comments may stand. Pure.
#pragma once

#include <stdbool.h>

enum {
	FHIR_XHTML_MOST_DEPTH = 64
};

bool fhir_xhtml_valid(const char *text);
