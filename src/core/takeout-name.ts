import { companionKey, foldName, type NameParts, splitName } from './companion-key.ts';
import { CUT_STEM_CHARACTERS, withoutEditedSuffix } from './edited-suffix.ts';

export type TakeoutJson = {
  readonly name: string;
  /** What the JSON calls its photo: the name that it was uploaded with; null when it does not say. */
  readonly title: string | null;
};

/** Google cuts the JSON's name to so many characters before `.json`, and before the number of a copy. */
const CUT_JSON_CHARACTERS = 46;
const SUPPLEMENT = 'supplemental-metadata';
const STILLS = ['heic', 'heif', 'jpg', 'jpeg', 'png', 'gif', 'webp', 'avif', 'dng'];
const MOVING: ReadonlySet<string> = new Set(['.mp4', '.mov', '.mp', '.mv', '.m4v', '.3gp']);

/** How the JSON's name may lead to a photo's: less is better. A title that agrees beats any of them. */
const RANK = {
  exact: 0,
  cut: 2,
  oddCut: 3,
  lostExtension: 4,
  twiceNumbered: 6,
  edited: 10,
  moving: 20,
  lostNumber: 30,
  variant: 40,
};
const TITLE_ALONE = 50;
const WITHOUT_TITLE = 100;
const NEVER = Number.POSITIVE_INFINITY;

/**
 * Finds the JSON of a Google Takeout folder that tells of a photo; null when none does. Edited copies and the moving half
 * of a live photo share the JSON of their photo.
 *
 * The title counts first, as long as the number of a copy agrees: the title has none (`IMG.jpg(1).json` is titled
 * `IMG.jpg` and tells of `IMG(1).jpg`). Then the names, which Google cuts, numbers and lengthens by rules that have
 * changed over the years. Case and Unicode form do not count.
 *
 * @param jsons those of one folder
 */
export function findTakeoutJson<Json extends TakeoutJson>(mediaName: string, jsons: readonly Json[]): Json | null {
  let best: { json: Json; rank: number } | null = null;
  for (const json of jsons) {
    const rank = takeoutRank(json, mediaName);
    if (rank !== null && (best === null || rank < best.rank)) best = { json, rank };
  }
  return best?.json ?? null;
}

/** How well a JSON names a photo: 0 is best, null not at all. */
export function takeoutRank(json: TakeoutJson, mediaName: string): number | null {
  if (companionKey(json.name) !== companionKey(mediaName)) return null;
  const byName = rankOver(readingsOfJson(json.name), mediaName, nameRank);
  const title = json.title === null ? null : plainTitle(json.title);
  const byTitle =
    title === null
      ? NEVER
      : rankOver(
          readingsOfJson(json.name).map((reading) => ({ ...reading, base: title })),
          mediaName,
          titleRank,
        );
  if (byTitle !== NEVER) return byName === NEVER ? TITLE_ALONE + byTitle : byName;
  const isContradicted = title !== null && companionKey(title) !== companionKey(mediaName);
  if (byName === NEVER || (isContradicted && byName > RANK.oddCut)) return null;
  return WITHOUT_TITLE + byName;
}

type Reading = { readonly base: string; readonly number: number | null };
type Rank = (base: string, media: { readonly stem: string; readonly extension: string }) => number;

/** A number at the end may be a copy's, or part of the name. */
function readingsOfJson(name: string): Reading[] {
  const base = foldName(name).replace(/\.json$/, '');
  const copy = /^(?<plain>.+)\((?<number>\d{1,5})\)$/u.exec(base)?.groups;
  const whole = { base, number: null };
  return copy === undefined ? [whole] : [whole, { base: copy['plain'] ?? '', number: Number(copy['number']) }];
}

function rankOver(jsons: readonly Reading[], mediaName: string, rank: Rank): number {
  const parts = splitName(mediaName);
  let best = NEVER;
  for (const { base, number } of jsons) best = Math.min(best, rankOf(base, number, { parts, rank }));
  return best;
}

function rankOf(base: string, number: number | null, { parts, rank }: { parts: NameParts; rank: Rank }): number {
  const { stem, extension } = parts;
  const numbered = parts.number === null ? stem : `${stem}(${parts.number})`;
  const ranks = [NEVER];
  // The number is part of the name that the photo was uploaded with, or the copy's; or both.
  if (number === null) ranks.push(derived(base, { stem: numbered, extension }, rank));
  else if (number === parts.number) ranks.push(RANK.twiceNumbered + derived(base, { stem: numbered, extension }, rank));
  if (number === parts.number) ranks.push(derived(base, { stem, extension }, rank));
  if (number === null && parts.number !== null && mayLoseNumber(base, stem))
    ranks.push(RANK.lostNumber + derived(base, { stem, extension }, rank));
  return Math.min(...ranks);
}

/** A copy has no JSON of its own when both names were cut to the same, or when it is an edited one. */
function mayLoseNumber(base: string, stem: string): boolean {
  return base.length >= CUT_JSON_CHARACTERS || withoutEditedSuffix(stem) !== null;
}

/** The photo itself, else what it may have been made of: an edited copy, the moving half. */
function derived(base: string, media: { readonly stem: string; readonly extension: string }, rank: Rank): number {
  const { stem, extension } = media;
  const own = rank(base, media);
  if (own !== NEVER) return own;
  const original = withoutEditedSuffix(stem);
  if (original !== null) {
    const same = rank(base, { stem: original, extension });
    if (same !== NEVER) return RANK.edited + same;
    // Edited HEIC photos come as JPEG.
    const other = Math.min(...STILLS.map((still) => rank(base, { stem: original, extension: `.${still}` })));
    return RANK.edited + 1 + other;
  }
  if (MOVING.has(extension)) {
    const ranks = STILLS.flatMap((still, n) => [
      n + rank(base, { stem, extension: `.${still}` }),
      n + rank(base, { stem: `${stem}${extension}`, extension: `.${still}` }), // PXL_….MP and PXL_….MP.jpg
    ]);
    return RANK.moving + Math.min(...ranks);
  }
  const variant = /^(?<of>.+)-[\p{L} ]+$/u.exec(stem)?.groups?.['of'];
  return variant === undefined ? NEVER : RANK.variant + rank(base, { stem: variant, extension });
}

function nameRank(base: string, { stem, extension }: { readonly stem: string; readonly extension: string }): number {
  const name = stem + extension;
  if (base === name) return RANK.exact;
  if (base.startsWith(`${name}.`) && isSupplement(base.slice(name.length + 1))) return RANK.exact + 1;
  if (name.startsWith(base) && base.length === CUT_JSON_CHARACTERS) return RANK.cut;
  if (name.startsWith(base) && base.length >= CUT_JSON_CHARACTERS - 2) return RANK.oddCut;
  if (!base.startsWith(stem)) return NEVER;
  for (let kept = extension.length - 1; kept >= 0; kept -= 1) {
    const shorter = stem + extension.slice(0, kept);
    if (base === shorter) return RANK.lostExtension;
    if (base.startsWith(`${shorter}.`) && isSupplement(base.slice(shorter.length + 1))) return RANK.lostExtension + 1;
  }
  return NEVER;
}

/** `supplemental-metadata`, cut anywhere; a few exports say `metadata`. */
function isSupplement(text: string): boolean {
  return SUPPLEMENT.startsWith(text) || text === 'metadata';
}

function titleRank(title: string, { stem, extension }: { readonly stem: string; readonly extension: string }): number {
  const plainStem = plainTitle(stem);
  if (title === plainStem + extension) return 0;
  if (title === plainStem) return 1; // uploaded without an extension
  const of = splitName(title);
  const titleStem = title.slice(0, title.length - of.extension.length);
  const isCut = stem.length >= CUT_STEM_CHARACTERS - 6 && titleStem.length > stem.length;
  return isCut && of.extension === extension && titleStem.startsWith(plainStem) ? 2 : NEVER;
}

/** What file systems refuse in names becomes an underscore in the archive, and stays in the title. */
function plainTitle(title: string): string {
  return foldName(title).replace(/[^\p{L}\p{N}\p{M}\p{S}.() -]|[&%<>|`^$=+~]/gu, '_');
}
