#include "guard/trust.h"

void trust_key(struct trust *trust, const char *hex, int64_t now_us)
{
	mac_free(trust->key);
	*trust = (struct trust){.key = ward_proof_key(hex), .key_us = now_us};
}

enum trust_verdict trust_order(struct trust *trust, const struct ward_order *order, int64_t now_us)
{
	if (order->verb == WARD_PULL)
		return TRUST_FINE;
	if (!trust->key)
		return TRUST_UNKNOWN;
	if (!ward_proof_order_holds(order, trust->key))
		return TRUST_FORGED;
	if (order->mark.count <= trust->count)
		return TRUST_AGAIN;
	if (order->mark.given_us > now_us ||
		now_us - order->mark.given_us > (int64_t)TRUST_FRESH_S * 1000000)
		return TRUST_LATE;
	trust->count = order->mark.count;
	return TRUST_FINE;
}

static struct ward_mark next_mark(struct trust *trust, int64_t now_us)
{
	return (struct ward_mark){.count = ++trust->answers, .given_us = now_us};
}

void trust_answer(struct trust *trust, struct ward_answer *answer, int64_t now_us)
{
	answer->mark = next_mark(trust, now_us);
	if (trust->key)
		ward_proof_answer(answer, trust->key);
}

void trust_counters(struct trust *trust, struct ward_counters *counters, int64_t now_us)
{
	counters->mark = next_mark(trust, now_us);
	if (trust->key)
		ward_proof_counters(counters, trust->key);
}

const char *trust_text(enum trust_verdict verdict)
{
	static const char *const texts[TRUST_VERDICTS] = {
		[TRUST_FINE] = "The vault gave this order.",
		[TRUST_UNKNOWN] = "Guard does not know the vault yet; try again in a second.",
		[TRUST_LATE] = "This order came too late; give it again.",
		[TRUST_FORGED] = "The vault did not give this order.",
		[TRUST_AGAIN] = "The vault gave this order once, and it came again.",
	};
	return texts[verdict];
}

bool trust_alarms(const struct trust *trust, enum trust_verdict verdict, int64_t now_us)
{
	bool calm = now_us - trust->key_us <= (int64_t)TRUST_CALM_S * 1000000;
	return verdict == TRUST_AGAIN || (verdict == TRUST_FORGED && !calm);
}
