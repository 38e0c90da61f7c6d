import { correctPlace, type PlaceCorrection, type PlaceNames } from '../../core/place-correction.ts';
import { EXIT, FactoryError, inWords } from '../../errors.ts';
import type { Connection } from '../../ledger/connect.ts';
import { findPlaced, lockPlace, type PlacedPhoto, unlockPlace } from '../../ledger/place-corrections.ts';
import type { Answer, Page } from '../answer.ts';
import { placedInWords } from './place-in-words.ts';

export type PlaceAsked = {
  readonly photos: readonly ({ readonly id: string } | { readonly path: string })[];
  /** `unlock`: the data decides again. */
  readonly correction: PlaceCorrection | 'unlock';
  readonly dryRun: boolean;
};

/** What became of the place of one photo. `to` is null where the data decides again. */
export type PlaceItem = {
  readonly assetId: string;
  readonly path: string;
  readonly outcome: 'changed' | 'unchanged' | 'refused';
  readonly from: PlaceNames;
  readonly to: PlaceNames | null;
  readonly message: string | null;
};

/**
 * Puts the names of places right as a person says, or lets the data decide again. Works beside a daemon; no file is touched.
 *
 * As JSON: `{ dryRun, changed, unchanged, refused, items: [{ assetId, path, outcome, from, to, message }] }`; the exit code is
 * 3 when one was refused.
 *
 * @throws FactoryError NO_SUCH_PHOTO before anything is changed, when one of the photos is not in the ledger
 */
export async function putPlacesRight(
  { connection: { db }, page }: { readonly connection: Connection; readonly page: Page },
  { photos, correction, dryRun }: PlaceAsked,
): Promise<Answer> {
  const found = new Map<string, PlacedPhoto>();
  for (const asked of photos) {
    const photo = await findPlaced(db, asked);
    if (photo === null) throw new FactoryError('NO_SUCH_PHOTO', { photo: 'id' in asked ? asked.id : asked.path });
    found.set(photo.assetId, photo);
  }
  const items = [...found.values()].map((photo) => decide(photo, correction));
  for (const { assetId, outcome, to } of dryRun ? [] : items) {
    if (outcome !== 'changed') continue;
    if (to === null) await unlockPlace(db, assetId);
    else await lockPlace(db, assetId, to);
  }
  const count = (outcome: PlaceItem['outcome']) => items.filter((item) => item.outcome === outcome).length;
  const counts = { changed: count('changed'), unchanged: count('unchanged'), refused: count('refused') };
  const told = { dryRun, ...counts, items };
  return { exitCode: counts.refused === 0 ? EXIT.ok : EXIT.findings, text: placedInWords(told, page), json: told };
}

function decide({ assetId, path, isLocked, ...from }: PlacedPhoto, correction: PlaceCorrection | 'unlock'): PlaceItem {
  const item = { assetId, path, from, message: null };
  if (correction === 'unlock') return { ...item, outcome: isLocked ? 'changed' : 'unchanged', to: null };
  const to = correctPlace(from, correction);
  if (to === null) return { ...item, outcome: 'refused', to: from, message: inWords('PLACE_WITHOUT_COUNTRY') };
  const isSame = to.city === from.city && to.region === from.region && to.countryCode === from.countryCode;
  return { ...item, outcome: isSame && isLocked ? 'unchanged' : 'changed', to };
}
