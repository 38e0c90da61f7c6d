import { rename } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { createIngestRig, jpeg } from '../../support/ingest-rig.ts';

const JSON_2019 = JSON.stringify({ title: 'a.jpg', photoTakenTime: { timestamp: '1555428600' } });

it('a sidecar waits with its date for a photo whose file is missing, until that is put back', async () => {
  await using rig = await createIngestRig();
  await rig.drop('a.jpg', jpeg('one'));
  await rig.ingest();
  const [name = ''] = await rig.stored();
  const stored = join(rig.config.storageDir, 'Originals', name);
  await rename(stored, join(rig.root, 'elsewhere.jpg'));
  await rig.drop('a.jpg.json', JSON_2019);
  expect(await rig.ingest()).toMatchObject({ stored: 1, failed: 0 });

  await rename(join(rig.root, 'elsewhere.jpg'), stored);
  await rig.ingest();
  expect(await rig.stored()).toEqual(['2019/2019-04-16/a.jpg', '2019/2019-04-16/a.jpg.json']);
});
