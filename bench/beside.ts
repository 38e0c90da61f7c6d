/**
 * How well what lies beside photos is read: every XMP sidecar of a corpus whose truth is known, as if its photo said
 * nothing itself; and which sidecars of the corpus find a photo in their folder.
 *
 *     npm run accuracy:beside          the corpus named by PHOTOS_CORPUS, else ../shared/photos
 */
import { readdirSync, readFileSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { pino } from 'pino';
import { decideCaptureTime } from '../src/core/capture-time.ts';
import { decideLocation } from '../src/core/location.ts';
import { isMediaExtension } from '../src/core/media-type.ts';
import { readSidecar, xmpFacts } from '../src/core/sidecar-facts.ts';
import { findPhotoOf, sidecarKindOf } from '../src/core/sidecar-name.ts';
import { openMetadataReader } from '../src/io/metadata/metadata-reader.ts';
import { type CorpusResult, findCorpus, readTruth, type Truth } from './corpus.ts';
import { judge, scoreOf } from './score.ts';

const found = findCorpus();
if (found === null) {
  console.error('No photos: name a folder with truth.jsonl and files/ in PHOTOS_CORPUS.');
  process.exit(2);
}
const folder: string = found;
const log = pino({ level: 'silent' });
await using reader = openMetadataReader({ timeoutMs: 20_000, processes: 2, log, now: Date.now });

const sidecars = readTruth(folder).filter(({ kind, file }) => kind === 'sidecar' && sidecarKindOf(file) !== null);
const verdicts = [];
for (const truth of sidecars) {
  const verdict = judge(await read(truth));
  for (const miss of verdict.misses) console.log(`${truth.file} | ${miss}`);
  verdicts.push(verdict);
}
const score = scoreOf(verdicts);
const withPhoto = sidecars.filter(({ file }) => findIts(file) !== null);
for (const { file } of withPhoto) console.log(`${file} lies beside ${findIts(file)}`);
console.log(
  `sidecars ${score.files}: dates ${score.dateRight}/${score.dated} right, ${score.dateWrong + score.invented} wrong; ` +
    `positions ${score.gpsRight}/${score.gps} right, ${score.gpsWrong} wrong; ${withPhoto.length} with their photo`,
);

async function read(truth: Truth): Promise<CorpusResult> {
  const path = join(folder, 'files', truth.file);
  await using file = await open(path);
  const { size } = await file.stat();
  const mediaType = { kind: 'image', format: 'XMP', mime: 'application/rdf+xml' } as const;
  const isSidecar = readSidecar('xmp', readFileSync(path, 'utf8')) !== null;
  const reading = await reader.read({ handle: file, path, sizeBytes: size, mediaType }, AbortSignal.timeout(60_000));
  const tags = new Map(Object.entries(isSidecar ? xmpFacts(reading.tags) : {}));
  const evidence = { tags, originalName: 'photo.jpg', mtimeNs: 0n, nowMs: Date.now(), defaultTimeZone: 'UTC' };
  const captured = decideCaptureTime(evidence).capture;
  const location = decideLocation(tags);
  return { truth, name: basename(truth.file), mtimeMs: 0, mediaType, reading, captured, location, elapsedMs: 0 };
}

function findIts(file: string): string | null {
  const kind = sidecarKindOf(file);
  if (kind === null) return null;
  const names = readdirSync(join(folder, 'files', dirname(file))).filter(isMediaExtension);
  const photos = names.map((name) => ({ name, kind: 'image' as const, isInOtherPart: false }));
  return findPhotoOf({ kind, name: basename(file), title: null }, photos)?.name ?? null;
}
