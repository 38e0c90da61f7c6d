/**
 * Which formats get thumbnails, and how fast: a table by format over a folder of photos, and the rate on its JPEG, PNG,
 * WebP and TIFF files beside sharp alone making the same two pictures in as many processes' worth of threads.
 *
 *     bin/node bench/thumbnails.ts [folder]
 */

import { closeSync, globSync, openSync, readSync, statSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { basename, join } from 'node:path';
import PQueue from 'p-queue';
import sharp from 'sharp';
import { decideMediaType, MEDIA_TYPE_HEAD_BYTES } from '../src/core/media-type.ts';
import { QUALITY, SIZES } from '../src/core/thumbnail-recipe.ts';
import { openRendererPool, type RenderAnswer } from '../src/io/thumbnails/renderer-pool.ts';
import { findCorpus } from './corpus.ts';

const corpus = findCorpus();
const folder = process.argv[2] ?? (corpus === null ? null : join(corpus, 'files'));
if (folder === null) {
  console.error('No photos: name a folder, or one with files/ in PHOTOS_CORPUS.');
  process.exit(2);
}
const cores = availableParallelism();
const files = globSync('**/*', { cwd: folder })
  .map((name) => join(folder, name))
  .filter((path) => statSync(path).isFile())
  .map((path) => ({ path, sizeBytes: statSync(path).size, format: formatOf(path) }))
  .filter(({ format }) => format !== null);

const { signal } = new AbortController();
await using pool = openRendererPool({ processes: cores });
const results = await Promise.all(files.map(async (file) => ({ ...file, said: await pool.render(file, signal) })));
console.log(
  '| format | files | from the picture | from a preview | from a frame | none, and why |\n|---|--:|--:|--:|--:|---|',
);
for (const [format, of] of [...Map.groupBy(results, (result) => result.format)].sort()) {
  const by = (...names: string[]) => of.filter(({ said }) => names.includes(wordFor(said))).length;
  const reasons = Map.groupBy(
    of.map(({ said }) => wordFor(said)).filter((word) => /^[A-Z]|killed|unreadable/.test(word)),
    (word) => word,
  );
  const none = [...reasons].map(([word, times]) => `${times.length} ${word}`).join(', ');
  console.log(`| ${format} | ${of.length} | ${by('picture', 'heif')} | ${by('preview')} | ${by('video')} | ${none} |`);
}

const plain = results.filter(({ said, format }) => wordFor(said) === 'picture' && format !== 'AVIF');
const ours = await secondsFor(async (queue) => {
  await queue.addAll(plain.map((file) => () => pool.render(file, signal)));
});
sharp.concurrency(1);
const alone = await secondsFor(async (queue) => {
  await queue.addAll(
    plain.map(
      ({ path }) =>
        () =>
          withSharp(path),
    ),
  );
});
console.log(
  `\n${plain.length} files: ${(plain.length / ours).toFixed(1)} a second; sharp alone ${(plain.length / alone).toFixed(1)}; ${(ours / alone).toFixed(2)} times its time`,
);

async function secondsFor(work: (queue: PQueue) => Promise<void>): Promise<number> {
  const startedMs = performance.now();
  await work(new PQueue({ concurrency: cores }));
  return (performance.now() - startedMs) / 1000;
}

async function withSharp(path: string): Promise<void> {
  const within = (side: number) =>
    sharp(path, { failOn: 'none' })
      .autoOrient()
      .resize({ width: side, height: side, fit: 'inside', withoutEnlargement: true });
  await within(SIZES.screen).webp({ quality: QUALITY.screen }).toBuffer();
  await within(SIZES.grid).webp({ quality: QUALITY.grid }).toBuffer();
}

function wordFor(said: RenderAnswer): string {
  return said.kind === 'rendered' ? said.decoder : said.kind === 'no picture' ? said.code : said.kind;
}

function formatOf(path: string): string | null {
  const head = Buffer.alloc(MEDIA_TYPE_HEAD_BYTES);
  const fd = openSync(path, 'r');
  try {
    return decideMediaType(head.subarray(0, readSync(fd, head)), basename(path))?.format ?? null;
  } finally {
    closeSync(fd);
  }
}
