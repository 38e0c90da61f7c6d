import type { Location, TagText } from './metadata.ts';

/** Latitude and longitude of a Takeout JSON, parted by a space. */
export const TAKEOUT_POSITION_TAG = 'Takeout:Position';

type Reader = (tags: TagText) => Location | null;

/** Where a position may stand, best first. The values are decimal degrees as `exiftool -n` gives them. */
const READERS: readonly Reader[] = [
  referenced('GPS'),
  signed('XMP-exif'),
  pair('Keys:GPSCoordinates'),
  pair('UserData:GPSCoordinates'),
  pair('ItemList:GPSCoordinates'),
  labelled('UserData:LocationInformation'),
  labelled('Keys:LocationInformation'),
  signed('UserData'),
  signed('XMP-drone-dji'),
  signed('XMP-GAudio'),
  referenced('FLIR'),
  referenced('H264'),
  // Beside the photo: a place is a fact of the receiver, so the photo's own comes first.
  signed('Sidecar-XMP-exif'),
  pair(TAKEOUT_POSITION_TAG),
];

/**
 * Decides where a photo was taken; null when nothing in the file is a position.
 *
 * Only numbers in range count, both of a pair or none, and never exactly 0, 0, which is what a receiver without a fix
 * writes. A place half readable is no place: nothing is repaired.
 */
export function decideLocation(tags: TagText): Location | null {
  for (const read of READERS) {
    const found = read(tags);
    if (found !== null) return found;
  }
  return null;
}

/** EXIF keeps the sign in a tag of its own; a coordinate without it could be either hemisphere's. */
function referenced(group: string): Reader {
  return (tags) =>
    position(
      withSign(tags.get(`${group}:GPSLatitude`), tags.get(`${group}:GPSLatitudeRef`), { plus: 'N', minus: 'S' }),
      withSign(tags.get(`${group}:GPSLongitude`), tags.get(`${group}:GPSLongitudeRef`), { plus: 'E', minus: 'W' }),
    );
}

function withSign(
  value: string | undefined,
  reference: string | undefined,
  { plus, minus }: Record<'plus' | 'minus', string>,
): number {
  const degrees = decimal(value);
  const letter = reference?.replaceAll('\0', '').trim().slice(0, 1).toUpperCase();
  if (letter === plus) return degrees;
  // Some programs write the sign as well as the letter.
  return letter === minus ? -Math.abs(degrees) : Number.NaN;
}

function signed(group: string): Reader {
  return (tags) =>
    position(
      decimal(tags.get(`${group}:GPSLatitude`)),
      // Drones of some years misspell it.
      decimal(tags.get(`${group}:GPSLongitude`) ?? tags.get(`${group}:GPSLongtitude`)),
    );
}

/** ISO 6709 as exiftool hands it on: latitude, longitude and perhaps altitude, parted by spaces. */
function pair(tag: string): Reader {
  return (tags) => {
    const [lat, lon] = (tags.get(tag) ?? '').trim().split(/[\s,]+/);
    return position(decimal(lat), decimal(lon));
  };
}

/** 3GPP `loci`: `Role=shooting Lat=52.5 Lon=13.4 Alt=34.00 …`. */
function labelled(tag: string): Reader {
  return (tags) => {
    const text = tags.get(tag) ?? '';
    return position(decimal(/\bLat=(\S+)/.exec(text)?.[1]), decimal(/\bLon=(\S+)/.exec(text)?.[1]));
  };
}

/** A number written as a number; NaN for everything else, the empty text included. */
function decimal(text: string | undefined): number {
  const trimmed = text?.trim() ?? '';
  return /^[+-]?\d+(\.\d+)?(e-?\d+)?$/i.test(trimmed) ? Number(trimmed) : Number.NaN;
}

function position(lat: number, lon: number): Location | null {
  if (!(Math.abs(lat) <= 90 && Math.abs(lon) <= 180)) return null;
  if (lat === 0 && lon === 0) return null;
  // -0 is 0 to people and to PostgreSQL.
  return { lat: lat + 0, lon: lon + 0 };
}
