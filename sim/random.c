#include "random.h"

#include <math.h>
#include <stdio.h>

struct dice dice_of(uint64_t seed, uint64_t stream)
{
	struct dice dice = {seed * 0x9e3779b97f4a7c15u + stream};
	dice.state = dice_next(&dice);
	return dice;
}

uint64_t dice_next(struct dice *dice)
{
	uint64_t z = dice->state += 0x9e3779b97f4a7c15u;
	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
	z = (z ^ z >> 27) * 0x94d049bb133111ebu;
	return z ^ z >> 31;
}

unsigned dice_below(struct dice *dice, unsigned bound)
{
	return (unsigned)((dice_next(dice) >> 32) * bound >> 32);
}

int dice_between(struct dice *dice, int low, int high)
{
	return low + (int)dice_below(dice, (unsigned)(high - low + 1));
}

double dice_unit(struct dice *dice)
{
	return (double)(dice_next(dice) >> 11) / 9007199254740992.0;
}

double dice_normal(struct dice *dice, double mean, double deviation)
{
	double sum =
		0; // twelve uniform numbers: near enough to normal, and the same on every machine
	for (int i = 0; i < 12; i++)
		sum += dice_unit(dice);
	return mean + deviation * (sum - 6);
}

int dice_chance(struct dice *dice, double probability)
{
	return dice_unit(dice) < probability;
}

void dice_uuid(struct dice *dice, char ret_text[37])
{
	uint64_t a = dice_next(dice), b = dice_next(dice);
	snprintf(ret_text, 37, "%08x-%04x-4%03x-8%03x-%012llx", (unsigned)(a >> 32),
		(unsigned)(a >> 16 & 0xffff), (unsigned)(a & 0xfff), (unsigned)(b >> 52),
		(unsigned long long)(b & 0xffffffffffffu));
}
