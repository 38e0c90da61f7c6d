/** A TopoJSON topology, as far as land needs it (github.com/topojson/topojson-specification, 2.1 and 2.2). */
export type LandTopology = {
  readonly transform: { readonly scale: readonly [number, number]; readonly translate: readonly [number, number] };
  readonly arcs: readonly (readonly (readonly [number, number])[])[];
  readonly objects: {
    readonly land: { readonly geometries: readonly { readonly arcs: readonly (readonly (readonly number[])[])[] }[] };
  };
};

/** Two kilometres: coasts at 1 : 10 million are no more exact, and small islands are a few points. */
const BLUR_DEGREES = 0.02;
const BAND_DEGREES = 0.25;
const BANDS = 180 / BAND_DEGREES;

/**
 * Makes a test for whether a position lies on land or at its shore. Islands that the map is too coarse for are sea to it.
 *
 * A line from the position to the east meets the coasts an odd number of times on land. Coasts are sorted into bands of
 * latitude, so that only those that such a line can meet are looked at.
 */
export function readLand(topology: LandTopology): (latitude: number, longitude: number) => boolean {
  const arcs = topology.arcs.map((arc) => unfold(arc, topology.transform));
  const bands: number[][] = Array.from({ length: BANDS }, () => []);
  for (const indexes of topology.objects.land.geometries.flatMap(({ arcs: polygons }) => polygons.flat()))
    sortIntoBands(closeRing(unwind(joinArcs(indexes, arcs))), bands);
  const edges = bands.map((band) => Float32Array.from(band));
  const edgesAt = (latitude: number) => edges[bandOf(latitude)] ?? new Float32Array();
  return (latitude, longitude) =>
    [0, -360, 360].some((turn) => meetsOddly(edgesAt(latitude), latitude, longitude + turn)) ||
    isAtShore(edgesAt(latitude - BLUR_DEGREES), latitude, longitude) ||
    isAtShore(edgesAt(latitude + BLUR_DEGREES), latitude, longitude);
}

type Point = readonly [number, number];

/** Arcs are written as whole steps from point to point. */
function unfold(arc: readonly Point[], { scale, translate }: LandTopology['transform']): Point[] {
  let x = 0;
  let y = 0;
  return arc.map(([stepX, stepY]) => {
    x += stepX;
    y += stepY;
    return [x * scale[0] + translate[0], y * scale[1] + translate[1]] as const;
  });
}

/** A ring is a list of arcs; a negative index is that arc backwards. */
function joinArcs(indexes: readonly number[], arcs: readonly Point[][]): Point[] {
  return indexes.flatMap((index) => (index < 0 ? (arcs[~index] ?? []).toReversed() : (arcs[index] ?? [])));
}

/** A ring that crosses the date line goes on beyond 180 degrees, instead of jumping to the other end of the map. */
function unwind(ring: readonly Point[]): Point[] {
  let before = ring[0]?.[0] ?? 0;
  return ring.map(([longitude, latitude]) => {
    before = longitude + 360 * Math.round((before - longitude) / 360);
    return [before, latitude] as const;
  });
}

/** Antarctica's coast goes all the way round: it is closed by way of the pole. */
function closeRing(ring: readonly Point[]): readonly Point[] {
  const [first, last] = [ring[0], ring.at(-1)];
  if (first === undefined || last === undefined || Math.abs(last[0] - first[0]) < 180) return ring;
  return [...ring, [last[0], -90], [first[0], -90]];
}

function sortIntoBands(ring: readonly Point[], bands: number[][]): void {
  let [x0, y0] = ring.at(-1) ?? [0, 0];
  for (const [x, y] of ring) {
    const last = bandOf(Math.max(y, y0));
    for (let band = bandOf(Math.min(y, y0)); band <= last; band += 1) bands[band]?.push(x0, y0, x, y);
    [x0, y0] = [x, y];
  }
}

function bandOf(latitude: number): number {
  return Math.min(BANDS - 1, Math.max(0, Math.floor((latitude + 90) / BAND_DEGREES)));
}

function meetsOddly(edges: Float32Array, latitude: number, longitude: number): boolean {
  let isOdd = false;
  for (let at = 0; at < edges.length; at += 4) {
    const [y0, y] = [edges[at + 1] ?? 0, edges[at + 3] ?? 0];
    if (y > latitude === y0 > latitude) continue;
    const [x0, x] = [edges[at] ?? 0, edges[at + 2] ?? 0];
    if (longitude < ((x0 - x) * (latitude - y)) / (y0 - y) + x) isOdd = !isOdd;
  }
  return isOdd;
}

function isAtShore(edges: Float32Array, latitude: number, longitude: number): boolean {
  const width = BLUR_DEGREES / Math.cos(latitude * (Math.PI / 180));
  for (let at = 0; at < edges.length; at += 2) {
    if (Math.abs((edges[at + 1] ?? 0) - latitude) > BLUR_DEGREES) continue;
    if (Math.abs((edges[at] ?? 0) - longitude) <= width) return true;
  }
  return false;
}
