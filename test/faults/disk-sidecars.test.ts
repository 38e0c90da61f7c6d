import { SIDECAR_RULES } from '../support/faults/companion-expectations.ts';
import { inCopyMode, SIDECARS } from '../support/faults/companion-scenarios.ts';
import { companionWay } from '../support/faults/companion-way.ts';
import { isLongPlayed } from '../support/faults/slice.ts';
import { testWays } from '../support/faults/test-ways.ts';

testWays('a sidecar:', [...SIDECARS, ...SIDECARS.map(inCopyMode)].map(companionWay), {
  rules: SIDECAR_RULES,
  isPlayed: isLongPlayed,
  kept: [
    'one whose name is taken: EIO once at file.read inbox/IMG_1.xmp (2)',
    'one whose name is taken: ETIMEDOUT once at file.read inbox/IMG_1.xmp (2)',
    'one that waited for its photo: flip once at file.read inbox/IMG_1.jpg.json (1)',
  ],
});
