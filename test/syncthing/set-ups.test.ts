import { unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { until } from '../support/daemon.ts';
import { jpeg, sha256 } from '../support/ingest-rig.ts';
import { SET_UPS } from './set-ups.ts';
import { adviceOnSyncthing, openStage, requireTrueOriginals, type Stage } from './stage.ts';

const PHOTOS = ['DCIM/Camera/IMG_0001.JPG', 'DCIM/Camera/Ünï 📷.jpg', 'IMG_0002.jpg', 'Screenshots/a.jpg'];
const EARLY = 'DCIM/deleted too early.jpg';

describe.each(SET_UPS)('$phone → $here (ignore delete: $ignoreDelete), $mode mode', (setUp) => {
  const { filed, deletedTooEarly, doctor } = setUp;
  it(`every photo arrives and ${filed}; one that the phone deletes too early is ${deletedTooEarly}; doctor says ${doctor}`, async () => {
    await using stage = await openStage(setUp);
    const { library, pair } = stage;
    for (const name of [...PHOTOS, EARLY]) await stage.take(name, jpeg(name));
    await until(async () => (await stage.inInbox()).length === PHOTOS.length + 1);
    await pair.settle();
    await unlink(join(stage.phoneDir, EARLY));
    await pair.settle();
    const arrived = deletedTooEarly === 'still in the inbox' ? [...PHOTOS, EARLY] : PHOTOS;
    expect(await stage.inInbox()).toEqual([...arrived].sort());
    expect(await adviceOnSyncthing(stage)).toMatchObject([{ verdict: doctor }]);

    await library.start(stage.env);
    await until(async () => (await stage.countAssets()) === arrived.length);
    await until(async () => (await stage.inInbox()).length === (setUp.mode === 'copy' ? arrived.length : 0));
    await pair.settle();
    await pair.settle();
    expect(await stage.onPhone()).toEqual(filed === 'stays on the phone' ? [...PHOTOS].sort() : []);
    expect(await stage.inInbox()).toEqual(setUp.mode === 'copy' ? [...arrived].sort() : []);
    expect(await requireTrueOriginals(stage)).toEqual(arrived.map((name) => sha256(jpeg(name))).sort());
    expect(await arrivals(stage)).toEqual([{ outcome: 'stored', count: arrived.length }]);
    await until(async () => (await heartbeat(stage, 'syncthing'))?.['status'] === 'OK', 'a heartbeat of Syncthing');
  });
});

function arrivals({ library }: Stage) {
  return library.database.sql`SELECT outcome, count(*)::int AS count FROM inbox_arrivals GROUP BY outcome ORDER BY 1`;
}

async function heartbeat({ library }: Stage, service: string) {
  const [row] = await library.database
    .sql`SELECT status, current_task FROM system_status WHERE service_name = ${service}`;
  return row;
}
