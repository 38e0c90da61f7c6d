import { readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { type Atlas, choosePlace, type Place } from '../../core/places/choose-place.ts';
import { decodeGazetteer } from '../../core/places/gazetteer.ts';
import { type LandTopology, readLand } from '../../core/places/land.ts';
import { indexPlaces } from '../../core/places/place-index.ts';

/** Says where positions are, from data that npm brought: nothing leaves this machine. */
export type Geocoder = {
  /** Of the data: what was said by another version may be asked again. */
  readonly version: string;
  /** @returns null far out at sea */
  readonly geocode: (position: { readonly lat: number; readonly lon: number }) => Place | null;
};

/** The South Pole itself lies on the edge of Antarctica's border, not within. */
const SOUTH = -89.999;
const load = createRequire(import.meta.url);
const CITIES = 'exiftool-vendored.pl/bin/lib/Image/ExifTool/Geolocation.dat';
const LAND = 'world-atlas/land-10m.json';

/**
 * Loads cities (GeoNames, as ExifTool brings them), borders and coasts: some 60 MB, in a third of a second. Only a
 * process that geocodes does that.
 *
 * @throws the file system's error when a package is not whole
 */
export async function openGeocoder(): Promise<Geocoder> {
  const gazetteer = decodeGazetteer(await readFile(load.resolve(CITIES)));
  const { iso1A2Code } = await import('@rapideditor/country-coder');
  const atlas: Atlas = {
    gazetteer,
    index: indexPlaces(gazetteer),
    countryAt: (latitude, longitude) =>
      asListed(iso1A2Code([longitude, Math.max(SOUTH, latitude)], { level: 'territory' })),
    isLand: openLand(),
  };
  return { version: gazetteer.version, geocode: ({ lat, lon }) => choosePlace(atlas, lat, lon) };
}

/** Coasts are asked for only where no town is near, so they are read when the first such photo comes. */
function openLand(): Atlas['isLand'] {
  let isLand: Atlas['isLand'] | null = null;
  return (latitude, longitude) => {
    isLand ??= readLand(JSON.parse(readFileSync(load.resolve(LAND), 'utf8')) as LandTopology); // a pinned file
    return isLand(latitude, longitude);
  };
}

/** Codes that ISO 3166 only reserves, as the countries that GeoNames files them under. */
const RESERVED: Readonly<Record<string, string>> = { EA: 'ES', IC: 'ES', AC: 'SH', TA: 'SH', DG: 'IO', CP: 'FR' };

function asListed(code: string | null): string | null {
  return code === null ? null : (RESERVED[code] ?? code);
}
