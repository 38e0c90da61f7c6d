import { placeInWords } from '../../core/place-correction.ts';
import { printable } from '../../core/printable.ts';
import { plural } from '../../core/words.ts';
import type { Page } from '../answer.ts';
import type { PlaceItem } from './place.ts';

/** What became of places that a person put right, for that person. */
export function placedInWords(
  told: { readonly dryRun: boolean; readonly changed: number; readonly items: readonly PlaceItem[] },
  { paint }: Page,
): string {
  const lines = told.items.flatMap(({ outcome, path, from, to, message }) => {
    const name = printable(path);
    if (outcome === 'refused') return [`${paint('yellow', 'refused')}  ${name}`, `  ${message ?? ''}`];
    if (outcome === 'unchanged') return [`${paint('dim', 'as it was')}  ${name}`];
    const then = to === null ? 'looked up again' : (placeInWords(to) ?? 'nowhere');
    return [name, `  ${printable(placeInWords(from) ?? 'no place')}  →  ${printable(then)}`];
  });
  const did = told.dryRun ? 'would get another place; nothing was changed' : 'got another place';
  return [...lines, '', `${plural(told.changed, 'photo')} ${did}.`].join('\n');
}
