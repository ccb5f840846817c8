#include "courier/retry.h"

int64_t retry_pause_ms(const struct retry *retry, unsigned attempts, uint32_t random)
{
	int64_t pause = retry->first_ms;
	for (unsigned i = 1; i < attempts && pause < retry->most_ms; i++)
		pause *= 2;
	if (pause > retry->most_ms)
		pause = retry->most_ms;
	return pause / 2 + (int64_t)((uint64_t)(pause - pause / 2) * random >> 32);
}
