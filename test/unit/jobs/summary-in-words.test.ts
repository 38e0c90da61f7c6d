import { expect, it } from 'vitest';
import { loadConfig } from '../../../src/config.ts';
import { NO_COUNTS } from '../../../src/core/run-summary.ts';
import { noPaint } from '../../../src/core/text-layout.ts';
import { collectExamples, summaryInWords } from '../../../src/jobs/summary-in-words.ts';
import { MACHINE } from '../../support/machine.ts';

const page = { columns: 80, paint: noPaint };
const { config } = loadConfig({}, null, MACHINE);
const run = { ...NO_COUNTS, run: '5a0cf3a2-3f5c-4d38-8f0e-0a4c7c1a4f10', seconds: 2 };
const none = { files: [], held: 0 };

it('names each class that has files, and the sum', () => {
  const summary = { ...run, seen: 400, stored: 390, duplicates: 5, rejected: 2, ignored: 3, bytes: 1.6e9 };
  expect(summaryInWords(summary, none, { config, page })).toBe(
    [
      '400 files in 2.0 s (1.6 GB, 800 MB/s)',
      '',
      '  stored      390  filed; gone from the inbox',
      '  duplicates    5  stored before; the inbox copy is gone',
      '  rejected      2  left where they are: no photos, as far as anybody can tell',
      '  ignored       3  never touched: other programs’ files, and what is no media',
      '  seen        400',
      '',
      'The photos are in /home/ada/PhotoFactory/Storage/Originals.',
      'To take this run back: photo-factory undo 5a0cf3a2',
    ].join('\n'),
  );
});

it('shows what needs a look, why, and what to do, with a hostile name made harmless', () => {
  const file = {
    kind: 'rejected',
    path: '/in/\x1b[2Ja.jpg',
    code: 'EMPTY_FILE',
    message: 'The file is empty.',
  } as const;
  const text = summaryInWords({ ...run, seen: 13, rejected: 13 }, { files: [file], held: 0 }, { config, page });
  expect(text).toContain(
    '  ✗ /in/\\x1b[2Ja.jpg\n      The file is empty. Copy it again from where it came, or delete it.',
  );
  expect(text).toContain('… and 12 more files');
});

it('says that there was nothing to do', () => {
  expect(summaryInWords(run, none, { config, page })).toContain('is empty');
});

it('does not claim in copy mode that anything left the inbox', () => {
  const copying = loadConfig({ INGEST_MODE: 'copy' }, null, MACHINE).config;
  const text = summaryInWords({ ...run, seen: 2, stored: 1, duplicates: 1 }, none, { config: copying, page });
  expect(text).not.toContain('gone');
});

it('shows the worst first, and what cannot be shown as a number', () => {
  const file = (kind: 'failed' | 'rejected' | 'stored-with-error', path: string) => ({
    kind,
    path,
    code: null,
    message: 'x',
  });
  const errors = Array.from({ length: 12 }, (_, index) => file('stored-with-error', `/s${index}`));
  const files = [...errors, file('rejected', '/r'), file('failed', '/f')];
  const text = summaryInWords(
    { ...run, seen: 20, stored: 15, rejected: 4, failed: 1 },
    { files, held: 0 },
    { config, page },
  );
  expect(text.match(/^ {2}[✗!] \S+/gm)?.slice(0, 3)).toEqual(['  ✗ /f', '  ✗ /r', '  ! /s0']);
  expect(text.match(/^ {2}[✗!] /gm)).toHaveLength(10);
  expect(text).toContain('… and 3 more files');
});

it('tells what is held from what is still being written, and how to file it', () => {
  const held = { path: '/in/a.jpg', outcome: 'deferred', code: 'HELD', message: 'undo put it back' } as const;
  const examples = collectExamples();
  for (let n = 0; n < 20; n += 1)
    examples.add({ ...held, assetId: null, finalPath: null, capturedAt: null, source: null, sizeBytes: 1 });
  const text = summaryInWords({ ...run, seen: 21, deferred: 21 }, examples, { config, page });
  expect(text).toContain('  deferred   1  still being written');
  expect(text).toContain('  held      20  put back by "undo"');
  expect(text).toContain('photo-factory ingest --held');
  expect(text).not.toContain('To look at');
  expect(text).not.toContain('To take this run back');
});
