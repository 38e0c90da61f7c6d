import { existsSync, readFileSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { z } from 'zod';
import { decideCaptureTime } from '../src/core/capture-time.ts';
import { decideLocation } from '../src/core/location.ts';
import { decideMediaType, MEDIA_TYPE_HEAD_BYTES } from '../src/core/media-type.ts';
import type { CaptureTime, Location, MediaType, MetadataReading } from '../src/core/metadata.ts';
import type { MetadataReader } from '../src/io/metadata/metadata-reader.ts';

const position = z.object({ lat: z.number(), lon: z.number() });
const truthLine = z.object({
  file: z.string(),
  file_base64: z.string().optional(),
  sha256: z.string(),
  size: z.number(),
  kind: z.string(),
  /** Files of one shot have the same. */
  group: z.string().optional(),
  expected: z.object({
    captured_local: z.string().nullable(),
    offset: z.string().nullable(),
    gps: position.nullable(),
    accept_null_date: z.boolean().optional(),
    accept_dates: z.array(z.string()).optional(),
    accept_offsets: z.array(z.string().nullable()).optional(),
    utc_ambiguous: z.boolean().optional(),
    accept_null_gps: z.boolean().optional(),
    accept_gps: z.union([position, z.array(position)]).optional(),
  }),
});

export type Truth = z.infer<typeof truthLine>;

export type CorpusResult = {
  readonly truth: Truth;
  readonly name: string;
  readonly mtimeMs: number;
  /** Null when the content is no media. */
  readonly mediaType: MediaType | null;
  readonly reading: MetadataReading | null;
  readonly captured: CaptureTime | null;
  readonly location: Location | null;
  readonly elapsedMs: number;
};

/** The folder with known photos, or null where there is none. */
export function findCorpus(): string | null {
  const { PHOTOS_CORPUS } = process.env;
  const folder = PHOTOS_CORPUS ?? join(import.meta.dirname, '../../shared/photos');
  return existsSync(join(folder, 'truth.jsonl')) ? folder : null;
}

/** What is right of every file of a corpus. */
export function readTruth(folder: string): Truth[] {
  const lines = readFileSync(join(folder, 'truth.jsonl'), 'utf8').trim().split('\n');
  return lines.map((line) => truthLine.parse(JSON.parse(line)));
}

/** What reader and decisions make of every image, raw file and video of a corpus, each content once. */
export async function readCorpus(of: {
  folder: string;
  reader: MetadataReader;
  nowMs: number;
  defaultTimeZone: string;
}): Promise<CorpusResult[]> {
  const seen = new Set<string>();
  const results: CorpusResult[] = [];
  for (const truth of readTruth(of.folder)) {
    if (!['image', 'raw', 'video'].includes(truth.kind) || seen.has(truth.sha256)) continue;
    seen.add(truth.sha256);
    results.push(await readOne(truth, of));
  }
  return results;
}

async function readOne(
  truth: Truth,
  {
    folder,
    reader,
    nowMs,
    defaultTimeZone,
  }: { folder: string; reader: MetadataReader; nowMs: number; defaultTimeZone: string },
): Promise<CorpusResult> {
  const relative = truth.file_base64 === undefined ? Buffer.from(truth.file) : Buffer.from(truth.file_base64, 'base64');
  const path = Buffer.concat([Buffer.from(`${folder}/files/`), relative]);
  await using file = await open(path);
  const stat = await file.stat({ bigint: true });
  const head = Buffer.alloc(MEDIA_TYPE_HEAD_BYTES);
  const { bytesRead } = await file.read(head, 0, head.length, 0);
  const name = basename(truth.file);
  const mediaType = decideMediaType(head.subarray(0, bytesRead), name);
  const base = { truth, name, mtimeMs: Number(stat.mtimeMs), mediaType };
  if (mediaType === null) return { ...base, reading: null, captured: null, location: null, elapsedMs: 0 };
  const source = { handle: file, path: path.toString(), sizeBytes: Number(stat.size), mediaType };
  const begin = performance.now();
  const reading = await reader.read(source, AbortSignal.timeout(60_000));
  const elapsedMs = performance.now() - begin;
  const { tags } = reading;
  const location = decideLocation(tags);
  const evidence = { tags, location, originalName: name, mtimeNs: stat.mtimeNs, nowMs, defaultTimeZone };
  return { ...base, reading, captured: decideCaptureTime(evidence).capture, location, elapsedMs };
}
