import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { lookAtFile } from '../../../src/io/inbox/sweep.ts';
import { openVolumes } from '../../../src/io/inbox/volumes.ts';
import { createTempFolder } from '../../support/temp-folder.ts';

const NOTHING = { hasRealCtime: false, keepsIdentity: false };

async function look(path: string) {
  const file = await lookAtFile(path);
  if (file === null) throw new Error(`${path} is not there`);
  return file;
}

it.runIf(process.platform === 'linux')('tells the volumes below one folder apart, and forgets them', async () => {
  await using temp = await createTempFolder();
  await writeFile(join(temp.path, 'a.jpg'), 'x');
  const [ours, foreign] = [await look(join(temp.path, 'a.jpg')), await look('/proc/self/status')];
  const volumes = openVolumes();
  expect(volumes.of(ours)).toMatchObject(NOTHING);
  await volumes.learn([ours, foreign]);
  expect(volumes.of(ours)).toMatchObject({ hasRealCtime: true, keepsIdentity: true });
  expect(volumes.of(foreign)).toMatchObject(NOTHING);
  volumes.forget();
  expect(volumes.of(ours)).toMatchObject(NOTHING);
});

it('takes a volume for nothing special when the file has vanished', async () => {
  await using temp = await createTempFolder();
  await writeFile(join(temp.path, 'a.jpg'), 'x');
  const file = { ...(await look(join(temp.path, 'a.jpg'))), path: join(temp.path, 'gone.jpg') };
  const volumes = openVolumes();
  await volumes.learn([file]);
  expect(volumes.of(file)).toMatchObject(NOTHING);
});
