/** Places of the world, one a number: columns side by side, because 116,000 objects would take five times the memory. */
export type Gazetteer = {
  /** What it is and of when, e.g. `GeoNames 2026-04-07`. */
  readonly version: string;
  readonly size: number;
  /** Degrees. */
  readonly latitudes: Float32Array;
  readonly longitudes: Float32Array;
  readonly populations: Float64Array;
  /** Whether the place is a part of another, like a quarter of a city. */
  readonly isSection: Uint8Array;
  readonly nameOf: (place: number) => string;
  /** ISO 3166-1 alpha-2. */
  readonly countryOf: (place: number) => string;
  /** The first level of administration; null where the country has none. */
  readonly regionOf: (place: number) => string | null;
};

/** Bytes of a city before its name. */
const CITY_BYTES = 13;
/** Four zero bytes, the number of the list, a newline. */
const LIST_HEAD_BYTES = 6;
const NEWLINE = 0x0a;
const FULL_CIRCLE = 0x100000;
const REGION_MASK = 0x0fff;
const FEATURE_MASK = 0x3f;
/** GeoNames: a section of a populated place, and one that is abandoned, destroyed or was only in history. */
const SECTION = 'PPLX';
const GONE: ReadonlySet<string> = new Set(['PPLQ', 'PPLW', 'PPLH', 'PPLCH']);

/**
 * Reads the database of cities that comes with ExifTool (`Geolocation.dat`), whose format `Geolocation.pm` describes:
 * a header in two lines, then cities, countries, regions, subregions, time zones and feature codes, each list ended by
 * four zero bytes and its number.
 *
 * @throws Error when the bytes are something else, or a version whose layout is not known
 */
export function decodeGazetteer(bytes: Buffer): Gazetteer {
  const header = /^Geolocation(\d+\.\d+)\t(\d+)\n#\s*([^\n]*)\n/.exec(bytes.toString('utf8', 0, 512));
  const [whole, layout, count, comment] = header ?? [];
  if (whole === undefined || layout !== '1.03')
    throw new Error(`no database of places (layout ${layout ?? 'unknown'})`);
  const size = Number(count);
  const columns = {
    latitudes: new Float32Array(size),
    longitudes: new Float32Array(size),
    populations: new Float64Array(size),
    countries: new Uint8Array(size),
    regions: new Uint16Array(size),
    features: new Uint8Array(size),
    names: new Uint32Array(size),
    nameEnds: new Uint32Array(size),
  };
  let at = Buffer.byteLength(whole);
  for (let place = 0; place < size; place += 1) {
    readCity(bytes, at, place, columns);
    at = endOfLine(bytes, at + CITY_BYTES);
    columns.names[place] =
      place === 0 ? Buffer.byteLength(whole) + CITY_BYTES : (columns.nameEnds[place - 1] ?? 0) + CITY_BYTES + 1;
    columns.nameEnds[place] = at;
    at += 1;
  }
  const [countries = [], regions = [], , , features = []] = readLists(bytes, at);
  const featureOf = (place: number) => (features[columns.features[place] ?? 0] ?? '').split(' ')[0] ?? '';
  const isSection = new Uint8Array(size);
  for (let place = 0; place < size; place += 1)
    isSection[place] = featureOf(place) === SECTION || GONE.has(featureOf(place)) ? 1 : 0;
  const { latitudes, longitudes, populations } = columns;
  return {
    version: `GeoNames ${/^\d{4}-\d{2}-\d{2}/.exec(comment ?? '')?.[0] ?? 'of unknown date'}`,
    size,
    latitudes,
    longitudes,
    populations,
    isSection,
    nameOf: (place) => bytes.toString('utf8', columns.names[place], columns.nameEnds[place]),
    countryOf: (place) => (countries[columns.countries[place] ?? 0] ?? '').slice(0, 2),
    regionOf: (place) => regions[columns.regions[place] ?? 0] || null,
  };
}

type Columns = {
  readonly latitudes: Float32Array;
  readonly longitudes: Float32Array;
  readonly populations: Float64Array;
  readonly countries: Uint8Array;
  readonly regions: Uint16Array;
  readonly features: Uint8Array;
};

function readCity(bytes: Buffer, at: number, place: number, columns: Columns): void {
  const low = bytes.readUInt8(at + 2);
  const latitude = (bytes.readUInt16BE(at) << 4) | (low >> 4);
  const longitude = (bytes.readUInt16BE(at + 3) << 4) | (low & 0x0f);
  const scale = bytes.readUInt8(at + 6);
  const code = bytes.readUInt16BE(at + 7);
  columns.latitudes[place] = (latitude * 180) / FULL_CIRCLE - 90;
  columns.longitudes[place] = (longitude * 360) / FULL_CIRCLE - 180;
  columns.populations[place] = Math.round(((scale & 0x0f) + (code >> 12) / 10) * 10 ** (scale >> 4));
  columns.countries[place] = bytes.readUInt8(at + 5);
  columns.regions[place] = code & REGION_MASK;
  columns.features[place] = bytes.readUInt8(at + 12) & FEATURE_MASK;
}

/** The lists after the cities, in their order. */
function readLists(bytes: Buffer, start: number): readonly (readonly string[])[] {
  const lists: string[][] = [];
  let list: string[] | null = null;
  for (let at = start; at < bytes.length; ) {
    if (at + 5 <= bytes.length && bytes.readUInt32BE(at) === 0) {
      if (bytes.readUInt8(at + 4) === 0) break;
      list = [];
      lists.push(list);
      at += LIST_HEAD_BYTES;
      continue;
    }
    const end = endOfLine(bytes, at);
    list?.push(bytes.toString('utf8', at, end));
    at = end + 1;
  }
  return lists;
}

function endOfLine(bytes: Buffer, from: number): number {
  const end = bytes.indexOf(NEWLINE, from);
  if (end === -1) throw new Error('the database of places ends in the middle of a line');
  return end;
}
