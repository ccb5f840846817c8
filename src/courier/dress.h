// dress: what every transfer has in common: how far curl may go, whom it may believe.
#pragma once

#include "courier/carrier.h"

void dress(struct transfer *transfer);
