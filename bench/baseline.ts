import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import type { CaseResult } from './figures/figure.ts';
import { type Kept, keep } from './figures/regression.ts';

const BASELINE_FILE = join(import.meta.dirname, 'baseline.json');

const Shape = z.record(z.string(), z.record(z.string(), z.object({ median: z.number(), spread: z.number() })));

/** What earlier runs measured: by case and size, then by figure. */
export type Baseline = Readonly<Record<string, Readonly<Record<string, Kept>>>>;

export function readBaseline(): Baseline {
  return Shape.parse(JSON.parse(readFileSync(BASELINE_FILE, 'utf8')));
}

/** Keeps these figures instead of those that were kept of the same cases; cases that did not run keep what they had. */
export function saveBaseline(results: readonly CaseResult[]): void {
  const kept = results.map(({ what, name, figures }) => [
    keyOf({ name, what }),
    Object.fromEntries(figures.map((figure) => [figure.name, keep(figure)])),
  ]);
  const baseline = { ...readBaseline(), ...Object.fromEntries(kept) };
  const sorted = Object.fromEntries(Object.entries(baseline).sort(([a], [b]) => (a < b ? -1 : 1)));
  writeFileSync(BASELINE_FILE, `${JSON.stringify(sorted, null, 2)}\n`);
}

/** A quarter of the photos is another measurement: what start and end cost weighs more. */
export function keyOf({ name, what }: Pick<CaseResult, 'name' | 'what'>): string {
  return `${name}: ${what}`;
}
