import { nameOnArrival } from './placement.ts';
import { type Sidecar, sidecarKeys, sidecarRank } from './sidecar-name.ts';

/** Digits that a stored name got because another photo had it; a sidecar has those of its photo. */
const OUR_DIGITS = /-(?:[0-9a-f]{8}){1,8}(?=\.|$)/;

/** A photo that is stored in the folder of a sidecar. */
type StoredPhoto = {
  readonly assetId: string;
  /** What it is called there. */
  readonly storedName: string;
  readonly kind: 'image' | 'raw' | 'video';
};

/** The keys under which the photo of a stored sidecar may be found, whether its name has our digits or not. */
export function storedSidecarKeys({ kind, name }: Pick<Sidecar, 'kind' | 'name'>): readonly string[] {
  return [...new Set([...sidecarKeys({ kind, name }), ...sidecarKeys({ kind, name: plainName(name) })])];
}

/**
 * Tells to which of the photos in its folder below Originals a stored sidecar belongs, and which others it tells of (edited
 * copies, the moving half). The names that they have there decide: in one folder they are told apart by them. Where the folder
 * has several photos that were called as its own, nobody knows whose copies the others are, and it tells of none of them. A
 * second sidecar of a photo has digits of its own in its name.
 *
 * @returns the photo that it belongs to first; none when it belongs to none
 */
export function photosOfStored<Photo extends StoredPhoto>(
  sidecar: Sidecar,
  sha256: string,
  photos: readonly Photo[],
): readonly Photo[] {
  const named = { ...sidecar, name: nameOnArrival(sidecar.name, sha256) };
  const [owner, ...others] = photos
    .flatMap((photo) => {
      const rank = sidecarRank(named, { name: photo.storedName, kind: photo.kind });
      return rank === null ? [] : [{ photo, rank }];
    })
    .toSorted((one, other) => one.rank - other.rank)
    .map(({ photo }) => photo);
  if (owner === undefined) return [];
  const isNamesake = ({ storedName }: Photo) => plainName(storedName) === plainName(owner.storedName);
  return photos.filter(isNamesake).length > 1 ? [owner] : [owner, ...others];
}

/**
 * What a stored sidecar was called when its photo had no digits yet, so that it follows the photo to its next name. Its own name
 * where nobody can tell.
 */
export function sidecarNameOnArrival(
  storedName: string,
  sha256: string,
  photo: { readonly storedName: string; readonly originalName: string },
): string {
  const name = nameOnArrival(storedName, sha256);
  if (name.startsWith(`${photo.storedName}.`)) return photo.originalName + name.slice(photo.storedName.length);
  const stem = stemOf(photo.storedName);
  return name.startsWith(`${stem}.`) ? stemOf(photo.originalName) + name.slice(stem.length) : name;
}

function stemOf(name: string): string {
  return name.replace(/\.[^.]+$/, '');
}

function plainName(name: string): string {
  return name.replace(OUR_DIGITS, '');
}
