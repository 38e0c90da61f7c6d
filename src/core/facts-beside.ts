import type { TagText } from './metadata.ts';
import type { Sidecar } from './sidecar-name.ts';
import { sidecarRank } from './sidecar-name.ts';

/** A sidecar and what it says. */
export type TellingSidecar = Sidecar & {
  readonly facts: Readonly<Record<string, string>>;
  /** It is filed beside this very photo, whatever their names. */
  readonly isOwn: boolean;
  /** It came where the photo's folder goes on in another part of the same Takeout. */
  readonly isInOtherPart: boolean;
};

/** As good as a name that was cut. */
const RANK_OF_OWN = 3;

/**
 * What the sidecars of a folder add to the tags of a photo. One that is named after the photo alone overrules one that is
 * named after several, a later one an earlier one; of Takeout's, the one that names it best counts alone, and one from
 * another part of the export only where the photo's own folder has none.
 *
 * @param sidecars in the order in which they came
 */
export function factsBeside(
  media: { readonly name: string; readonly kind: 'image' | 'raw' | 'video' },
  sidecars: readonly TellingSidecar[],
): TagText {
  const ranked = sidecars.flatMap((sidecar) => {
    const rank = sidecarRank(sidecar, media) ?? (sidecar.isOwn ? RANK_OF_OWN : null);
    return rank === null ? [] : [{ sidecar, rank }];
  });
  const ofTakeout = ranked.filter(({ sidecar }) => sidecar.kind === 'takeout');
  const ofFolder = ofTakeout.filter(({ sidecar }) => !sidecar.isInOtherPart);
  const nearest = ofFolder.length > 0 ? ofFolder : ofTakeout;
  const best = Math.min(...nearest.map(({ rank }) => rank));
  const counting = ranked.filter(
    (one) => one.sidecar.kind !== 'takeout' || (one.rank === best && nearest.includes(one)),
  );
  const ordered = counting.toSorted((one, other) => other.rank - one.rank);
  return new Map(ordered.flatMap(({ sidecar }) => Object.entries(sidecar.facts)));
}
