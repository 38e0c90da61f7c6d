/**
 * How well and how fast positions are named: every miss of `test/data/places.tsv`, the score by kind beside that of the
 * plain nearest place, and positions a second beside the same.
 *
 *     bin/node bench/places.ts
 */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { Place } from '../src/core/places/choose-place.ts';
import { decodeGazetteer } from '../src/core/places/gazetteer.ts';
import { indexPlaces } from '../src/core/places/place-index.ts';
import { openGeocoder } from '../src/io/places/open-geocoder.ts';
import { isCityRight, isCountryRight, readKnownPlaces } from '../test/support/known-places.ts';

const POSITIONS = 100_000;

const openedAtMs = performance.now();
const geocoder = await openGeocoder();
console.log(`${geocoder.version}, opened in ${Math.round(performance.now() - openedAtMs)} ms`);
const floor = openFloor();
const known = readKnownPlaces();

for (const place of known) {
  const said = geocoder.geocode(place);
  if (!isCountryRight(place, said) || !isCityRight(place, said))
    console.log(
      `miss: ${place.article} (${place.country} ${place.cities.join(' or ')}) is called ${said?.countryCode ?? '-'} ${said?.city ?? '-'}`,
    );
}
console.log(
  '\n| kind | positions | country right | city right | nearest place: country | city |\n|---|--:|--:|--:|--:|--:|',
);
for (const [kind, of] of [...Map.groupBy(known, ({ kind }) => kind), ['all', known] as const]) {
  const count = (isRight: typeof isCityRight, say: (at: (typeof known)[number]) => Place | null) =>
    of.filter((place) => isRight(place, say(place))).length;
  console.log(
    `| ${kind} | ${of.length} | ${count(isCountryRight, geocoder.geocode)} | ${count(isCityRight, geocoder.geocode)} | ${count(isCountryRight, floor)} | ${count(isCityRight, floor)} |`,
  );
}

// As photos lie: around places, each somewhere else.
const positions = Array.from({ length: POSITIONS }, (_, n) => {
  const { lat, lon } = known[n % known.length] ?? { lat: 0, lon: 0 };
  return {
    lat: Math.max(-90, Math.min(90, lat + ((n * 7919) % 1000) / 2000 - 0.25)),
    lon: lon + ((n * 104_729) % 1000) / 2000 - 0.25,
  };
});
const [ours, nearest] = [rateOf(geocoder.geocode), rateOf(floor)];
console.log(
  `\n${Math.round(ours).toLocaleString('en')} positions a second; the plain nearest place ${Math.round(nearest).toLocaleString('en')} (${(nearest / ours).toFixed(1)} times as many); ${Math.round(process.memoryUsage.rss() / 1e6)} MB resident`,
);

function rateOf(say: (at: { readonly lat: number; readonly lon: number }) => unknown): number {
  for (const position of positions.slice(0, 5000)) say(position);
  const startedMs = performance.now();
  for (const position of positions) say(position);
  return (POSITIONS / (performance.now() - startedMs)) * 1000;
}

/** The nearest place within 50 km, whatever it is. */
function openFloor(): (at: { readonly lat: number; readonly lon: number }) => Place | null {
  const path = createRequire(import.meta.url).resolve('exiftool-vendored.pl/bin/lib/Image/ExifTool/Geolocation.dat');
  const gazetteer = decodeGazetteer(readFileSync(path));
  const index = indexPlaces(gazetteer);
  return ({ lat, lon }) => {
    const [first, ...others] = index(lat, lon, 50);
    if (first === undefined) return null;
    const { place, km } = others.reduce((best, each) => (each.km < best.km ? each : best), first);
    return {
      city: gazetteer.nameOf(place),
      region: gazetteer.regionOf(place),
      countryCode: gazetteer.countryOf(place),
      distanceKm: km,
    };
  };
}
