import type { Random } from './random.ts';
import type { Field, Structure } from './structure.ts';

type Photo = { readonly bytes: Buffer; readonly structure: Structure };

export type Mutation = {
  readonly photo: Photo;
  /** Another photo, of any format, to be mixed in. */
  readonly partner: Photo;
  readonly random: Random;
};

/** Changes a photo in one way. */
export type Mutator = (of: Mutation) => Buffer;

/** Ways to damage a file, by name. Those that know its structure do as the others where it has none. */
export const MUTATORS: Readonly<Record<string, Mutator>> = {
  flipBits: ({ photo: { bytes }, random }) => {
    const mutant = Buffer.from(bytes);
    for (let n = random.pick([1, 1, 2, 8, 64]); n > 0; n -= 1) {
      const at = placeIn(mutant, random);
      mutant[at] = (mutant[at] ?? 0) ^ (1 << random.below(8));
    }
    return mutant;
  },
  setBytes: ({ photo: { bytes }, random }) => {
    const mutant = Buffer.from(bytes);
    const at = placeIn(mutant, random);
    mutant.fill(
      random.pick([0x00, 0xff, 0x7f, 0x80, random.below(256)]),
      at,
      Math.min(mutant.length, at + random.pick([1, 2, 4, 16, 256])),
    );
    return mutant;
  },
  setField: (of) => setFields(of, 1),
  setFields: (of) => setFields(of, 2 + of.random.below(6)),
  truncateAtBorder: ({ photo: { bytes, structure }, random }) => {
    const border = structure.borders.length === 0 ? placeIn(bytes, random) : random.pick(structure.borders);
    return bytes.subarray(0, Math.max(0, border + random.pick([-1, 0, 0, 1, 2, 4, 7, 8, 12])));
  },
  truncate: ({ photo: { bytes }, random }) => bytes.subarray(0, random.below(bytes.length + 1)),
  splice: ({ photo, partner, random }) =>
    Buffer.concat([
      photo.bytes.subarray(0, borderOf(photo, random)),
      partner.bytes.subarray(borderOf(partner, random)),
    ]),
  insertPart: ({ photo, partner, random }) => {
    const at = borderOf(photo, random);
    const from = borderOf(partner, random);
    const part = partner.bytes.subarray(from, from + random.pick([8, 64, 512, 4096, 65_536]));
    return Buffer.concat([photo.bytes.subarray(0, at), part, photo.bytes.subarray(at)]);
  },
  repeatPart: ({ photo, random }) => {
    const from = borderOf(photo, random);
    const part = photo.bytes.subarray(from, from + random.pick([2, 12, 64, 1024]));
    const times = random.pick([1, 2, 50, 600]);
    return Buffer.concat([photo.bytes.subarray(0, from), ...Array(times).fill(part), photo.bytes.subarray(from)]);
  },
  removePart: ({ photo, random }) => {
    const from = borderOf(photo, random);
    return Buffer.concat([
      photo.bytes.subarray(0, from),
      photo.bytes.subarray(from + random.pick([1, 2, 12, 100, 5000])),
    ]);
  },
  appendNoise: ({ photo: { bytes }, random }) => Buffer.concat([bytes, random.bytes(random.pick([1, 64, 5000]))]),
};

function setFields({ photo: { bytes, structure }, random }: Mutation, count: number): Buffer {
  const mutant = Buffer.from(bytes);
  if (structure.fields.length === 0) {
    mutant[placeIn(mutant, random)] = random.below(256);
    return mutant;
  }
  for (let n = 0; n < count; n += 1) write(mutant, random.pick(structure.fields), valueFor(structure, random));
  return mutant;
}

/** Nothing, one, more than there is, negative, beyond what a number can hold, back to where we came from. */
function valueFor({ fields, borders }: Structure, random: Random): bigint {
  const border = borders.length === 0 ? 0 : random.pick(borders);
  return BigInt.asUintN(
    64,
    random.pick([
      0n,
      1n,
      2n,
      7n,
      8n,
      255n,
      0x7fffn,
      0xffffn,
      0x7fff_ffffn,
      0x8000_0000n,
      0xffff_ffffn,
      0x7fff_ffff_ffff_ffffn,
      0x8000_0000_0000_0000n,
      -1n,
      -8n,
      BigInt(border),
      BigInt(Math.max(0, border - 12)),
      BigInt(random.pick(fields).at),
      BigInt(random.below(2 ** 16)),
      BigInt(random.below(2 ** 31)),
    ]),
  );
}

function write(into: Buffer, { at, bytes, isLittleEndian }: Field, value: bigint): void {
  const whole = Buffer.alloc(8);
  if (isLittleEndian) whole.writeBigUInt64LE(value);
  else whole.writeBigUInt64BE(value);
  (isLittleEndian ? whole.subarray(0, bytes) : whole.subarray(8 - bytes)).copy(into, at);
}

/** Near the beginning more often than not: there stands what is read. */
function placeIn(bytes: Buffer, random: Random): number {
  return random.below(random.chance(0.7) ? Math.min(bytes.length, 4096) : bytes.length);
}

function borderOf({ bytes, structure }: Photo, random: Random): number {
  return structure.borders.length > 0 && random.chance(0.8) ? random.pick(structure.borders) : placeIn(bytes, random);
}
