import type { ProtectingLine } from './protecting-lines.ts';

export const TABLE_HEAD = ['Holds', 'The line, and what it sees to', 'Its test'];

/** A line's row in docs/protecting-lines.md, without the bars at its ends. */
export function rowOf({ holds, what, file, test, name }: ProtectingLine): string {
  const place = file.replace('src/', '');
  const shownTest = test.replace('test/', '');
  return [holds, `\`${place}\`: ${what}`, `\`${shownTest}\`${name === '' ? '' : `: ${name}`}`].join(' | ');
}
