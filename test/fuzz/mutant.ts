import { readdirSync, readFileSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import { forgeBomb, forgePhoto, forgeText } from './forge.ts';
import { MUTATORS } from './mutate.ts';
import { createRandom, type Random } from './random.ts';
import { findStructure } from './structure.ts';

/** All that it takes to make a mutant again: a seed, and the photos it is made of, by name. */
export type Order = { readonly seed: string; readonly photo: string; readonly partner: string };

export type Mutant = {
  readonly name: string;
  readonly bytes: Buffer;
  /** The mutators that made it. */
  readonly recipe: string;
};

/** Photos to mutate, by the name that orders know them by. */
export type Photos = { readonly names: readonly string[]; readonly pathOf: (name: string) => string };

const FIXTURES = join(import.meta.dirname, '../fixtures/photos');
const LARGEST_BYTES = 2_000_000;

/** The project's own photos, and those below a folder of real ones. */
export function listPhotos(corpus: string | null): Photos {
  const own = readdirSync(FIXTURES).filter((name) => !/\.(py|md)$/.test(name));
  const paths = new Map(own.map((name) => [`fixtures/${name}`, join(FIXTURES, name)]));
  if (corpus !== null) {
    for (const name of readdirSync(join(corpus, 'files'), { recursive: true, encoding: 'utf8' })) {
      const path = join(corpus, 'files', name);
      const stat = statSync(path, { throwIfNoEntry: false });
      if (stat?.isFile() === true && stat.size > 0 && stat.size < LARGEST_BYTES) paths.set(`corpus/${name}`, path);
    }
  }
  return {
    names: [...paths.keys()].sort(),
    pathOf: (name) => {
      const path = paths.get(name);
      if (path === undefined) throw new Error(`there is no photo ${name}; is PHOTOS_CORPUS set?`);
      return path;
    },
  };
}

/** Which photos a seed works on. */
export function orderOf(seed: string, { names }: Photos): Order {
  const random = createRandom(`${seed} photos`);
  return { seed, photo: random.pick(names), partner: random.pick(names) };
}

/** Makes a mutant: always the same from the same order. */
export function makeMutant({ seed, photo, partner }: Order, photos: Photos): Mutant {
  const random = createRandom(seed);
  if (random.chance(1 / 1000)) return { ...forgeBomb(random), recipe: 'bomb' };
  if (random.chance(0.2)) return oftenDamaged({ ...forgePhoto(random), recipe: 'forged' }, random);
  const path = photos.pathOf(photo);
  let bytes: Buffer = readFileSync(path);
  const other = readFileSync(photos.pathOf(partner));
  const recipe: string[] = [];
  for (let n = random.pick([1, 1, 1, 2, 3]); n > 0; n -= 1) {
    const mutator = random.pick(Object.keys(MUTATORS));
    recipe.push(mutator);
    bytes = apply(mutator, bytes, other, random);
  }
  return { name: oddName(basename(path), random), bytes, recipe: recipe.join(' ') };
}

function apply(mutator: string, bytes: Buffer, other: Buffer, random: Random): Buffer {
  const mutate = MUTATORS[mutator];
  if (mutate === undefined) throw new Error(`there is no mutator ${mutator}`);
  const photo = { bytes, structure: findStructure(bytes) };
  return mutate({ photo, partner: { bytes: other, structure: findStructure(other) }, random });
}

function oftenDamaged(forged: Mutant, random: Random): Mutant {
  if (random.chance(0.5)) return forged;
  const mutator = random.pick(Object.keys(MUTATORS));
  const bytes = apply(mutator, forged.bytes, forged.bytes, random);
  return { ...forged, bytes, recipe: `forged ${mutator}` };
}

/** Most keep their name; some get one that is hostile, too. */
function oddName(name: string, random: Random): string {
  if (random.chance(0.9)) return name;
  const hostile = forgeText(random).replaceAll(/[/\0]/g, '_');
  return `${Buffer.from(hostile).subarray(0, 200).toString('utf8').replaceAll('\ufffd', '')}${name.slice(-40)}`;
}
