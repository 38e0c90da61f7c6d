import { companionKey, foldName, splitName } from './companion-key.ts';
import { type TakeoutJson, takeoutRank } from './takeout-name.ts';

/** What may lie beside a photo and tell of it: edits and facts of photo programs, Apple's edits, Google's facts. */
export const SIDECAR_KINDS = ['xmp', 'aae', 'takeout'] as const;
export type SidecarKind = (typeof SIDECAR_KINDS)[number];

const BY_EXTENSION: ReadonlyMap<string, SidecarKind> = new Map([
  ['.xmp', 'xmp'],
  ['.aae', 'aae'],
  ['.json', 'takeout'],
]);

/** Which kind of sidecar a name claims to be; its content has to agree. Null for every other name. */
export function sidecarKindOf(name: string): SidecarKind | null {
  return BY_EXTENSION.get(/\.[a-z]{3,4}$/i.exec(name)?.[0].toLowerCase() ?? '') ?? null;
}

export type Sidecar = TakeoutJson & { readonly kind: SidecarKind };

/** The keys under which its photo may be found: darktable's `a_01.jpg.xmp` is a second edit of `a.jpg`. */
export function sidecarKeys({ kind, name }: Pick<Sidecar, 'kind' | 'name'>): readonly string[] {
  const keys = [companionKey(name)];
  const version = kind === 'xmp' ? VERSION.exec(foldName(name))?.groups : undefined;
  if (version !== undefined) keys.push(companionKey(`${version['stem']}${version['extension']}`));
  return [...new Set(keys)];
}

/** darktable numbers the edits of a photo. */
const VERSION = /^(?<stem>.+)_\d{2}(?<extension>\.[^.]+)\.xmp$/;

/** Which of a RAW and its JPEG a sidecar named after both belongs to: the one that programs do not write into. */
const PREFERENCE = ['raw', 'image', 'video'] as const;

/**
 * How well a sidecar's name says that it belongs to a photo: 0 is best, null not at all.
 *
 * `a.jpg.xmp` is `a.jpg`'s alone, `a.xmp` is that of `a` with any extension, the RAW first. `IMG_O0001.AAE` keeps
 * the edits of `IMG_0001` before the last ones. A Takeout JSON is matched by its title and Google's rules.
 */
export function sidecarRank(
  sidecar: Sidecar,
  media: { readonly name: string; readonly kind: (typeof PREFERENCE)[number] },
): number | null {
  const { kind, name } = sidecar;
  if (kind === 'takeout') return takeoutRank(sidecar, media.name);
  const photo = foldName(media.name);
  const base = foldName(name).replace(/\.[^.]+$/, '');
  const stem = photo.replace(/\.[^.]+$/, '');
  const later = 1 + PREFERENCE.indexOf(media.kind);
  if (kind === 'xmp') {
    if (base === photo) return 0;
    if (base === stem) return later;
    const version = VERSION.exec(foldName(name))?.groups;
    return version !== undefined && `${version['stem']}${version['extension']}` === photo ? 5 : null;
  }
  // An iPhone edits photos and videos, never a RAW's own bytes: HEIC and JPEG first.
  if (base === stem) return media.kind === 'image' ? 0 : later;
  return base.replace(/^img_o(?=\d{4})/, 'img_') === stem ? 5 : null;
}

type NamedMedia = {
  readonly name: string;
  readonly kind: (typeof PREFERENCE)[number];
  /** It lies where the sidecar's folder goes on in another part of a Takeout. */
  readonly isInOtherPart: boolean;
};

/**
 * Finds the photo of a sidecar, or null when none of these is it: one of its own folder before any of another part of the
 * export, however that is named. The first of several that are named as well.
 */
export function findPhotoOf<Media extends NamedMedia>(sidecar: Sidecar, photos: readonly Media[]): Media | null {
  let best: { photo: Media; rank: number } | null = null;
  for (const photo of photos) {
    const rank = sidecarRank(sidecar, photo);
    if (rank === null) continue;
    const isNearer = best?.photo.isInOtherPart === true && !photo.isInOtherPart;
    const isAsNear = best === null || best.photo.isInOtherPart === photo.isInOtherPart;
    if (isNearer || (isAsNear && (best === null || rank < best.rank))) best = { photo, rank };
  }
  return best?.photo ?? null;
}

/**
 * The name of a sidecar beside its stored photo: its own, unless the photo got digits because its name was taken. Then the
 * sidecar's follows, so that programs still find one by the other.
 *
 * @param photoName what the photo was called when it arrived
 * @param storedName what it is called now
 */
export function sidecarNameBeside(sidecar: Sidecar, photoName: string, storedName: string): string {
  const { kind, name } = sidecar;
  if (storedName === photoName) return name;
  const extension = /\.[^.]+$/.exec(name)?.[0] ?? '';
  if (kind === 'takeout') return `${storedName}${extension}`;
  const isNamedWhole = foldName(name).startsWith(`${foldName(photoName)}.`);
  return `${isNamedWhole ? storedName : stemOf(storedName)}${extension}`;
}

function stemOf(name: string): string {
  const { extension } = splitName(name);
  return extension === '' ? name : name.slice(0, -extension.length);
}
