import { expect, it } from 'vitest';
import { type History, replay } from '../../support/power-cut/history.ts';
import { possibleAt, type View } from '../../support/power-cut/possible.ts';
import { openTraceWriter, type TraceWriter } from '../../support/power-cut/write-trace.ts';

const ON_DISK: View = { ofOld: () => ({ name: true, bytes: true }), counts: () => true };
const IN_CACHE: View = { ...ON_DISK, ofOld: () => ({ name: false, bytes: false }) };

/** What may have this path, if all folders above are there: the files that were made there, or nothing. */
function mayBe(history: History, path: string, view = ON_DISK, moment = history.trace.lastMoment) {
  const entry = history.entries.find(({ folder, name }) => `${folder.path}/${name}` === path);
  if (entry === undefined) throw new Error(`${path} never was`);
  return possibleAt(moment, view)
    .values(entry)
    .map(({ value }) => value?.path ?? null);
}

function mayRead(history: History, path: string, view = ON_DISK, moment = history.trace.lastMoment) {
  const inode = history.inodes.find((one) => one.path === path && one.kind === 'file');
  if (inode === undefined) throw new Error(`${path} never was a file`);
  const possible = possibleAt(moment, view);
  return { texts: possible.bytes(inode).map(String), mtimes: possible.mtimes(inode) };
}

function written(write: (writer: TraceWriter) => void, tree: Record<string, string> = { '/r/a/': '', '/r/b/': '' }) {
  const writer = openTraceWriter('/r', tree);
  write(writer);
  return replay(writer.trace());
}

it('may lose a name until its folder is synced, whatever else is', () => {
  const history = written(({ create, sync }) => {
    create('/r/a/x', 'new');
    sync('/r/a/x');
    sync('/r/b');
    sync('/r');
  });
  expect(mayBe(history, '/r/a/x')).toEqual([null, '/r/a/x']);
  expect(
    mayBe(
      written(({ create, sync }) => {
        create('/r/a/x');
        sync('/r/a');
      }),
      '/r/a/x',
    ),
  ).toEqual(['/r/a/x']);
});

it('may lose or tear bytes until their file is synced, even if its name is on the disk', () => {
  const unsynced = written(({ create, sync }) => {
    create('/r/a/x', 'four');
    sync('/r/a');
  });
  expect(mayRead(unsynced, '/r/a/x').texts).toEqual(['', 'four', '', 'fo', '\0\0\0\0', 'fo\0\0']);
  const synced = written(({ create, sync }) => {
    create('/r/a/x', 'four');
    sync('/r/a/x', true);
  });
  expect(mayRead(synced, '/r/a/x').texts).toEqual(['four']);
});

it('counts a sync only for what had ended when it began, and only when it ended', () => {
  const during = written(({ under, create, sync }) => {
    create('/r/a/x');
    under({ kind: 'link', from: '/r/a/x', to: '/r/b/y' }, () => sync('/r/b'));
  });
  expect(mayBe(during, '/r/b/y')).toEqual([null, '/r/a/x']);
  const before = written(({ create, sync }) => {
    create('/r/a/x');
    sync('/r/a');
  });
  expect(mayBe(before, '/r/a/x', ON_DISK, before.trace.lastMoment - 1)).toEqual([null, '/r/a/x']);
});

it('takes a call that is under way for done or not', () => {
  const history = written(({ do: act }) => act({ kind: 'unlink', path: '/r/a/x' }), { '/r/a/x': 'old' });
  expect(mayBe(history, '/r/a/x', ON_DISK, 0)).toEqual(['/r/a/x']);
  expect(mayBe(history, '/r/a/x', ON_DISK, 1)).toEqual(['/r/a/x', null]);
});

it('takes a rename between folders for two changes, each of which may be lost', () => {
  const tree = { '/r/a/x': 'old', '/r/b/': '' };
  const rename = { kind: 'rename', from: '/r/a/x', to: '/r/b/y' } as const;
  const unsynced = written(({ do: act }) => act(rename), tree);
  expect([mayBe(unsynced, '/r/a/x'), mayBe(unsynced, '/r/b/y')]).toEqual([
    ['/r/a/x', null],
    [null, '/r/a/x'],
  ]);
  const source = written(({ do: act, sync }) => {
    act(rename);
    sync('/r/a');
  }, tree);
  expect([mayBe(source, '/r/a/x'), mayBe(source, '/r/b/y')]).toEqual([[null], [null, '/r/a/x']]);
});

it('lets a name have any of the values since the last that is sure', () => {
  const history = written(({ create, do: act, sync }) => {
    create('/r/a/1');
    create('/r/b/2');
    act({ kind: 'link', from: '/r/a/1', to: '/r/a/x' });
    sync('/r/a');
    act({ kind: 'unlink', path: '/r/a/x' }, { kind: 'link', from: '/r/b/2', to: '/r/a/x' });
  });
  expect(mayBe(history, '/r/a/x')).toEqual(['/r/a/1', null, '/r/b/2']);
});

it('knows that datasync leaves the mtime behind', () => {
  const withTime = (dataOnly: boolean) =>
    written(
      ({ do: act, sync }) => {
        act({ kind: 'utimes', path: '/r/a/x', mtimeNs: 7n });
        sync('/r/a/x', dataOnly);
      },
      {
        '/r/a/x': 'old',
      },
    );
  expect(mayRead(withTime(true), '/r/a/x').mtimes).toEqual([1_000_000_000n, 7n]);
  expect(mayRead(withTime(false), '/r/a/x').mtimes).toEqual([7n]);
});

it('doubts what was there before only where the view does, and believes a later sync', () => {
  const history = written(({ sync }) => sync('/r/a/x', true), { '/r/a/x': 'old!' });
  expect(mayBe(history, '/r/a/x', IN_CACHE)).toEqual([null, '/r/a/x']);
  expect(mayRead(history, '/r/a/x', IN_CACHE, 0).texts).toContain('ol\0\0');
  expect(mayRead(history, '/r/a/x', IN_CACHE).texts).toEqual(['old!']);
  expect(mayRead(history, '/r/a/x', ON_DISK, 0).texts).toEqual(['old!']);
});

it('is sure of a folder only when every folder above it is sure', () => {
  const history = written(({ do: act, sync }) => {
    act({ kind: 'mkdir', path: '/r/a/1' }, { kind: 'mkdir', path: '/r/a/1/2' });
    sync('/r/a/1');
  });
  const folder = history.inodes.find(({ path }) => path === '/r/a/1/2');
  if (folder === undefined) throw new Error('it was not made');
  expect(possibleAt(history.trace.lastMoment, ON_DISK).isFolderSure(folder)).toBe(false);
  const more = written(({ do: act, sync }) => {
    act({ kind: 'mkdir', path: '/r/a/1' }, { kind: 'mkdir', path: '/r/a/1/2' });
    sync('/r/a/1');
    sync('/r/a');
  });
  const sure = more.inodes.find(({ path }) => path === '/r/a/1/2');
  if (sure === undefined) throw new Error('it was not made');
  expect(possibleAt(more.trace.lastMoment, ON_DISK).isFolderSure(sure)).toBe(true);
});

it('leaves out the syncs that do not count', () => {
  const history = written(({ create, sync }) => {
    create('/r/a/x', 'four');
    sync('/r/a/x');
    sync('/r/a');
  });
  const view = { ...ON_DISK, counts: () => false };
  expect(mayBe(history, '/r/a/x', view)).toEqual([null, '/r/a/x']);
  expect(mayRead(history, '/r/a/x', view).texts).toContain('fo');
});
