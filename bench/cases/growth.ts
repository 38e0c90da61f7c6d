import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { openLedger } from '../contestants/ledger.ts';
import { createLibrary, ingest, type Library } from '../contestants/ours.ts';
import { aside, type CaseResult, ratio, type Target } from '../figures/figure.ts';
import { ratiosOf, spreadOf } from '../figures/statistics.ts';
import { writeThrough } from '../inputs/inbox.ts';
import { makePhotos } from '../inputs/make-photos.ts';
import type { Case } from './case.ts';
import { roundsOf } from './rounds.ts';

const FILES = 4000;
const QUICK_FILES = 1000;
const LEDGER_ROWS = 1_000_000;
const QUICK_LEDGER_ROWS = 100_000;
const PHOTO_BYTES = 20_000;

type Variant = {
  readonly name: string;
  readonly days: number;
  readonly ledgerRows: number;
  readonly target: Target | null;
};

/** What filing costs when one thing is larger than usual, beside the usual: photos over 100 days into an empty ledger. */
export const growthCase: Case = {
  name: 'growth',
  inQuick: false,
  run: async (tools) => {
    const { size, folder, say } = tools;
    const files = size.files ?? (size.isQuick ? QUICK_FILES : FILES);
    const variants = variantsFor(files, size.isQuick ? QUICK_LEDGER_ROWS : LEDGER_ROWS);
    const libraries = variants.map((_, index) => createLibrary(join(folder, `library-${index}`)));
    for (const [index, library] of libraries.entries()) await prepare(library, variants[index]);
    const seconds = variants.map((): number[] => []);
    for (let round = 0; round < roundsOf(size); round += 1) {
      for (const [index, library] of libraries.entries()) {
        const { days = 1 } = variants[index] ?? {};
        await rm(library.originals, { recursive: true, force: true });
        // Other photos each round: what the ledger knows already would be a duplicate.
        const photos = {
          count: files,
          from: round * files,
          days,
          kind: { from: 'camera', sizeBytes: PHOTO_BYTES },
        } as const;
        await makePhotos(library.inbox, photos);
        writeThrough(library.root);
        const { summary } = await ingest(library);
        if (summary.stored !== files) throw new Error(`${summary.stored} of ${files} files were stored`);
        seconds[index]?.push(summary.seconds);
        say(`round ${round + 1}, ${variants[index]?.name}: ${summary.seconds.toFixed(2)} s`);
      }
    }
    return resultOf(files, variants, seconds);
  },
};

function variantsFor(files: number, ledgerRows: number): readonly [Variant, ...Variant[]] {
  const usual = { days: 100, ledgerRows: 0, target: null };
  return [
    { ...usual, name: 'as usual' },
    { ...usual, name: 'all on one day', days: 1 },
    { ...usual, name: 'each on a day of its own', days: files },
    { ...usual, name: `into a ledger of ${ledgerRows} photos`, ledgerRows, target: { atMost: 1.1 } },
  ];
}

async function prepare(library: Library, variant: Variant | undefined): Promise<void> {
  await library.startAfresh();
  if (variant === undefined || variant.ledgerRows === 0) return;
  await ingest(library); // the storage becomes this library's; one with photos would not take a strange one
  await using ledger = await openLedger(library);
  await ledger.fill(variant.ledgerRows, library.root);
}

function resultOf(files: number, variants: readonly Variant[], seconds: readonly (readonly number[])[]): CaseResult {
  const [usual = [], ...others] = seconds;
  return {
    name: 'growth',
    what: `${files} photos of ${PHOTO_BYTES / 1000} kB, usual and not`,
    floorSpread: spreadOf(usual),
    figures: [
      ...others.map((each, index) => {
        const { name = '', target = null } = variants[index + 1] ?? {};
        return { ...ratio(`${name} ÷ as usual`, ratiosOf(each, usual), target), isFullSize: files >= FILES };
      }),
      aside('as usual', 's', usual),
    ],
  };
}
