import { mkdir, rename, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { until } from '../support/daemon.ts';
import { jpeg, sha256 } from '../support/ingest-rig.ts';
import { openStage, requireTrueOriginals, type Stage } from './stage.ts';

let stage: Stage;

const outcomes = async () =>
  (
    await stage.library.database.sql<{ outcome: string; name: string }[]>`
      SELECT outcome, substr(path, ${stage.inboxDir.length + 2}) AS name FROM inbox_arrivals ORDER BY id`
  ).map(({ outcome, name }) => `${outcome} ${name}`);

const arrived = (what: string) => until(async () => (await outcomes()).includes(what), what);
const cameAgain = (count: number) =>
  until(async () => (await outcomes()).filter((outcome) => outcome.startsWith('duplicate')).length === count);
const stored = () => requireTrueOriginals(stage);
const hashes = (...texts: string[]) => texts.map((text) => sha256(jpeg(text))).sort();

describe('with the safe set-up', () => {
  beforeEach(async () => {
    stage = await openStage({ phone: 'sendonly', here: 'receiveonly', ignoreDelete: true, mode: 'move' });
    await stage.library.start(stage.env);
    for (const name of ['a.jpg', 'b.jpg', 'c.jpg']) await stage.take(name, jpeg(name));
    await until(async () => (await stage.countAssets()) === 3);
    await stage.pair.settle();
    return () => stage[Symbol.asyncDispose]();
  }, 120_000);

  it('what the phone renames, edits and deletes changes nothing that is stored', async () => {
    await mkdir(join(stage.phoneDir, 'Album'));
    await rename(join(stage.phoneDir, 'a.jpg'), join(stage.phoneDir, 'Album/a.jpg'));
    await arrived('duplicate Album/a.jpg');
    await stage.take('b.jpg', jpeg('edited'));
    await until(async () => (await stage.countAssets()) === 4);
    await unlink(join(stage.phoneDir, 'c.jpg'));
    await stage.pair.settle();
    expect(await stored()).toEqual(hashes('a.jpg', 'b.jpg', 'c.jpg', 'edited'));
    expect(await stage.onPhone()).toEqual(['Album/a.jpg', 'b.jpg']);
    expect(await stage.inInbox()).toEqual([]);
  });

  it('both sides show what docs/syncthing.md says that they show', async () => {
    const { here, phone } = stage.pair;
    type Changed = { readonly receiveOnlyChangedDeletes: number };
    const status = (await here.ask('db/status?folder=photos')) as Changed;
    expect(status.receiveOnlyChangedDeletes).toBe(3);
    type Completion = { readonly completion: number };
    const seen = (await phone.ask(`db/completion?folder=photos&device=${here.deviceId}`)) as Completion;
    expect(seen.completion).toBeLessThan(100);
  });

  it('reverting local changes brings everything again, and nothing comes of it', async () => {
    await stage.pair.here.ask('db/revert?folder=photos', 'POST');
    await cameAgain(3);
    await stage.pair.settle();
    expect(await stored()).toEqual(hashes('a.jpg', 'b.jpg', 'c.jpg'));
    expect(await stage.inInbox()).toEqual([]);
    expect(await stage.onPhone()).toHaveLength(3);
  });
});

it('overriding changes on the phone sends everything again, where this side may change things, too', async () => {
  stage = await openStage({ phone: 'sendonly', here: 'sendreceive', ignoreDelete: false, mode: 'move' });
  await using _ = stage;
  await stage.library.start(stage.env);
  for (const name of ['a.jpg', 'b.jpg']) await stage.take(name, jpeg(name));
  await until(async () => (await stage.countAssets()) === 2);
  await stage.pair.settle();
  await stage.pair.phone.ask('db/override?folder=photos', 'POST');
  await cameAgain(2);
  await stage.pair.settle();
  expect(await stored()).toEqual(hashes('a.jpg', 'b.jpg'));
  expect(await stage.onPhone()).toEqual(['a.jpg', 'b.jpg']);
});

it('a photo that two devices change at once is stored twice, once under its conflict name', async () => {
  stage = await openStage({ phone: 'sendreceive', here: 'sendreceive', ignoreDelete: false, mode: 'copy' });
  await using _ = stage;
  await stage.take('a.jpg', jpeg('first'));
  await stage.pair.settle();
  const connect = (paused: boolean) =>
    stage.pair.here.ask(`config/devices/${stage.pair.phone.deviceId}`, 'PATCH', { paused });
  await connect(true);
  await stage.take('a.jpg', jpeg('changed on the phone'));
  await stage.change('a.jpg', jpeg('changed here'));
  await connect(false);
  await until(async () => (await stage.inInbox()).some((name) => name.includes('.sync-conflict-')));
  await stage.pair.settle();
  await stage.library.start(stage.env);
  await until(async () => (await stage.countAssets()) === 2);
  expect(await stored()).toEqual(hashes('changed on the phone', 'changed here'));
});
