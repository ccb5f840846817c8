// sources: what ordinarily speaks at this hour of the week, and is silent; and what the trail's own
// numbers and times betray.
//
// For each address, each application and the whole house one byte for each of the 168 hours of a
// week: in which of the last 8 weeks anything came. An hour counts as silence when in every known
// week (at least 3) something came and now nothing does. After n such weeks an hour without
// anything has a chance of 1 in n + 2 (Laplace's rule of succession); silence is told when the
// logarithms of its hours add up to SOURCES_SILENT, as rare as 1 in 100,000 (of the house, which is
// only one: SOURCES_SILENT_HOUSE, 1 in 10,000), once until something comes again. Hours of one
// night are not independent: so it is told only when half as much again as in the longest silence
// before, which counts for at most twice these bounds: no habit makes a silence of three times them
// go untold. Hours in which Hospitaller itself was stopped, by its own word on the trail, are
// unknown, not silent.
//
// Bounds: SOURCES places of 320 bytes, a quarter of them for programs. Of 16 neighbours the longest
// silent one goes, and none that was heard for a week and within the last two: whoever makes up
// addresses or programs by the thousand pushes out nobody else. What did not find room, or lost it
// on the same day, is counted, and makes a finding a day ("behaviour.crowded").
//
// Bursts of sign-ins from an address (midas.h) are calibrated on addresses and days, and found when
// as rare as one in SOURCES_BURST of those.
#pragma once

enum {
	SOURCES = 4096,
	SOURCES_SILENT = 11513,      // natural, in thousandths: 8 hours after 3 weeks, 5 after 8
	SOURCES_SILENT_HOUSE = 9210, // 6 and 4
	SOURCES_BURST = 1000,
	SOURCES_CLOCK_S = 120,       // that time may go back: entries are written side by side
	SOURCES_AHEAD_S = 26 * 3600, // that nothing at all may happen
	SOURCES_CUT_S = 600,         // without a word, before a start that no stop announced
};
