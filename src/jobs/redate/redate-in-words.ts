import { printable } from '../../core/printable.ts';
import { plural } from '../../core/words.ts';
import type { Page } from '../answer.ts';
import type { RedateItem } from './redate.ts';

/** What became of photos whose dates a person put right, for that person. */
export function redateInWords(
  told: { readonly dryRun: boolean; readonly redated: number; readonly items: readonly RedateItem[] },
  { paint }: Page,
): string {
  const lines = told.items.flatMap((item) => {
    const { outcome, fromPath, toPath, fromCapturedAt, toCapturedAt, message } = item;
    const name = printable(fromPath === '' ? item.assetId : fromPath);
    if (outcome === 'refused') return [`${paint('yellow', 'refused')}  ${name}`, `  ${message ?? ''}`];
    if (outcome === 'unchanged') return [`${paint('dim', 'as it was')}  ${name}`];
    const to = fromPath === toPath ? '' : `  → ${printable(toPath)}`;
    return [`${name}${to}`, `  ${fromCapturedAt ?? 'no date'}  →  ${toCapturedAt ?? ''}`];
  });
  const did = told.dryRun ? 'would get another date; nothing was changed' : 'got another date';
  return [...lines, '', `${plural(told.redated, 'photo')} ${did}.`].join('\n');
}
