// fhir_tables: the shape of the constant tables that tables/generate.mjs makes from HL7's FHIR R4
// definitions. Only the fhir_*.c files here read them; everybody else asks their functions.
//
// Texts are offsets into fhir_pool; 0 is the empty text and stands for none.
#pragma once

#include "common/format/fhir_search.h"
#include "common/format/fhir_type.h"

enum {
	FHIR_NO_SLOT = 255,
	FHIR_TARGET_WORDS = 5,
	FHIR_MOST_SLOTS = 64
};

// What an element's value is in JSON.
enum fhir_kind {
	FHIR_KIND_BOOLEAN,
	FHIR_KIND_INTEGER,
	FHIR_KIND_UNSIGNED_INT,
	FHIR_KIND_POSITIVE_INT,
	FHIR_KIND_DECIMAL,
	FHIR_KIND_STRING,
	FHIR_KIND_MARKDOWN,
	FHIR_KIND_CODE,
	FHIR_KIND_ID,
	FHIR_KIND_URI,
	FHIR_KIND_URL,
	FHIR_KIND_CANONICAL,
	FHIR_KIND_OID,
	FHIR_KIND_UUID,
	FHIR_KIND_BASE64_BINARY,
	FHIR_KIND_INSTANT,
	FHIR_KIND_DATE,
	FHIR_KIND_DATE_TIME,
	FHIR_KIND_TIME,
	FHIR_KIND_XHTML,
	FHIR_KIND_STRUCTURE, // an object; `detail` says which
	FHIR_KIND_RESOURCE,  // any resource
};

// The elements of a structure stand together and are sorted by name (strcmp).
struct fhir_element {
	uint32_t name;
	uint16_t detail; // of a structure, which; of a code, its row of fhir_code_sets, 0 for any
			 // code
	uint8_t kind;
	uint8_t slot; // required elements and choices have one, FHIR_NO_SLOT otherwise
	bool many;
};

// Slot n of a structure is called fhir_slots[first_slot + n]. The masks have one bit a slot.
struct fhir_structure {
	uint32_t name;
	uint16_t first, count;
	uint16_t first_slot;
	uint64_t required, choices;
};

// The codes that an element bound to a value set may have: fhir_codes[first…], sorted (strcmp).
struct fhir_code_set {
	uint16_t first, count;
};

// The parameters of a type stand together, sorted by name. Members are the parameters that put a
// resource into a patient's compartment; the first of them may name its owner.
struct fhir_type_row {
	uint32_t name;
	uint16_t structure;
	uint16_t first_param, param_count;
	uint16_t first_member;
	uint8_t member_count, owner_count;
	bool in_compartment;
};

struct fhir_param {
	uint32_t name, url;
	uint16_t first_path, path_count;
	uint8_t kind; // enum fhir_param_kind
	uint8_t type;
	uint16_t targets; // row of fhir_target_sets
};

// What stands at the end of a path, and so how it is read.
enum fhir_data {
	FHIR_DATA_CODE,
	FHIR_DATA_BOOLEAN,
	FHIR_DATA_TEXT,
	FHIR_DATA_DATE,
	FHIR_DATA_PERIOD,
	FHIR_DATA_TIMING,
	FHIR_DATA_CODING,
	FHIR_DATA_CONCEPT,
	FHIR_DATA_IDENTIFIER,
	FHIR_DATA_CONTACT,
	FHIR_DATA_NAME,
	FHIR_DATA_ADDRESS,
	FHIR_DATA_QUANTITY,
	FHIR_DATA_MONEY,
	FHIR_DATA_RANGE,
	FHIR_DATA_NUMBER,
	FHIR_DATA_REFERENCE,
	FHIR_DATA_PRESENT, // true when it is there and not false; one token for all paths together
};

enum fhir_step_kind {
	FHIR_STEP_FIELD, // into the member `name`, and into each item of a list
	FHIR_STEP_WHERE, // go on only where the member `name` is the text `value`
};

struct fhir_step {
	uint8_t kind;
	uint32_t name, value;
};

struct fhir_path {
	uint16_t first_step;
	uint32_t system; // the code system that a plain code belongs to
	uint8_t step_count, data;
	int16_t resolve; // only references to this type
};

struct fhir_counts {
	int types, params;
	int patient, bundle, binary;            // types
	uint16_t element, extension, reference; // structures
};

extern const char fhir_pool[];
extern const struct fhir_structure fhir_structures[];
extern const struct fhir_element fhir_elements[];
extern const uint32_t fhir_slots[];
extern const struct fhir_code_set fhir_code_sets[];
extern const uint32_t fhir_codes[];
extern const struct fhir_type_row fhir_types[];
extern const struct fhir_param fhir_params[];
extern const struct fhir_path fhir_paths[];
extern const struct fhir_step fhir_steps[];
extern const uint32_t fhir_target_sets[][FHIR_TARGET_WORDS];
extern const uint16_t fhir_members[];
extern const struct fhir_counts fhir_counts;

static inline const char *fhir_text(uint32_t offset)
{
	return fhir_pool + offset;
}

// The element of a structure by its JSON name; NULL when there is none.
const struct fhir_element *fhir_element_find(
	const struct fhir_structure *structure, const char *name);
