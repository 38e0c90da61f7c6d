/** A video inside a photo file: what a phone saw around the moment. */
export type EmbeddedVideo = {
  /** Where it begins, in bytes from the beginning of the file. */
  readonly offset: number;
  readonly length: number;
};

/**
 * Where the video of a motion photo stands, as its XMP says: `MicroVideoOffset` (Google's first form, and Samsung's),
 * or the directory of items that follow one another to the file's end (Motion Photo format 1.0). Null when it says nothing,
 * or nothing that fits into the file; whether a video is really there, only its bytes tell.
 *
 * @param xmp the text of the photo's XMP
 */
export function locateEmbeddedVideo(xmp: string, sizeBytes: number): EmbeddedVideo | null {
  const micro = /MicroVideoOffset(?:="|>)(\d{1,12})/.exec(xmp)?.[1];
  if (micro !== undefined) return fromEnd(Number(micro), Number(micro), sizeBytes);
  let behind = 0;
  for (const item of readItems(xmp).toReversed()) {
    behind += item.length + item.padding;
    if (item.semantic === 'MotionPhoto') return fromEnd(behind, item.length, sizeBytes);
  }
  return null;
}

type Item = { readonly semantic: string; readonly length: number; readonly padding: number };

function readItems(xmp: string): Item[] {
  return [...xmp.matchAll(/<Container:Item\b([^>]*)>/g)].map(([, attributes = '']) => {
    const value = (name: string) => new RegExp(`Item:${name}="([^"]{0,32})"`).exec(attributes)?.[1] ?? '';
    return { semantic: value('Semantic'), length: numberIn(value('Length')), padding: numberIn(value('Padding')) };
  });
}

function numberIn(text: string): number {
  return /^\d{1,12}$/.test(text) ? Number(text) : 0;
}

function fromEnd(behind: number, length: number, sizeBytes: number): EmbeddedVideo | null {
  const offset = sizeBytes - behind;
  return length > 0 && offset > 0 ? { offset, length } : null;
}
