import { expect, it } from 'vitest';
import { NO_COUNTS } from '../../../src/core/run-summary.ts';
import { openProgressLine } from '../../../src/runtime/progress-line.ts';

function draw(isTTY: boolean, columns: number): string {
  const written: string[] = [];
  const terminal = { isTTY, columns, write: (text: unknown) => written.push(String(text)) > 0 };
  {
    using line = openProgressLine(terminal, () => 0);
    line.show({ counts: { ...NO_COUNTS, seen: 1 }, inWork: 1, waiting: 12_345 });
  }
  return written.join('');
}

it('draws one line on a terminal and wipes it away', () => {
  expect(draw(true, 80)).toBe('1 of 12,347 files\x1b[K\r\x1b[K');
});

it('never reaches the edge of a narrow terminal, where a line would wrap', () => {
  expect(draw(true, 10).split('\x1b')[0]).toHaveLength(9);
});

it('draws nothing into a pipe', () => {
  expect(draw(false, 80)).toBe('');
});
