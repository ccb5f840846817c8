// unit: what every unit test includes: cmocka, and comparing errors by their words.
#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "common/base/err.h"

#define assert_ok(expression)        assert_string_equal(err_text(expression), err_text(OK))
#define assert_err(expression, want) assert_string_equal(err_text(expression), err_text(want))
