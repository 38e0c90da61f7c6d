import type { EmbeddedVideo } from './embedded-video.ts';

/**
 * What a metadata reader found: the *text* of each tag, keyed `Group:Tag` as `exiftool -G1` names groups
 * (`ExifIFD:DateTimeOriginal`, `Keys:CreationDate`, `XMP-photoshop:DateCreated`). Nothing is interpreted yet, but positions
 * are decimal degrees (`exiftool -n`).
 */
export type TagText = ReadonlyMap<string, string>;

export type MetadataReading = {
  readonly tags: TagText;
  /** Which reader answered; `none` when there was nothing to read, or, with a `problem`, when no reader could. */
  readonly reader: 'exifr' | 'boxes' | 'exiftool' | 'none';
  /** Why the answer is less than it should be, in words for a person; null when all is well. */
  readonly problem: string | null;
  /** The video of a motion photo, when one is inside. */
  readonly embeddedVideo?: EmbeddedVideo | null;
};

/** What kind of media a file is, decided by its content. */
export type MediaType = {
  readonly kind: 'image' | 'raw' | 'video';
  /** Short name of the format, upper case: JPEG, HEIC, CR3, MP4… */
  readonly format: string;
  /** The media type as IANA has it, or the customary `image/x-…`. */
  readonly mime: string;
};

/**
 * How sure a date is. `high`: a clock at the place said so, or a person. `medium`: an instant whose zone is assumed, a day
 * without a time, a service's or a name's word. `low`: the date of the file rather than of the photo, or only its year. `none`:
 * nothing but the file's time.
 */
export const CONFIDENCES = ['high', 'medium', 'low', 'none'] as const;
export type Confidence = (typeof CONFIDENCES)[number];

/** Who said what the offset from UTC is: the photo itself, another file of the same shot, the position, a photo by the same device, the setting, a person. */
export const ZONE_SOURCES = ['tag', 'companion', 'position', 'neighbour', 'default', 'person'] as const;
export type ZoneSource = (typeof ZONE_SOURCES)[number];

/**
 * When a photo was taken, on the clock of the place where it was taken.
 *
 * `wallClock` is `YYYY-MM-DD HH:MM:SS[.ffffff]`: a value of its own, never an instant. `offsetMinutes` is east of UTC,
 * null when nothing says; for what was only an instant it is the offset of the zone that made it a wall clock, and `zone`
 * says where that is from. `source` names the tag (`ExifIFD:DateTimeOriginal`), `filename` or `mtime`.
 */
export type CaptureTime = {
  readonly wallClock: string;
  readonly offsetMinutes: number | null;
  readonly source: string;
  readonly confidence: Confidence;
  /** Null exactly when `offsetMinutes` is. */
  readonly zone: ZoneSource | null;
};

/** A date that was found. Not every one counts: `doubt` says in words why not. */
export type FoundDate = CaptureTime & { readonly doubt: string | null };

/** Degrees, WGS 84: lat −90..90, lon −180..180. */
export type Location = { readonly lat: number; readonly lon: number };
