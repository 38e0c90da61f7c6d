import type { TagText } from './metadata.ts';

const LONGEST = 128;

/** Where the maker and the model stand, best first: in photos, in videos of Apple and of Android. */
const PLACES: readonly (readonly [make: string, model: string])[] = [
  ['IFD0:Make', 'IFD0:Model'],
  ['Keys:Make', 'Keys:Model'],
  ['Keys:AndroidMake', 'Keys:AndroidModel'],
  ['UserData:Make', 'UserData:Model'],
  ['ItemList:Make', 'ItemList:Model'],
  ['XMP-tiff:Make', 'XMP-tiff:Model'],
];

/**
 * Names the device that took a photo or video, the same in both: maker and model, in lower case; null when the file does
 * not say its model.
 */
export function deviceOf(tags: TagText): string | null {
  for (const [makeTag, modelTag] of PLACES) {
    const model = plain(tags.get(modelTag));
    const make = plain(tags.get(makeTag));
    if (model === '') continue;
    const name = make === '' || model.startsWith(make) ? model : `${make} ${model}`;
    return name.slice(0, LONGEST).toWellFormed().trimEnd();
  }
  return null;
}

function plain(text: string | undefined): string {
  return (text ?? '')
    .replace(/[\p{C}\s]+/gu, ' ')
    .trim()
    .toLowerCase();
}
