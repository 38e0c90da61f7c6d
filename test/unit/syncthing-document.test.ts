import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { type Expected, SET_UPS } from '../syncthing/set-ups.ts';
import type { SetUp } from '../syncthing/stage.ts';

const DOCUMENT = join(import.meta.dirname, '../../docs/syncthing.md');

const TYPES: Readonly<Record<string, SetUp['phone']>> = {
  'Send Only': 'sendonly',
  'Receive Only': 'receiveonly',
  'Send & Receive': 'sendreceive',
};
const VERDICTS: Readonly<Record<string, Expected['doctor']>> = { '✓': 'ok', warns: 'warning', problem: 'problem' };

/** The rows of the table that begins with this heading; `the same` says what the row above says. */
function rowsOf(text: string, heading: string): string[][] {
  const [, body = ''] = text.split(`${heading}\n`);
  const rows: string[][] = [];
  for (const line of body.split('\n').slice(1)) {
    if (!line.startsWith('|')) break;
    const cells = line.replaceAll('**', '').split('|').slice(1, -1);
    rows.push(cells.map((cell, n) => (cell.trim() === 'the same' ? (rows.at(-1)?.[n] ?? '') : cell.trim())));
  }
  return rows;
}

function asSetUp([sides = '', filed = '', deleted = '', doctor = '']: readonly string[]) {
  const [phone = '', here = '', ...options] = sides.split(/ [→↔] |, /);
  return {
    phone: TYPES[phone],
    here: TYPES[here],
    ignoreDelete: options.includes('Ignore Delete'),
    mode: 'move',
    doctor: VERDICTS[doctor],
    deletedTooEarly: deleted.startsWith('stays in the inbox') ? 'still in the inbox' : deleted.replace(', too', ''),
    filed: filed.startsWith('deleted on the phone') ? 'is deleted on the phone' : filed.replace(/,.*$/s, ''),
  };
}

const sorted = (setUps: readonly object[]) =>
  setUps.map((setUp) => JSON.stringify(setUp, Object.keys(setUp).sort())).sort();

it('docs/syncthing.md and the tests with two real Syncthings say the same of every set-up (move mode)', async () => {
  const text = await readFile(DOCUMENT, 'utf8');
  const heading = '| phone → here | a photo is filed | the phone deletes a photo that is not filed yet | `doctor` |';
  const told = rowsOf(text, heading).map(asSetUp);
  expect(told).toHaveLength(5);
  expect(sorted(told)).toEqual(sorted(SET_UPS.filter(({ mode }) => mode === 'move')));
});

it('what it says of copy mode is tried with both pairs of sides that it names', async () => {
  const text = await readFile(DOCUMENT, 'utf8');
  expect(text).toContain(
    'Both ways were tried, Receive Only and *Send & Receive* on both sides: the phone keeps everything',
  );
  const tried = SET_UPS.filter(({ mode }) => mode === 'copy');
  expect(tried.map(({ phone, here }) => [phone, here])).toEqual([
    ['sendonly', 'receiveonly'],
    ['sendreceive', 'sendreceive'],
  ]);
  for (const { filed, doctor, ignoreDelete } of tried)
    expect([filed, doctor, ignoreDelete]).toEqual(['stays on the phone', 'ok', false]);
});
