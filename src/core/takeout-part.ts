/**
 * Folders that are called as Google calls the parts of an export: `takeout-20220106T172751Z-002`, with a group of parts
 * `takeout-20250115T120304Z-3-001`. Whoever unpacked a part anew has a ` (1)` behind that.
 */
const GOOGLES_PART = /^(?<stem>takeout-\d{8}T\d{6}Z)-(?:\d{1,4}-)?\d{1,4}(?: ?\(\d{1,3}\))?$/;
const GOOGLES_NUMBERS = '-(\\d{1,4}-)?\\d{1,4}( ?\\(\\d{1,3}\\))?';
/** Named by a person after them: `takeout-1`, `Takeout Alice 02`. A year is no number of a part. */
const OWN_PART = /^(?<stem>takeout(?:.*\D)?)\d{1,3}$/i;
const OWN_NUMBER = '\\d{1,3}';

/** What Google has all its files in; a folder of a service and one of an album are below. */
const BELOW = /^(?<above>.*)\/(?<part>[^/]+)(?<below>\/Takeout\/[^/]+\/.+)$/;

/**
 * A regular expression (PostgreSQL's and ours) for the files that lie where a folder of a Google Takeout goes on in the other
 * parts of the same export, or in the folder itself; null when it is none that can go on anywhere.
 *
 * Google splits an export by size alone, so that a photo and its JSON may be in two parts, and people unpack each part into a
 * folder of its own. Two folders are parts of one export when they lie beside one another, are called `takeout…`, and differ
 * in the number at the end of their names alone: so that neither the exports of two accounts nor two exports of one are
 * taken for parts of another.
 *
 * @param folder absolute, of the inbox
 */
export function takeoutPartsPattern(folder: string): string | null {
  const { above, part, below } = BELOW.exec(folder)?.groups ?? {};
  if (above === undefined || part === undefined || below === undefined) return null;
  const googles = GOOGLES_PART.exec(part)?.groups?.['stem'];
  const stem = googles ?? OWN_PART.exec(part)?.groups?.['stem'];
  if (stem === undefined) return null;
  const numbers = googles === undefined ? OWN_NUMBER : GOOGLES_NUMBERS;
  return `^${literally(`${above}/${stem}`)}${numbers}${literally(below)}/[^/]+$`;
}

/** Whether a file lies where a folder goes on in another part of the same export: see {@link takeoutPartsPattern}. */
export function isInOtherPart(folder: string, path: string): boolean {
  const pattern = takeoutPartsPattern(folder);
  return pattern !== null && !path.startsWith(`${folder}/`) && new RegExp(pattern).test(path);
}

function literally(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&');
}
