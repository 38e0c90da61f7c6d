import { type AppleIdentifiers, asIdentifier } from './apple-maker-note.ts';
import type { TagText } from './metadata.ts';

/** Where the identifier of a shot stands: in Apple's maker notes and in its videos; as `exiftool -G1` names it. */
export const CONTENT_IDENTIFIER_TAG = 'Apple:ContentIdentifier';
export const BURST_IDENTIFIER_TAG = 'Apple:BurstUUID';
const VIDEO_CONTENT_IDENTIFIER_TAG = 'Keys:ContentIdentifier';

/** What a file says of the shot that it belongs to, from its tags. */
export function identifiersOf(tags: TagText): AppleIdentifiers {
  const content = tags.get(CONTENT_IDENTIFIER_TAG) ?? tags.get(VIDEO_CONTENT_IDENTIFIER_TAG) ?? '';
  return { content: asIdentifier(content), burst: asIdentifier(tags.get(BURST_IDENTIFIER_TAG) ?? '') };
}
