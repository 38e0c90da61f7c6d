import { splitName } from './companion-key.ts';
import { withoutEditedSuffix } from './edited-suffix.ts';

/** What a name says of the shot that a file belongs to. */
export type ShotName = {
  /** The same in all files of the shot, folded. */
  readonly stem: string;
  /** Of a numbered copy, which; null for none. */
  readonly number: number | null;
  /** It says that it is an edited copy. */
  readonly isEdited: boolean;
  /** A small preview of a video (GoPro's LRV, DJI's LRF), or the picture of one (THM). */
  readonly isProxy: boolean;
  /** It says that it is the picture to show of a burst, or of several that were taken at once. */
  readonly isCover: boolean;
  /** It alone says that its files are of one shot: it holds the moment of a burst, or of a Pixel's shot to the millisecond. */
  readonly isOwn: boolean;
};

/** `00012IMG_00012_BURST20190101120000123_COVER.jpg` */
const BURST = /_burst(?<at>\d{14,17})/;
/** `PXL_20210403_100534402.RAW-01.MP.COVER.jpg`; `~2` is an edited copy. */
const PIXEL = /^(?<shot>pxl_\d{8}_\d{9})(?<rest>[.~].*)?$/;
/** `GL010001.LRV` is the preview of `GX010001.MP4` or `GH010001.MP4`. */
const GOPRO = /^g[hlx](?=\d{6}$)/;
const PROXY_EXTENSIONS: ReadonlySet<string> = new Set(['.lrv', '.lrf', '.thm']);

/** Takes the name of a photo or video apart, as far as it tells of its shot. */
export function shotNameOf(name: string): ShotName {
  const { stem: whole, number, extension } = splitName(name);
  const isProxy = PROXY_EXTENSIONS.has(extension);
  const isCover = /[._]cover$/.test(whole);
  const burst = BURST.exec(whole)?.groups?.['at'];
  if (burst !== undefined)
    return { stem: `burst${burst}`, number: null, isEdited: false, isProxy, isCover, isOwn: true };
  const pixel = PIXEL.exec(whole)?.groups;
  if (pixel !== undefined) {
    const { shot = whole, rest = '' } = pixel;
    return { stem: shot, number, isEdited: /~\d+$/.test(rest), isProxy, isCover, isOwn: true };
  }
  const unedited = withoutEditedSuffix(whole);
  const stem = (unedited ?? whole).replace(GOPRO, 'gx');
  return { stem, number, isEdited: unedited !== null, isProxy, isCover, isOwn: false };
}

/** Digits that a stored name got because another photo had it: those of the picture, in the names of all its companions. */
const OUR_DIGITS = /-(?:[0-9a-f]{8}){1,8}$/;

/**
 * A short key that is the same for all files of a shot that came by one folder: it only narrows a search, and is compared
 * with nothing that a person sees.
 *
 * @param folder absolute
 * @returns 16 hex digits
 */
export function shotKey(folder: string, name: string): string {
  const { stem, number } = shotNameOf(name);
  const text = `${folder}/${stem.replace(OUR_DIGITS, '')}/${number ?? ''}`;
  return `${fnv1a(text, 0x811c9dc5)}${fnv1a(text, 0x9747b28c)}`;
}

function fnv1a(text: string, seed: number): string {
  let hash = seed;
  for (let at = 0; at < text.length; at += 1) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193);
  return (hash >>> 0).toString(16).padStart(8, '0');
}
