import { expect, it } from 'vitest';
import { adviseOnSharedStorage, adviseOnSyncthing } from '../../../src/core/syncthing-advice.ts';

const healthy = { label: 'Camera', isPaused: false, error: null };

it.each([
  ['sendreceive', true, 'move', 'problem'],
  ['sendonly', true, 'move', 'problem'],
  ['receiveonly', false, 'move', 'warning'],
  ['receiveonly', true, 'move', 'ok'],
  ['receiveencrypted', true, 'copy', 'problem'],
  ['sendonly', false, 'copy', 'problem'],
  ['sendreceive', false, 'copy', 'ok'],
  ['receiveonly', false, 'copy', 'ok'],
] as const)('calls %s (ignoring deletions: %s) in %s mode a %s', (type, ignoresDeletes, mode, verdict) => {
  const advice = adviseOnSyncthing({ ...healthy, type, ignoresDeletes }, mode);
  expect(advice.verdict).toBe(verdict);
  expect(advice.fix === null).toBe(verdict === 'ok');
});

it('says when nothing arrives though the type is right, but not instead of what is worse', () => {
  const safe = { ...healthy, type: 'receiveonly', ignoresDeletes: true };
  expect(adviseOnSyncthing({ ...safe, isPaused: true }, 'move').verdict).toBe('warning');
  expect(adviseOnSyncthing({ ...safe, error: 'folder marker missing' }, 'copy')).toMatchObject({
    verdict: 'problem',
    words: expect.stringContaining('folder marker missing'),
  });
  expect(adviseOnSyncthing({ ...safe, type: 'sendreceive', isPaused: true }, 'move').words).toContain('DELETED');
});

it.each([
  ['sendonly', 'ok'],
  ['sendreceive', 'problem'],
  ['receiveonly', 'problem'],
] as const)('calls a storage that is shared as %s a %s', (type, verdict) => {
  expect(adviseOnSharedStorage({ label: 'Library', type }).verdict).toBe(verdict);
});
