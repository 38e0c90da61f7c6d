/**
 * What Google Photos adds to the name of an edited copy, in the language of the account. Sources:
 * TheLastGimbus/GooglePhotosTakeoutHelper (lib/extras.dart, #123, #204, #217), garzj/google-photos-migrate#5,
 * mattwilson1024/google-photos-exif#49; the rest is how Google Photos writes "edited" in that language.
 */
export const EDITED_SUFFIXES: readonly string[] = [
  'edited',
  'effects',
  'smile',
  'mix',
  'bearbeitet', // German
  'modifié', // French
  'ha editado', // Spanish
  'editado', // Spanish, Portuguese
  'editada',
  'editat', // Catalan
  'modificato', // Italian
  'bewerkt', // Dutch
  'edytowane', // Polish
  'redigerad', // Swedish
  'redigeret', // Danish
  'redigert', // Norwegian
  'muokattu', // Finnish
  'upraveno', // Czech
  'upravené', // Slovak
  'szerkesztett', // Hungarian
  'düzenlendi', // Turkish
  'измененный', // Russian
  '编辑', // Chinese
  '已編輯',
  '編集済み', // Japanese
  '수정됨', // Korean
];

/** Google cuts names to so many characters before the extension, in the middle of such a word if need be. */
export const CUT_STEM_CHARACTERS = 47;

/**
 * The name's stem without the word that says that it is an edited copy; null when there is none.
 *
 * @param stem folded, without number and extension
 */
export function withoutEditedSuffix(stem: string): string | null {
  const iphone = /^img_e(?<number>\d{4})$/.exec(stem)?.groups?.['number'];
  if (iphone !== undefined) return `img_${iphone}`;
  const dash = stem.lastIndexOf('-');
  if (dash <= 0) return null;
  const word = stem.slice(dash + 1).normalize('NFC');
  const isCut = stem.length >= CUT_STEM_CHARACTERS - 1;
  const isEdited = EDITED_SUFFIXES.some((suffix) => (isCut ? suffix.startsWith(word) : suffix === word));
  return isEdited ? stem.slice(0, dash) : null;
}
