import { expect, it } from 'vitest';
import { logLineInWords } from '../../../src/core/log-line.ts';

it('says what became of a photo, and where it is', () => {
  const record = {
    level: 30,
    time: 1,
    msg: 'stored',
    path: '/in/camera/a\x1b[2J.jpg',
    sizeBytes: 5,
    assetId: 'x',
    finalPath: '/lib/Storage/Originals/2019/2019-05-26/a.jpg',
    source: 'mtime',
    message: 'The metadata is damaged.',
  };
  expect(logLineInWords(record)).toBe(
    'stored a\\x1b[2J.jpg → Originals/2019/2019-05-26/a.jpg source=mtime (The metadata is damaged.)',
  );
});

it('shows the whole path of what stays in the inbox', () => {
  expect(logLineInWords({ msg: 'rejected', path: '/in/a.jpg', code: 'EMPTY_FILE', finalPath: null })).toBe(
    'rejected /in/a.jpg code=EMPTY_FILE',
  );
});

it('shows other facts by name, and the stack of what nobody foresaw', () => {
  expect(logLineInWords({ msg: 'run ended', seen: 3, err: { stack: 'Error: x\n    at y' } })).toBe(
    'run ended seen=3\n    Error: x\n        at y',
  );
});
