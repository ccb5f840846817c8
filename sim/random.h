// random: numbers that depend on nothing but a seed (splitmix64, Steele, Lea and Flood 2014).
#pragma once

#include <stddef.h>
#include <stdint.h>

struct dice {
	uint64_t state;
};

struct dice dice_of(uint64_t seed, uint64_t stream); // independent streams of one seed
uint64_t dice_next(struct dice *dice);
unsigned dice_below(struct dice *dice, unsigned bound); // 0 to bound - 1
int dice_between(struct dice *dice, int low, int high); // both included
double dice_unit(struct dice *dice);                    // [0, 1)
double dice_normal(struct dice *dice, double mean, double deviation);
int dice_chance(struct dice *dice, double probability);
void dice_uuid(struct dice *dice, char ret_text[37]);
