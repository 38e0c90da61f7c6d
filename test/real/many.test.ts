import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { createLibrary, until } from '../support/daemon.ts';
import { filesBelow, jpeg, sha256 } from '../support/ingest-rig.ts';
import { expectAllStored, PATIENCE_MS } from './scenes.ts';

const FILES = 10_000;
const WRITERS = 16;

/** @returns seconds from the first file to the empty inbox */
async function fileAll(nameOf: 'same' | 'different'): Promise<number> {
  await using library = await createLibrary();
  await mkdir(library.inbox);
  const daemon = await library.start({ LOG_LEVEL: 'warn' });
  const began = performance.now();
  const writers = Array.from({ length: WRITERS }, async (_, writer) => {
    const args = [library.inbox, String(writer), String(FILES / WRITERS), nameOf];
    const [code] = await once(fork(join(import.meta.dirname, 'writer.ts'), args), 'close');
    expect(code).toBe(0);
  });
  await Promise.all(writers);
  await until(async () => (await filesBelow(library.inbox)).length === 0, 'an empty inbox', PATIENCE_MS);
  const seconds = (performance.now() - began) / 1000;
  expect(await daemon.stop()).toEqual({ code: 0, signal: null });

  const hashes = Array.from({ length: WRITERS }, (_, writer) =>
    Array.from({ length: FILES / WRITERS }, (_, n) => sha256(jpeg(`${writer} ${n}`))),
  ).flat();
  await expectAllStored(library, library.storage, hashes);
  if (nameOf === 'same') {
    const names = (await filesBelow(join(library.storage, 'Originals'))).map((path) =>
      path.slice(path.lastIndexOf('/') + 1),
    );
    const suffixed = names.filter((name) => /^IMG_0001-[0-9a-f]{8,64}\.JPG$/.test(name));
    expect([names.filter((name) => name === 'IMG_0001.JPG').length, suffixed.length]).toEqual([1, FILES - 1]);
    const [one = ''] = suffixed;
    const path = (await filesBelow(join(library.storage, 'Originals'))).find((found) => found.endsWith(one)) ?? '';
    expect(sha256(await readFile(join(library.storage, 'Originals', path)))).toContain(one.slice(9, 17));
  }
  return seconds;
}

it(`${FILES} files of one name, of one day, from ${WRITERS} writers, are stored each once, under a name of its own`, async () => {
  const same = await fileAll('same');
  const different = await fileAll('different');
  console.log(
    `the same name: ${same.toFixed(1)} s, different names: ${different.toFixed(1)} s, ratio ${(same / different).toFixed(2)}`,
  );
  // Each name that is taken costs one more look, not one for each of those before it.
  expect(same / different).toBeLessThan(4);
});
