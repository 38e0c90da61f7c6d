import { expect, test } from 'vitest';
import { readOptions } from '../../../src/jobs/psql/options.ts';

test.each([
  [
    ['-c', '-- comment', '-f', '-', '-c', ''],
    {
      actions: [
        ['command', '-- comment'],
        ['file', '-'],
        ['command', ''],
      ],
    },
  ],
  [
    ['-Atqc', 'a', '--command=b'],
    {
      format: 'unaligned',
      tuplesOnly: true,
      quiet: true,
      actions: [
        ['command', 'a'],
        ['command', 'b'],
      ],
    },
  ],
  [['-AF,'], { format: 'unaligned', fieldSeparator: ',' }],
  [['-F', '-'], { format: 'aligned', fieldSeparator: '-' }],
  [['-A', '--csv'], { format: 'csv' }],
  [['--csv', '-A'], { format: 'unaligned' }],
  [['-v', 'ON_ERROR_STOP=1'], { onErrorStop: true }],
  [['-vON_ERROR_STOP'], { onErrorStop: true }],
  [['--set', 'ON_ERROR_STOP=1', '--variable=ON_ERROR_STOP=off'], { onErrorStop: false }],
  [[], { actions: [], onErrorStop: false, quiet: false, tuplesOnly: false, format: 'aligned', fieldSeparator: '|' }],
])('reads %j', (args, expected) => {
  const options = readOptions(args);
  if (typeof options === 'string') throw new Error(options);
  const actions = options.actions.map(({ kind, text }) => [kind, text]);
  expect({ ...options, actions }).toMatchObject(expected);
});

test.each([[['-x']], [['database']], [['-v', 'name=value']], [['-c']], [['--csv=yes']]])(
  'refuses %j in words',
  (args) => {
    expect(readOptions(args)).toBeTypeOf('string');
  },
);
