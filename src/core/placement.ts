/** Where an original goes: a folder below Originals, and the names to try in this order. */
export type PlacementPlan = {
  /** `YYYY/YYYY-MM-DD`, the local day where the photo was taken. */
  readonly folder: string;
  readonly names: readonly string[];
};

/** What ext4, APFS, NTFS, exFAT and nearly every other file system allow a name. */
const MAX_NAME_BYTES = 255;
/** eCryptfs, which is below some people's home folders, allows less. */
const SHORT_NAME_BYTES = 143;
const SUFFIX_DIGITS = [8, 16, 64] as const;
const LONGEST_EXTENSION_BYTES = 32;

/**
 * Plans where a photo is filed: the day folder, then the names to try.
 *
 * The original name is kept to the byte. When other content has it, digits of the photo's own hash follow it, so that
 * the suffix never depends on the order of arrival. A name that is too long for its suffix is shortened, never refused.
 *
 * @param wallClock `YYYY-MM-DD …`
 * @param sha256 64 lower-case hex digits
 */
export function planPlacement(wallClock: string, originalName: string, sha256: string): PlacementPlan {
  const day = wallClock.slice(0, 10);
  return { folder: `${day.slice(0, 4)}/${day}`, names: namesToTry(originalName, sha256) };
}

/**
 * The name itself, then the name with 8, 16 and all 64 digits of the hash, then, for small-minded volumes, a short form
 * without what FAT, exFAT and NTFS refuse.
 */
export function namesToTry(originalName: string, sha256: string): readonly string[] {
  const withDigits = (name: string, digits: number, maxBytes: number) =>
    withSuffix(name, `-${sha256.slice(0, digits)}`, maxBytes);
  const suffixed = SUFFIX_DIGITS.map((digits) => withDigits(originalName, digits, MAX_NAME_BYTES));
  const plainName = originalName.replace(REFUSED_CHARACTERS, '_').replace(/[. ]+$/, '');
  return [...new Set([originalName, ...suffixed, withDigits(plainName, 16, SHORT_NAME_BYTES)])];
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is meant
const REFUSED_CHARACTERS = /[\u0000-\u001f"*:<>?\\|]/g;

/**
 * The key under which two names count as one: Unicode's composed form, without regard to case.
 *
 * `IMG.JPG` and `img.jpg` cannot live side by side on exFAT, APFS or NTFS, and neither can the two spellings of `é`.
 */
export function nameKey(name: string): string {
  return name.normalize('NFC').toUpperCase().toLowerCase().normalize('NFC');
}

const OUR_SUFFIX = /-([0-9a-f]{64}|[0-9a-f]{16}|[0-9a-f]{8})$/;

/**
 * The name that a stored original arrived with: its own, without the digits that `namesToTry` gave it because another
 * photo had that name. Digits that are not of its own hash belong to the name.
 *
 * A name that was shortened to make room for them, or freed of what a volume refuses, cannot be found again.
 */
export function nameOnArrival(storedName: string, sha256: string): string {
  const { stem, extension } = splitExtension(storedName);
  const [suffix, digits] = OUR_SUFFIX.exec(stem) ?? [];
  if (suffix === undefined || digits === undefined || !sha256.startsWith(digits)) return storedName;
  return stem === suffix ? storedName : stem.slice(0, -suffix.length) + extension;
}

function withSuffix(name: string, suffix: string, maxBytes: number): string {
  const { stem, extension } = splitExtension(name);
  return `${cutToBytes(stem, maxBytes - utf8Length(suffix) - utf8Length(extension))}${suffix}${extension}`;
}

function splitExtension(name: string): { stem: string; extension: string } {
  const dot = name.lastIndexOf('.');
  if (dot <= 0 || utf8Length(name.slice(dot)) > LONGEST_EXTENSION_BYTES) return { stem: name, extension: '' };
  return { stem: name.slice(0, dot), extension: name.slice(dot) };
}

/** Cuts between characters, never inside one. */
function cutToBytes(text: string, maxBytes: number): string {
  if (utf8Length(text) <= maxBytes) return text;
  let bytes = 0;
  let kept = '';
  for (const character of text) {
    bytes += utf8Length(character);
    if (bytes > maxBytes) break;
    kept += character;
  }
  return kept;
}

const encoder = new TextEncoder();

/** Nearly all names are ASCII, and so short that looking is cheaper than encoding. */
const ASCII = /^[ -~]*$/;

function utf8Length(text: string): number {
  if (ASCII.test(text)) return text.length;
  return encoder.encode(text).length;
}
