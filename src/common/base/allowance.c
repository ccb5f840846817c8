#include "common/base/allowance.h"

bool allowance_take(
	struct allowance *allowance, uint32_t at_once, uint32_t a_second, int64_t now_us)
{
	int64_t each_us = 1000000 / a_second;
	int64_t earned = (now_us - allowance->paid_us) / each_us;
	if (earned >= allowance->spent) {
		allowance->spent = 0;
		allowance->paid_us = now_us;
	} else if (earned > 0) {
		allowance->spent -= (uint32_t)earned;
		allowance->paid_us += earned * each_us;
	}
	if (allowance->spent >= at_once)
		return false;
	allowance->spent++;
	return true;
}
