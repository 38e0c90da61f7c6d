import { CAPTURE_TAGS, SIDECAR, TAKEOUT_TIME_TAG } from './capture-tags.ts';
import { TAKEOUT_POSITION_TAG } from './location.ts';
import type { TagText } from './metadata.ts';
import type { SidecarKind } from './sidecar-name.ts';
import { readTakeoutJson, type TakeoutFacts } from './takeout-json.ts';
import { formatClock, fromEpochMs } from './wall-clock.ts';

/** What a Takeout JSON calls its photo. */
export const TAKEOUT_TITLE_TAG = 'Takeout:Title';

export type SidecarContent = {
  readonly kind: SidecarKind;
  /** A Takeout JSON's own word for its photo. */
  readonly title: string | null;
  /** What it adds to the tags of its photo. */
  readonly facts: Readonly<Record<string, string>>;
};

/**
 * Reads what a file beside a photo says, as far as its text tells; null when it is none, whatever its name. The tags of an
 * XMP sidecar take a reader of XMP: see {@link xmpFacts}.
 *
 * @param text its bytes, each as one character where they are no UTF-8
 */
export function readSidecar(kind: SidecarKind, text: string): SidecarContent | null {
  switch (kind) {
    case 'xmp':
      // XMP may be UTF-16 or UTF-32 as well: half of what follows are then zeros.
      return /<(x:xmpmeta|rdf:RDF)\b/.test(text.replaceAll('\0', '')) ? { kind, title: null, facts: {} } : null;
    case 'aae':
      return /^(bplist0|[^<]{0,8}<\?xml|[^<]{0,8}<!DOCTYPE plist|[^<]{0,8}<plist)/.test(text)
        ? { kind, title: null, facts: {} }
        : null;
    case 'takeout': {
      const found = readTakeoutJson(text);
      return found === null ? null : { kind, title: found.title, facts: takeoutFacts(found) };
    }
  }
}

function takeoutFacts({ title, takenMs, location }: TakeoutFacts): Record<string, string> {
  const facts: Record<string, string> = title === null ? {} : { [TAKEOUT_TITLE_TAG]: storable(title, 512) };
  // `photoTakenTime` of a photo without any date is the zero of Unix.
  if (takenMs !== null && takenMs !== 0) facts[TAKEOUT_TIME_TAG] = `${formatClock(fromEpochMs(takenMs))}Z`;
  if (location !== null) facts[TAKEOUT_POSITION_TAG] = `${location.lat} ${location.lon}`;
  return facts;
}

const WANTED: ReadonlySet<string> = new Set([
  ...CAPTURE_TAGS.map(({ tag }) => tag),
  `${SIDECAR}XMP-exif:GPSLatitude`,
  `${SIDECAR}XMP-exif:GPSLongitude`,
]);

/** The facts of an XMP sidecar, from its tags: those that may decide when and where its photo was taken. */
export function xmpFacts(tags: TagText): Record<string, string> {
  const facts: Record<string, string> = {};
  for (const [tag, value] of tags) if (WANTED.has(`${SIDECAR}${tag}`)) facts[`${SIDECAR}${tag}`] = storable(value, 256);
  return facts;
}

/** PostgreSQL's JSON has no NUL and no half characters. */
function storable(text: string, characters: number): string {
  return text.slice(0, characters).replaceAll('\0', ' ').toWellFormed();
}
