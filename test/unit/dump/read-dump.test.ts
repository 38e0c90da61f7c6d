import { describe, expect, it } from 'vitest';
import type { DumpEnd } from '../../../src/core/dump-format.ts';
import { openDump } from '../../../src/jobs/dump/read-dump.ts';
import { makeSampleDump, SAMPLE_ROWS, sampleHeader } from './sample-dump.ts';

const sample = await makeSampleDump();
const whole = Buffer.concat(sample.chunks);

async function* pieces(bytes: Buffer, length: number): AsyncGenerator<Buffer> {
  for (let at = 0; at < bytes.length; at += length) yield bytes.subarray(at, at + length);
}

async function textOf(chunks: AsyncIterable<Buffer>): Promise<string> {
  const taken: Buffer[] = [];
  for await (const chunk of chunks) taken.push(chunk);
  return Buffer.concat(taken).toString();
}

async function readAll(bytes: Buffer, pieceLength = bytes.length) {
  const dump = await openDump(pieces(bytes, pieceLength), 'a dump');
  const rows: Record<string, string> = {};
  const sequences: string[] = [];
  const parts = dump.parts();
  for (;;) {
    const next = await parts.next();
    if (next.done === true) return { header: dump.header, rows, sequences, end: next.value satisfies DumpEnd };
    const part = next.value;
    if (part.kind === 'sequence') sequences.push(`${part.sequence} ${part.last} ${part.isCalled}`);
    else rows[part.table] = await textOf(part.rows);
  }
}

it.each([1, 2, 3, 7, 64, 100_000])('reads what was written, in pieces of %i bytes', async (length) => {
  expect(await readAll(whole, length)).toEqual({
    header: sampleHeader,
    rows: SAMPLE_ROWS,
    sequences: ['plain_id_seq 2 true'],
    end: sample.end,
  });
});

it('says how many rows there are', () => {
  const counts = Object.values(sample.end.tables).map(({ rows }) => rows);
  expect(counts).toEqual([0, 2, 4]);
});

describe('refuses', () => {
  it('a dump that was cut anywhere', async () => {
    for (let length = 0; length < whole.length; length++)
      await expect(readAll(whole.subarray(0, length)), `${length} bytes`).rejects.toMatchObject({
        code: 'DUMP_DAMAGED',
      });
  });

  it('a dump in which any byte has one bit flipped', async () => {
    for (let at = 0; at < whole.length; at++) {
      const damaged = Buffer.from(whole);
      damaged.writeUInt8(whole.readUInt8(at) ^ (1 << (at % 8)), at);
      // In the word for its format it may look like a later one.
      const refused = expect.stringMatching(/^DUMP_(DAMAGED|NEWER)$/);
      await expect(readAll(damaged), `byte ${at}`).rejects.toMatchObject({ code: refused });
    }
  });

  it('a dump with a row more, or with its rows in another order', async () => {
    const text = whole.toString();
    for (const forged of [
      text.replace('2\ttwo\n', '2\ttwo\n3\tthree\n'),
      text.replace('1\tone\n2\ttwo\n', '2\ttwo\n1\tone\n'),
    ])
      await expect(readAll(Buffer.from(forged))).rejects.toMatchObject({ code: 'DUMP_DAMAGED' });
  });

  it.each([
    ['something after its end', Buffer.concat([whole, Buffer.from('\n')])],
    ['twice the same', Buffer.concat([whole, whole])],
    ['nothing', Buffer.alloc(0)],
    ['a photo', Buffer.from('ffd8ffe000104a46494600010101', 'hex')],
    ['two megabytes without a line', Buffer.alloc(2_000_000, 0x2d)],
    ['pg_dump’s', Buffer.from('--\n-- PostgreSQL database dump\n--\n')],
  ])('%s', async (_, bytes) => {
    await expect(readAll(bytes, 65_536)).rejects.toMatchObject({ code: 'DUMP_DAMAGED', exitCode: 2 });
  });

  it('one of a later format, with its version', async () => {
    const later = whole.toString().replace('{"format":1,"program":"0.1.0"', '{"format":2,"program":"7.0.0"');
    await expect(readAll(Buffer.from(later))).rejects.toMatchObject({
      code: 'DUMP_NEWER',
      message: expect.stringContaining('7.0.0'),
    });
  });
});
