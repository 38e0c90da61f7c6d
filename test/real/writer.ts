import { mkdir, rename, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { jpeg } from '../support/ingest-rig.ts';

/** Writes many photos into a folder of its own, all of one name (each in a subfolder) or of different ones. */
const [inbox = '', writer = '', count = '0', nameOf = ''] = process.argv.slice(2);
const taken = new Date('2024-05-06T07:08:09Z');

for (let n = 0; n < Number(count); n += 1) {
  const folder = nameOf === 'same' ? join(inbox, writer, String(n)) : join(inbox, writer);
  const name = nameOf === 'same' ? 'IMG_0001.JPG' : `IMG_${writer}_${n}.JPG`;
  await mkdir(folder, { recursive: true });
  const unfinished = join(folder, `.syncthing.${name}.tmp`);
  await writeFile(unfinished, jpeg(`${writer} ${n}`));
  await utimes(unfinished, taken, taken);
  await rename(unfinished, join(folder, name));
}
