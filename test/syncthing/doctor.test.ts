import { mkdir, rm, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeEach, expect, it } from 'vitest';
import { until } from '../support/daemon.ts';
import { type Advice, adviceOnSyncthing, openStage, type Stage } from './stage.ts';

let stage: Stage;

beforeEach(async () => {
  stage = await openStage({ phone: 'sendonly', here: 'receiveonly', ignoreDelete: true, mode: 'move' });
  return () => stage[Symbol.asyncDispose]();
}, 120_000);

const change = (settings: object) => stage.pair.here.ask('config/folders/photos', 'PATCH', settings);

async function share(id: string, path: string, type: string): Promise<void> {
  await mkdir(join(path, '.stfolder'), { recursive: true });
  await stage.pair.here.ask('config/folders', 'POST', { id, label: id, path, type });
}

async function verdicts(env: Record<string, string> = {}): Promise<string[]> {
  return (await adviceOnSyncthing(stage, env)).map(({ verdict, words }) => `${verdict}: ${words}`);
}

const has = (start: string, part: string) => expect.stringMatching(new RegExp(`^${start}: .*${part}`));

it('warns of each dangerous type of folder, and takes back what it said once it was mended', async () => {
  expect(await verdicts()).toEqual([has('ok', 'is Receive Only and ignores deletions')]);
  await change({ ignoreDelete: false });
  expect(await verdicts()).toEqual([has('warning', 'deleted on the phone before it is filed')]);
  await change({ type: 'sendreceive' });
  expect(await verdicts()).toEqual([has('problem', 'DELETED ON THE PHONE')]);
  expect(await verdicts({ INGEST_MODE: 'copy' })).toEqual([has('ok', 'copy mode leaves it alone')]);
  await change({ type: 'sendonly' });
  expect(await verdicts()).toEqual([has('problem', 'nothing arrives')]);
  await change({ type: 'receiveonly', ignoreDelete: true });
  expect(await verdicts()).toEqual([has('ok', 'ignores deletions')]);
});

it('looks at every folder in the inbox, at none outside, and finds the inbox also behind a link', async () => {
  await share('ben', join(stage.library.inbox, 'ben'), 'sendreceive');
  await share('documents', join(stage.library.root, 'Documents'), 'sendreceive');
  const expected = [has('ok', 'Camera of here'), has('problem', 'ben is Send & Receive')];
  expect(await verdicts()).toEqual(expect.arrayContaining(expected));
  expect(await verdicts()).toHaveLength(2);
  const alias = join(stage.library.root, 'alias');
  await symlink(stage.library.inbox, alias);
  expect(await verdicts({ PHOTOS_INBOX: alias })).toEqual(expect.arrayContaining(expected));
});

it('warns when the storage itself is shared, whole or with the library around it', async () => {
  await share('library', stage.library.root, 'receiveonly');
  expect(await verdicts()).toContainEqual(has('problem', 'library holds the STORAGE'));
  await stage.pair.here.ask('config/folders/library', 'DELETE');
  await share('originals', join(stage.library.storage, 'Originals'), 'sendreceive');
  expect(await verdicts()).toContainEqual(has('problem', 'originals holds the STORAGE'));
});

it('says when nothing can arrive: a paused folder, one in error, none in the inbox', async () => {
  await change({ paused: true });
  expect(await verdicts()).toEqual([has('warning', 'is paused')]);
  await change({ paused: false });
  await rm(join(stage.inboxDir, '.stfolder'), { recursive: true });
  await until(async () => {
    // It looks for its marker when it is asked to scan.
    await stage.pair.here.ask('db/scan?folder=photos', 'POST').catch(() => undefined);
    const [first] = await verdicts();
    return first?.startsWith('problem: folder Camera of here is in error') === true;
  });
  await stage.pair.here.ask('config/folders/photos', 'DELETE');
  await share('documents', join(stage.library.root, 'Documents'), 'receiveonly');
  expect(await verdicts()).toEqual([has('warning', 'shares no folder in the inbox')]);
});

it('says when it cannot tell: a wrong key, none, nobody there, no address', async () => {
  const cases: readonly [Record<string, string>, Advice['verdict'], string][] = [
    [{ SYNCTHING_API_KEY: 'wrong' }, 'warning', 'refuses SYNCTHING_API_KEY'],
    [{ SYNCTHING_API_KEY: '' }, 'warning', 'set SYNCTHING_API_KEY'],
    [{ SYNCTHING_URL: 'http://127.0.0.1:9' }, 'problem', 'does not answer'],
    [{ SYNCTHING_URL: '' }, 'warning', 'which kind is unknown'],
  ];
  for (const [env, verdict, part] of cases) expect(await verdicts(env)).toEqual([has(verdict, part)]);
});
