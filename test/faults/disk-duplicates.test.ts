import { PHOTO_RULES } from '../support/faults/expectations.ts';
import { photoWay } from '../support/faults/photo-way.ts';
import { MEETINGS } from '../support/faults/scenarios.ts';
import { isPlayed } from '../support/faults/slice.ts';
import { testWays } from '../support/faults/test-ways.ts';

testWays('a photo that is', MEETINGS.map(photoWay), { rules: PHOTO_RULES, isPlayed });
