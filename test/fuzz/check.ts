import { writeFileSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { decideCaptureTime } from '../../src/core/capture-time.ts';
import { decideLocation } from '../../src/core/location.ts';
import { decideMediaType, MEDIA_TYPE_HEAD_BYTES } from '../../src/core/media-type.ts';
import type { CaptureTime } from '../../src/core/metadata.ts';
import { planPlacement } from '../../src/core/placement.ts';
import type { MetadataReader } from '../../src/io/metadata/metadata-reader.ts';
import type { Mutant } from './mutant.ts';
import type { Random } from './random.ts';

export type Checked = {
  /** What must not be, in words; none when all is well. */
  readonly problems: readonly string[];
  /** Which reader answered; null when the content is no media. */
  readonly reader: string | null;
  readonly elapsedMs: number;
};

const NOW_MS = Date.parse('2026-06-01T12:00:00Z');
export const MTIMES_NS = [
  0n,
  1_715_000_000_123_456_789n,
  -1n,
  2n ** 31n * 10n ** 9n,
  2n ** 62n,
  -(2n ** 62n),
  10n ** 27n,
  -(10n ** 27n),
];

/** Reads a mutant as ingest would, from `path`, and judges what comes of it. Nothing that it throws is allowed. */
export async function checkMutant(
  { name, bytes }: Mutant,
  { reader, path, random }: { reader: MetadataReader; path: string; random: Random },
): Promise<Checked> {
  writeFileSync(path, bytes);
  const begin = performance.now();
  await using file = await open(path);
  const head = Buffer.alloc(MEDIA_TYPE_HEAD_BYTES);
  const { bytesRead } = await file.read(head, 0, head.length, 0);
  const mediaType = decideMediaType(head.subarray(0, bytesRead), name);
  if (mediaType === null) return { problems: [], reader: null, elapsedMs: performance.now() - begin };
  const source = { handle: file, path, sizeBytes: bytes.length, mediaType, head: head.subarray(0, bytesRead) };
  const reading = await reader.read(source, new AbortController().signal);
  const mtimeNs = random.pick(MTIMES_NS);
  const evidence = {
    tags: reading.tags,
    originalName: name,
    mtimeNs,
    nowMs: NOW_MS,
    defaultTimeZone: 'Pacific/Auckland',
  };
  const captured = decideCaptureTime(evidence).capture;
  const problems = [
    ...judgeLocation(decideLocation(reading.tags)),
    ...judgeTime(captured),
    ...judgePlan(planPlacement(captured.wallClock, name, 'f'.repeat(64))),
    ...(reading.problem !== null && reading.problem.length > 2000 ? ['a problem of more than 2000 characters'] : []),
  ];
  return { problems, reader: reading.reader, elapsedMs: performance.now() - begin };
}

const GOOD_PHOTO = join(import.meta.dirname, '../fixtures/photos/xmp-only.jpg');

/** Reads a photo whose answer is known: what came before must not have come between question and answer. */
export async function checkGoodPhoto(reader: MetadataReader): Promise<readonly string[]> {
  await using file = await open(GOOD_PHOTO);
  const { size } = await file.stat();
  const mediaType = { kind: 'image', format: 'JPEG', mime: 'image/jpeg' } as const;
  const source = { handle: file, path: GOOD_PHOTO, sizeBytes: size, mediaType };
  const { tags, problem } = await reader.read(source, new AbortController().signal);
  const found = tags.get('XMP-photoshop:DateCreated');
  const isRight = found === '2019:04:16 11:36:39+02:00' && tags.get('XMP-exif:GPSLatitude') === '48.137';
  return isRight && problem === null ? [] : [`a good photo was read as ${found}, ${problem}`];
}

function judgeLocation(location: { lat: number; lon: number } | null): string[] {
  if (location === null) return [];
  const { lat, lon } = location;
  const isGood = Math.abs(lat) <= 90 && Math.abs(lon) <= 180 && !(lat === 0 && lon === 0);
  return isGood ? [] : [`a position of ${lat}, ${lon}`];
}

function judgeTime({ wallClock, offsetMinutes, source }: CaptureTime): string[] {
  const [, date = '', time = ''] = /^(\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d)(\.\d{1,6})?$/.exec(wallClock) ?? [];
  const instant = new Date(`${date}T${time}Z`);
  const isCalendar = !Number.isNaN(instant.getTime()) && instant.toISOString().startsWith(`${date}T${time}`);
  const isOffset = offsetMinutes === null || (Number.isInteger(offsetMinutes) && Math.abs(offsetMinutes) <= 15 * 60);
  return [
    ...(isCalendar && date >= '0001-01-01' ? [] : [`a time of ${wallClock} from ${source}`]),
    ...(isOffset ? [] : [`an offset of ${offsetMinutes} from ${source}`]),
  ];
}

function judgePlan({ folder, names }: { folder: string; names: readonly string[] }): string[] {
  const isInside = /^\d{4}\/\d{4}-\d\d-\d\d$/.test(folder) && names.every((name) => !/[/\0]/.test(name));
  return isInside ? [] : [`a place of ${folder}/${names[0]}`];
}
