import { MOVE_RULES, REDATE_RULES } from '../support/faults/companion-expectations.ts';
import { MOVES, REDATINGS } from '../support/faults/companion-scenarios.ts';
import { companionWay } from '../support/faults/companion-way.ts';
import { isLongPlayed } from '../support/faults/slice.ts';
import { testWays } from '../support/faults/test-ways.ts';

testWays('what is', MOVES.map(companionWay), {
  rules: MOVE_RULES,
  isPlayed: isLongPlayed,
  kept: [
    'filed by the better date of a sidecar: EIO once at file.stat day/IMG_1.jpg (5)',
    'filed by the better date of a sidecar: ENOENT once at open day/IMG_1.AAE (1)',
    'filed by the better date of a sidecar: ENOENT once at open day/IMG_1.jpg (1)',
    'filed by the better date of a sidecar: ENOENT once at open day/IMG_1.jpg (2)',
    'filed by the better date of a sidecar: ENOENT once at open new day/IMG_1-hash.jpg (1)',
    'a still and a film whose names are taken: ENOENT once at open day before/IMG_1.MOV (1)',
  ],
});
testWays('what is', REDATINGS.map(companionWay), { rules: REDATE_RULES, isPlayed: isLongPlayed });
