import { expect, it } from 'vitest';
import { loadConfig } from '../../../src/config.ts';
import { NO_COUNTS } from '../../../src/core/run-summary.ts';
import { noPaint } from '../../../src/core/text-layout.ts';
import { summaryInWords } from '../../../src/jobs/summary-in-words.ts';
import { MACHINE } from '../../support/machine.ts';

const page = { columns: 80, paint: noPaint };
const { config } = loadConfig({}, null, MACHINE);
const run = { ...NO_COUNTS, run: 'r', seconds: 2 };

it('names each class that has files, and the sum', () => {
  const summary = { ...run, seen: 400, stored: 390, duplicates: 5, rejected: 2, ignored: 3, bytes: 1.6e9 };
  expect(summaryInWords(summary, [], { config, page })).toBe(
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
  const text = summaryInWords({ ...run, seen: 13, rejected: 13 }, [file], { config, page });
  expect(text).toContain(
    '  ✗ /in/\\x1b[2Ja.jpg\n      The file is empty. Copy it again from where it came, or delete it.',
  );
  expect(text).toContain('… and 12 more files');
});

it('says that there was nothing to do', () => {
  expect(summaryInWords(run, [], { config, page })).toContain('is empty');
});

it('does not claim in copy mode that anything left the inbox', () => {
  const copying = loadConfig({ INGEST_MODE: 'copy' }, null, MACHINE).config;
  const text = summaryInWords({ ...run, seen: 2, stored: 1, duplicates: 1 }, [], { config: copying, page });
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
  const text = summaryInWords({ ...run, seen: 20, stored: 15, rejected: 4, failed: 1 }, files, { config, page });
  expect(text.match(/^ {2}[✗!] \S+/gm)?.slice(0, 3)).toEqual(['  ✗ /f', '  ✗ /r', '  ! /s0']);
  expect(text.match(/^ {2}[✗!] /gm)).toHaveLength(10);
  expect(text).toContain('… and 3 more files');
});
