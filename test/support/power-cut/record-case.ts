import type { Readers } from '../../../src/runtime/open-ingest-tools.ts';
import { type History, replay } from './history.ts';
import { isAt, type Layout } from './layout.ts';
import { rowsAt } from './ledger-at.ts';
import { APPLICATION_NAME, createPowerLibrary, type PowerLibrary } from './library.ts';
import { materialize } from './materialize.ts';
import type { View } from './possible.ts';
import type { PowerCase } from './power-case.ts';
import type { Random } from './random.ts';
import { recordTrace } from './recorder.ts';
import { LIBRARY_OPEN } from './rules/library.ts';
import { stateAt } from './state.ts';
import { syncSites } from './sync-sites.ts';
import { joinTraces, type Trace } from './trace.ts';
import { onVolumes } from './volumes.ts';

export type RecordedCase = { readonly library: PowerLibrary; readonly history: History };

/** Makes the library of a case and records what the program does there. The caller closes the library. */
export async function recordCase(readers: Readers, powerCase: PowerCase): Promise<RecordedCase> {
  await using opening = new AsyncDisposableStack();
  const library = opening.use(await createPowerLibrary(readers, powerCase.settings ?? {}));
  await powerCase.prepare?.(library);
  const history = replay(await recordRun(powerCase, library), syncSites(library.layout));
  opening.move();
  return { library, history };
}

/** Records a run of the case in a library as it is now. */
async function recordRun(powerCase: PowerCase, library: PowerLibrary): Promise<Trace> {
  return await recordTrace(
    {
      root: library.root,
      address: library.database.address,
      applicationName: APPLICATION_NAME,
      disk: onVolumes(powerCase.volumes, library.layout),
      meanwhile: powerCase.meanwhile?.(library) ?? (async () => {}),
    },
    async (recorder) => {
      const open = () => recorder.mark(LIBRARY_OPEN);
      const marked = {
        ...library,
        ingest: () => library.ingest(open),
        undo: () => library.undo(open),
        adopt: (onOpen: () => Promise<void> | void = () => {}) =>
          library.adopt(() => {
            open();
            return onOpen();
          }),
      };
      await (powerCase.run?.(marked, recorder) ?? marked.ingest());
    },
  );
}

/**
 * Kills the recorded run at a moment, without a power cut, and records the next one: what the killed one had not synced is
 * still not synced.
 *
 * @param random decides whether a statement without an answer was done
 */
export async function recordRestart(
  powerCase: PowerCase,
  { library, history }: RecordedCase,
  { killedAt, random }: { readonly killedAt: number; readonly random: Random },
): Promise<History> {
  const { meanwhile: _, run, ...same } = powerCase;
  const restarted = powerCase.relocates === true && run !== undefined ? { ...same, run } : same;
  const rows = random.pick(rowsAt(history.trace, killedAt).possible);
  const state = stateAt(history, killedAt);
  await materialize(library, history, { moment: killedAt, state, rows, keepsCtime: true });
  const trace = joinTraces(history.trace, killedAt, await recordRun(restarted, library));
  return replay(trace, syncSites(library.layout));
}

/**
 * The ways to look at the past of a case: whether what lay in the inbox was on the disk, its names or its bytes only, or
 * none of it.
 */
export function viewsOf(
  powerCase: PowerCase,
  layout: Layout,
): readonly { readonly name: string; readonly view: View }[] {
  const unsynced = powerCase.unsynced?.(layout) ?? [];
  return [
    { name: 'inbox on the disk', names: true, bytes: true },
    { name: 'inbox names on the disk, bytes not', names: true, bytes: false },
    { name: 'inbox bytes on the disk, names not', names: false, bytes: true },
    { name: 'inbox not on the disk', names: false, bytes: false },
  ].map(({ name, names, bytes }) => ({
    name,
    view: {
      ofOld: (path) => {
        if (unsynced.some((place) => isAt(place, path))) return { name: false, bytes: false };
        const isInInbox = path !== layout.inbox && isAt(layout.inbox, path);
        return isInInbox ? { name: names, bytes } : { name: true, bytes: true };
      },
      counts: () => true,
    },
  }));
}
