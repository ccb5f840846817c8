// assess: the questions that an assessment of an incident answers, one table.
//
// The four factors are those of 45 CFR 164.402(2). What is a date, a number or a choice is kept
// with the incident; what is told in words stands on the trail alone, for it may name people. Pure.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum assess_kind {
	ASSESS_TIME,   // 2026-02-03T04:05:06Z, or a day
	ASSESS_NUMBER, // decimal
	ASSESS_CHOICE, // one of `choices`
	ASSESS_WORDS   // on the trail alone
};

enum {
	ASSESS_WORDS_BYTES = 1000,
	ASSESS_CHOICES = 4
};

struct assess_question {
	const char *key, *help;
	enum assess_kind kind;
	const char *choices[ASSESS_CHOICES + 1];
	bool factor; // one of the four
};
extern const struct assess_question assess_questions[];
extern const size_t assess_question_count;

const struct assess_question *assess_find(const char *key); // NULL: there is none
// Why a value does not fit, in words; NULL when it does.
const char *assess_problem(const struct assess_question *question, const char *value);
// Of a value that fits an ASSESS_TIME.
int64_t assess_time_us(const char *value);
