import { expect, it } from 'vitest';
import { noPaint } from '../../../src/core/text-layout.ts';
import { welcomeInWords } from '../../../src/core/welcome.ts';

const FACTS = {
  version: '1.2.3',
  inboxDir: '/in',
  storageDir: '/store',
  database: { kind: 'embedded', serverVersion: '18.4', port: 5433, dataDir: '/data' },
  mode: 'move',
  hasSyncthing: false,
} as const;

it('says where everything is and what to do next', () => {
  const text = welcomeInWords(FACTS, noPaint);
  for (const word of [
    '1.2.3',
    '/in',
    '/store/Originals',
    'port 5433',
    '/data',
    'Drop photos',
    'npm run status',
    'npm run psql',
  ])
    expect(text).toContain(word);
  expect(text).not.toContain('Syncthing');
});

it('warns of what a move does to a phone', () => {
  expect(welcomeInWords({ ...FACTS, hasSyncthing: true }, noPaint)).toContain('deleted on the phone');
  expect(welcomeInWords({ ...FACTS, hasSyncthing: true, mode: 'copy' }, noPaint)).not.toContain('deleted');
});
