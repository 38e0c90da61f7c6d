import type { Gazetteer } from './gazetteer.ts';

export type Near = { readonly place: number; readonly km: number };

/** Finds the places within so many kilometres of a position, in no order. */
export type PlaceIndex = (latitude: number, longitude: number, reachKm: number) => readonly Near[];

const CELL_DEGREES = 0.25;
const ROWS = 180 / CELL_DEGREES;
const COLUMNS = 360 / CELL_DEGREES;
const KM_A_DEGREE = 111.195;
/** Nearer to a pole a cell is narrower than any reach. */
const MOST_LATITUDE = 89.9;
const RADIANS = Math.PI / 180;

/** Sorts all places into cells of a quarter degree: what is near lies in a few of them. */
export function indexPlaces({ size, latitudes, longitudes }: Gazetteer): PlaceIndex {
  const cellOf = (place: number) => rowOf(latitudes[place] ?? 0) * COLUMNS + columnOf(longitudes[place] ?? 0);
  const sorted = Uint32Array.from({ length: size }, (_, place) => place).sort((a, b) => cellOf(a) - cellOf(b));
  const starts = new Uint32Array(ROWS * COLUMNS + 1).fill(size);
  for (let at = size - 1; at >= 0; at -= 1) starts[cellOf(sorted[at] ?? 0)] = at;
  for (let cell = ROWS * COLUMNS - 1; cell >= 0; cell -= 1)
    if (starts[cell] === size) starts[cell] = starts[cell + 1] ?? size;

  return (latitude, longitude, reachKm) => {
    const near: Near[] = [];
    for (const [from, to] of cellRanges(latitude, longitude, reachKm / KM_A_DEGREE)) {
      const end = starts[to] ?? size;
      for (let at = starts[from] ?? size; at < end; at += 1) {
        const place = sorted[at] ?? size;
        const km = distanceKm(latitude, longitude, latitudes[place] ?? 0, longitudes[place] ?? 0);
        if (km <= reachKm) near.push({ place, km });
      }
    }
    return near;
  };
}

/** Runs of cells that hold everything within reach: one for each row, two where the row crosses the date line. */
function cellRanges(latitude: number, longitude: number, reachDegrees: number): (readonly [number, number])[] {
  const ranges: (readonly [number, number])[] = [];
  const widest = Math.min(MOST_LATITUDE, Math.abs(latitude) + reachDegrees);
  const span = Math.ceil(reachDegrees / Math.cos(widest * RADIANS) / CELL_DEGREES);
  const west = columnOf(longitude) - span;
  const east = columnOf(longitude) + span + 1;
  for (let row = rowOf(latitude - reachDegrees); row <= rowOf(latitude + reachDegrees); row += 1) {
    const first = row * COLUMNS;
    if (east - west >= COLUMNS) {
      ranges.push([first, first + COLUMNS]); // all the way round, near a pole
      continue;
    }
    ranges.push([first + Math.max(0, west), first + Math.min(COLUMNS, east)]);
    if (west < 0) ranges.push([first + COLUMNS + west, first + COLUMNS]);
    if (east > COLUMNS) ranges.push([first, first + east - COLUMNS]);
  }
  return ranges;
}

/** The length of the great circle between two positions in degrees, on a globe of 6,371 km. */
export function distanceKm(latitudeA: number, longitudeA: number, latitudeB: number, longitudeB: number): number {
  const halfLatitude = Math.sin(((latitudeB - latitudeA) * RADIANS) / 2);
  const halfLongitude = Math.sin(((longitudeB - longitudeA) * RADIANS) / 2);
  const chord =
    halfLatitude * halfLatitude +
    Math.cos(latitudeA * RADIANS) * Math.cos(latitudeB * RADIANS) * halfLongitude * halfLongitude;
  return 2 * 6371 * Math.asin(Math.min(1, Math.sqrt(chord)));
}

function rowOf(latitude: number): number {
  return Math.min(ROWS - 1, Math.max(0, Math.floor((latitude + 90) / CELL_DEGREES)));
}

function columnOf(longitude: number): number {
  return Math.min(COLUMNS - 1, Math.max(0, Math.floor((longitude + 180) / CELL_DEGREES)));
}
