import fc from 'fast-check';
import { expect, it } from 'vitest';
import { type Entry, type History, type Inode, pathOf, replay } from '../../support/power-cut/history.ts';
import { possibleAt, sha256Of, type View } from '../../support/power-cut/possible.ts';
import { createRandom } from '../../support/power-cut/random.ts';
import { drawState } from '../../support/power-cut/state.ts';
import { survives } from '../../support/power-cut/survival.ts';
import { openTraceWriter } from '../../support/power-cut/write-trace.ts';

const VIEW: View = { ofOld: () => ({ name: true, bytes: true }), counts: () => true };
const NAMES = ['/r/a/x', '/r/a/y', '/r/b/x', '/r/b/y'] as const;
const PHOTO = sha256Of(Buffer.from('photo'));

type Step =
  | { kind: 'link' | 'rename'; from: string; to: string }
  | { kind: 'unlink'; path: string }
  | { kind: 'sync'; path: string }
  | { kind: 'spoil'; path: string };

const name = fc.constantFrom(...NAMES);
const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ kind: fc.constantFrom('link' as const, 'rename' as const), from: name, to: name }),
  fc.record({ kind: fc.constant('unlink' as const), path: name }),
  fc.record({ kind: fc.constant('sync' as const), path: fc.constantFrom('/r/a', '/r/b', ...NAMES) }),
  fc.record({ kind: fc.constant('spoil' as const), path: name }),
);

/** Plays those steps that can be done. */
function play(steps: readonly Step[]): History {
  const writer = openTraceWriter('/r', { '/r/a/x': 'photo', '/r/b/': '' });
  const there = new Set<string>(['/r/a/x', '/r/a', '/r/b']);
  for (const one of steps) {
    if (one.kind === 'link' && there.has(one.from) && !there.has(one.to)) {
      writer.do(one);
      there.add(one.to);
    } else if (one.kind === 'rename' && there.has(one.from) && one.from !== one.to) {
      writer.do(one);
      there.add(one.to);
      there.delete(one.from);
    } else if (one.kind === 'unlink' && there.has(one.path)) {
      writer.do(one);
      there.delete(one.path);
    } else if (one.kind === 'sync' && there.has(one.path)) writer.sync(one.path);
    else if (one.kind === 'spoil' && there.has(one.path))
      writer.do({ kind: 'write', file: writer.open(one.path), bytes: Buffer.from('spoilt'), position: 0 });
  }
  return replay(writer.trace());
}

/** Every combination of a value for each name and each file, one by one. */
function* allStates({ entries, inodes }: History, moment: number): Generator<(entry: Entry) => Buffer | null> {
  const possible = possibleAt(moment, VIEW);
  const files = inodes.filter(({ kind }) => kind === 'file');
  const names = entries.filter(({ versions }) => versions.some(({ value }) => value?.kind === 'file'));
  const choices = [
    ...names.map((entry) => possible.values(entry).map(({ value }) => [entry, value] as const)),
    ...files.map((inode) => possible.bytes(inode).map((bytes) => [inode, bytes] as const)),
  ];
  const product = function* (at: number): Generator<Map<unknown, unknown>> {
    const options = choices[at];
    if (options === undefined) {
      yield new Map();
      return;
    }
    for (const rest of product(at + 1)) for (const [key, value] of options) yield new Map(rest).set(key, value);
  };
  for (const state of product(0)) {
    yield (entry) => {
      const inode = state.get(entry) as Inode | null | undefined;
      return inode === null || inode === undefined ? null : ((state.get(inode) as Buffer | undefined) ?? null);
    };
  }
}

it('says that a photo survives exactly when it is in each of all possible states', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 7 }), fc.nat(), (steps, at) => {
      const history = play(steps);
      const moment = at % (history.trace.lastMoment + 1);
      let inAll = true;
      for (const bytesAt of allStates(history, moment)) {
        const isThere = history.entries.some((entry) => {
          const bytes = bytesAt(entry);
          return bytes !== null && sha256Of(bytes) === PHOTO;
        });
        if (!isThere) inAll = false;
      }
      const said = survives(history, possibleAt(moment, VIEW), { sha256: PHOTO, places: ['/r'] }, false);
      expect(said).toBe(inAll);
    }),
    { numRuns: 400 },
  );
});

it('never draws a state of a journal that POSIX would not allow', () => {
  fc.assert(
    fc.property(fc.array(step, { minLength: 8, maxLength: 20 }), fc.nat(), fc.nat(), (steps, at, seed) => {
      const history = play(steps);
      const moment = at % (history.trace.lastMoment + 1);
      const state = drawState(history, { moment, view: VIEW, from: 'journal' }, createRandom(seed));
      const possible = possibleAt(moment, VIEW);
      for (const entry of history.entries) {
        if (entry.versions.some(({ value }) => value?.kind === 'folder')) continue;
        const drawn = state.files.find(({ path }) => path === pathOf(entry))?.inode ?? null;
        expect(possible.values(entry).map(({ value }) => value)).toContain(drawn);
      }
    }),
    { numRuns: 1000 },
  );
});

it('loses a photo to a rename whose old name went and whose new one did not come, unless renames are atomic', () => {
  const history = play([{ kind: 'rename', from: '/r/a/x', to: '/r/b/x' }]);
  const possible = possibleAt(history.trace.lastMoment, VIEW);
  const photo = { sha256: PHOTO, places: ['/r'] };
  expect(survives(history, possible, photo, false)).toBe(false);
  expect(survives(history, possible, photo, true)).toBe(true);
});

it('needs the name to be in one of the places, and looks past the one that is excepted', () => {
  const history = play([
    { kind: 'link', from: '/r/a/x', to: '/r/b/x' },
    { kind: 'sync', path: '/r/b' },
  ]);
  const possible = possibleAt(history.trace.lastMoment, VIEW);
  expect(survives(history, possible, { sha256: PHOTO, places: ['/r/b'] }, false)).toBe(true);
  expect(survives(history, possible, { sha256: PHOTO, places: ['/r/c'] }, false)).toBe(false);
  const except = history.entries.find((entry) => pathOf(entry) === '/r/b/x');
  if (except === undefined) throw new Error('it was not linked');
  expect(survives(history, possible, { sha256: PHOTO, places: ['/r/b'], except }, false)).toBe(false);
});
