import type { CaptureTime, Location } from '../../core/metadata.ts';
import { printable } from '../../core/printable.ts';
import { alignColumns, type Cell } from '../../core/text-layout.ts';
import type { DatedAsset } from '../../ledger/dated-assets.ts';
import type { Page } from '../answer.ts';
import type { JudgedDate } from './judge-dates.ts';

export type Explained = {
  readonly path: string;
  readonly asset: DatedAsset | null;
  readonly taken: CaptureTime;
  readonly dates: readonly JudgedDate[];
  readonly location: Location | null;
  readonly device: string | null;
  readonly problem: string | null;
};

/** The dates of a photo, for a person. */
export function explainInWords(told: Explained, { paint }: Page): string {
  const { path, asset, taken, dates, location, device, problem } = told;
  const rows = dates.map(({ isTaken, source, wallClock, offsetMinutes, confidence, why }): readonly Cell[] => [
    isTaken ? { text: '→', paint: (text) => paint('green', text) } : '',
    { text: wallClock, paint: (text) => (isTaken ? paint('bold', text) : text) },
    offsetInWords(offsetMinutes),
    printable(source),
    confidence,
    { text: why, paint: (text) => paint('dim', text) },
  ]);
  return [
    paint('bold', printable(path)),
    ...(device === null ? [] : [`taken with ${printable(device)}`]),
    ...(location === null ? [] : [`at ${location.lat}, ${location.lon}`]),
    ...(problem === null ? [] : [problem]),
    '',
    ...alignColumns(rows),
    '',
    ...ledgerLines(asset, taken),
  ].join('\n');
}

function ledgerLines(asset: DatedAsset | null, taken: CaptureTime): readonly string[] {
  if (asset === null) return ['The ledger does not know this file.'];
  const { capturedAt, capturedAtSource, capturedAtConfidence: confidence } = asset;
  const held = `${capturedAt ?? 'no date'}${capturedAtSource === null ? '' : ` (${printable(capturedAtSource)})`}`;
  const sure = confidence === null ? '' : `, ${confidence} confidence`;
  const isSame = capturedAt?.slice(0, 19) === taken.wallClock.slice(0, 19);
  return [
    `In the ledger: ${held}${sure}.${isSame ? '' : ' That was decided when it was filed, or by a person since.'}`,
  ];
}

/** `+02:00`; empty when nobody knows. */
function offsetInWords(minutes: number | null): string {
  if (minutes === null) return '';
  const size = Math.abs(minutes);
  const two = (value: number) => String(value).padStart(2, '0');
  return `${minutes < 0 ? '−' : '+'}${two(Math.floor(size / 60))}:${two(size % 60)}`;
}
