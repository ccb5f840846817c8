// care: the work that looking after patients makes, and that of the offices.
#pragma once

#include "schedule.h"

void care_schedule(struct schedule *schedule);
// Finding a record and opening it, by breaking the glass when the record does not know the person.
void care_open(struct doing *doing);
