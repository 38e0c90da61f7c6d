import { chmod, copyFile, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { createTestDatabase } from '../../support/database.ts';
import { makeLibraryFolder, runCommand } from '../../support/run-command.ts';

const PHOTOS = join(import.meta.dirname, '../../fixtures/photos');

/** A library with photos in its inbox, and another Perl: `sh` runs in its place. */
async function openLibrary(perl: string, photos: readonly string[]) {
  await using opening = new AsyncDisposableStack();
  const database = opening.use(await createTestDatabase());
  const library = opening.use(await makeLibraryFolder());
  const [inbox, programs] = [join(library.path, 'Photos_Inbox'), join(library.path, 'programs')];
  for (const folder of [inbox, programs]) await mkdir(folder, { recursive: true });
  await writeFile(join(programs, 'perl'), `#!/bin/sh\n${perl.replaceAll('HERE', programs)}\n`);
  await chmod(join(programs, 'perl'), 0o755);
  for (const name of photos) await copyFile(join(PHOTOS, name), join(inbox, name));
  const env = { LIBRARY_DIR: library.path, DATABASE_URL: database.address.url, SETTLE_MS: '0', STAGES: 'none' };
  const stack = opening.move();
  return {
    inbox,
    programs,
    ingest: async (path: 'with the other Perl' | 'as it is') => {
      const { PATH = '' } = process.env;
      const found = path === 'as it is' ? PATH : `${programs}:${PATH}`;
      const ended = await runCommand(['ingest', '--json', '--items'], { env: { ...env, PATH: found } });
      return { ...ended, summary: ended.exitCode === 0 ? JSON.parse(ended.stdout) : null };
    },
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  };
}

it('files nothing by less than what it says of itself when exiftool does not run, and all of it when it does', async () => {
  await using library = await openLibrary('echo no such library >&2; exit 2', [
    'exif-gps.jpg',
    'gopro.mp4',
    'text.png',
  ]);
  const without = await library.ingest('with the other Perl');
  expect(without.exitCode).toBe(2);
  expect(without.stdout + without.stderr).toContain('EXIFTOOL_MISSING');
  expect((await readdir(library.inbox)).filter((name) => !name.endsWith('.jpg')).toSorted()).toEqual([
    'gopro.mp4',
    'text.png',
  ]);
  const { summary } = await library.ingest('as it is');
  const videos = summary.items.filter(({ path }: { path: string }) => path.endsWith('.mp4'));
  expect(videos).toMatchObject([{ outcome: 'stored', source: expect.stringMatching(/^(QuickTime|Keys|ItemList)/) }]);
});

it('files photos and films that need no exiftool without asking for it', async () => {
  await using library = await openLibrary('exit 2', ['exif-gps.jpg', 'zone.mov']);
  expect((await library.ingest('with the other Perl')).summary).toMatchObject({ seen: 2, stored: 2 });
});

it('reads with the Perl with which it was asked whether exiftool runs', async () => {
  await using library = await openLibrary(
    'echo "$*" >> "HERE/asked"; exec /usr/bin/env -i PATH=/usr/bin:/bin perl "$@"',
    ['gopro.mp4', 'text.png'],
  );
  expect((await library.ingest('with the other Perl')).summary).toMatchObject({ stored: 2 });
  const asked = (await readFile(join(library.programs, 'asked'), 'utf8')).trim().split('\n');
  expect(asked.filter((words) => words.includes('-ver'))).toHaveLength(1);
  expect(asked.filter((words) => words.includes('-stay_open'))).not.toEqual([]);
});
