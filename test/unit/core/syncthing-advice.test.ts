import { expect, it } from 'vitest';
import { adviseOnSyncthing } from '../../../src/core/syncthing-advice.ts';

it.each([
  ['sendreceive', true, 'move', 'problem'],
  ['sendonly', true, 'move', 'problem'],
  ['receiveonly', false, 'move', 'warning'],
  ['receiveonly', true, 'move', 'ok'],
  ['receiveencrypted', true, 'copy', 'problem'],
  ['sendreceive', false, 'copy', 'ok'],
  ['receiveonly', false, 'copy', 'ok'],
] as const)('calls %s (ignoring deletions: %s) in %s mode a %s', (type, ignoresDeletes, mode, verdict) => {
  const advice = adviseOnSyncthing({ label: 'Camera', type, ignoresDeletes }, mode);
  expect(advice.verdict).toBe(verdict);
  expect(advice.fix === null).toBe(verdict === 'ok');
});
