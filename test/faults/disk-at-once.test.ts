import { AT_ONCE_RULES } from '../support/faults/companion-expectations.ts';
import { AT_ONCE, inCopyMode } from '../support/faults/companion-scenarios.ts';
import { companionWay } from '../support/faults/companion-way.ts';
import { isLongPlayed } from '../support/faults/slice.ts';
import { testWays } from '../support/faults/test-ways.ts';

const [MOVED, EDITED] = AT_ONCE;

// A photo that somebody takes away leaves sidecars without one: that is played of each alone.
testWays('at once:', [MOVED, inCopyMode(EDITED)].map(companionWay), {
  rules: AT_ONCE_RULES,
  isPlayed: isLongPlayed,
  mayVanish: false,
});
