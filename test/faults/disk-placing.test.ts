import { PHOTO_RULES } from '../support/faults/expectations.ts';
import { photoWay } from '../support/faults/photo-way.ts';
import { PLACINGS } from '../support/faults/scenarios.ts';
import { isPlayed } from '../support/faults/slice.ts';
import { testWays } from '../support/faults/test-ways.ts';

testWays('a photo that is', PLACINGS.map(photoWay), { rules: PHOTO_RULES, isPlayed });
