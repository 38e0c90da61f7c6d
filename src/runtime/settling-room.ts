import { createStepWatch } from '../core/clock-step.ts';
import type { FileIdentity, InboxFile } from '../core/inbox-file.ts';
import { decideSettling, type Observation } from '../core/settling.ts';
import { isFolder, lookAtFile } from '../io/inbox/sweep.ts';
import type { Volumes } from '../io/inbox/volumes.ts';
import type { Log } from '../log.ts';

/** Where files wait until their writers have left them alone. Bounded: whoever brings more waits. */
export type SettlingRoom = AsyncDisposable & {
  readonly has: (path: string) => boolean;
  readonly size: () => number;
  /** A file as it was just seen; says whether it may be read at once, else keeps it and looks again in time. */
  readonly isSettled: (file: InboxFile) => boolean;
  /** A name that something happened to; looked at when it has been quiet for long enough. */
  readonly noteHint: (path: string) => void;
  /** Resolves when there is room for more. */
  readonly hasRoom: () => Promise<void>;
  /** Resolves when nobody waits any more. */
  readonly empty: () => Promise<void>;
};

type Waiting = { readonly first: Observation | null; readonly dueAtMs: number; readonly sinceMs: number };

type RoomTools = {
  readonly settleMs: number;
  /** Must have learnt about a file before `isSettled` is asked about it. */
  readonly volumes: Volumes;
  readonly onSettled: (files: readonly InboxFile[]) => Promise<void>;
  /** The file kept changing for ten times `settleMs`. */
  readonly onRestless: (file: InboxFile) => Promise<void>;
  /** A hint was about a folder, whose files may have come before anybody watched; or there were too many hints. */
  readonly wantSweep: () => void;
  readonly log: Log;
};

const CAPACITY = 2048;
const BATCH = 64;
const PATIENCE = 10;
/** A timer may fire a little early, and ctime is the time of the kernel's last tick. */
const TICK_MS = 10;

export function openSettlingRoom(tools: RoomTools): SettlingRoom {
  const { settleMs, volumes, onSettled, onRestless, wantSweep, log } = tools;
  const waiting = new Map<string, Waiting>();
  let timer: NodeJS.Timeout | undefined;
  let alarmAtMs = Number.POSITIVE_INFINITY;
  let round: Promise<void> | null = null;
  let isClosed = false;
  let left = Promise.withResolvers<void>();

  const wasClockSet = createStepWatch(settleMs);
  const decide = (file: InboxFile, first: Observation | null) => {
    const [nowMs, seenAtMs] = [Date.now(), performance.now()];
    const ctimeIsReal = !wasClockSet(nowMs, seenAtMs) && volumes.of(file).hasRealCtime;
    return decideSettling({ now: { identity: file.identity, seenAtMs }, first, nowMs, settleMs, ctimeIsReal });
  };

  const wait = (path: string, entry: Omit<Waiting, 'dueAtMs'>, ms: number) => {
    const dueAtMs = performance.now() + ms + TICK_MS;
    waiting.set(path, { ...entry, dueAtMs });
    if (dueAtMs < alarmAtMs) setAlarm(dueAtMs);
  };

  const setAlarm = (atMs: number) => {
    if (round !== null || isClosed) return;
    clearTimeout(timer);
    alarmAtMs = atMs;
    timer = setTimeout(startRound, Math.max(1, atMs - performance.now()));
  };

  const startRound = () => {
    round = lookAgain()
      .catch((error: unknown) =>
        log.warn({ err: error }, 'looking at settling files failed; the next sweep will find them'),
      )
      .finally(() => {
        round = null;
        alarmAtMs = Number.POSITIVE_INFINITY;
        left.resolve();
        left = Promise.withResolvers<void>();
        if (waiting.size > 0)
          setAlarm([...waiting.values()].reduce((first, { dueAtMs }) => Math.min(first, dueAtMs), alarmAtMs));
      });
  };

  const lookAgain = async () => {
    const now = performance.now();
    const due = [...waiting].filter(([, entry]) => entry.dueAtMs <= now);
    for (let at = 0; at < due.length && !isClosed; at += BATCH) {
      const settled: InboxFile[] = [];
      for (const [path, entry] of due.slice(at, at + BATCH)) {
        const file = await lookAtWaiting(path, entry);
        if (file !== null) settled.push(file);
      }
      if (settled.length === 0) continue;
      await onSettled(settled);
    }
  };

  /** @returns the file when it has settled */
  const lookAtWaiting = async (path: string, entry: Waiting): Promise<InboxFile | null> => {
    const file = await lookAtFile(path);
    waiting.delete(path);
    if (file === null) {
      if (await isFolder(path)) wantSweep();
      return null;
    }
    await volumes.learn([file]);
    const settling = decide(file, entry.first);
    if (settling.kind === 'settled') return file;
    if (performance.now() - entry.sinceMs > PATIENCE * settleMs) await onRestless(file);
    else wait(path, { first: firstLook(entry.first, file.identity), sinceMs: entry.sinceMs }, settling.ms);
    return null;
  };

  return {
    has: (path) => waiting.has(path),
    size: () => waiting.size,
    isSettled: (file) => {
      const { path, identity } = file;
      if (waiting.has(path)) return false;
      const settling = decide(file, null);
      if (settling.kind === 'settled') return true;
      wait(path, { first: firstLook(null, identity), sinceMs: performance.now() }, settling.ms);
      return false;
    },
    noteHint: (path) => {
      if (waiting.has(path)) return;
      if (waiting.size >= CAPACITY) return wantSweep(); // it waits for room, and finds it
      wait(path, { first: null, sinceMs: performance.now() }, settleMs);
    },
    hasRoom: async () => {
      while (waiting.size >= CAPACITY && !isClosed) await left.promise;
    },
    empty: async () => {
      while ((waiting.size > 0 || round !== null) && !isClosed) await left.promise;
    },
    [Symbol.asyncDispose]: async () => {
      isClosed = true;
      clearTimeout(timer);
      waiting.clear();
      left.resolve();
      await round;
    },
  };
}

/** The look that a second one is compared with: the latest that found the file as it is now. */
function firstLook(first: Observation | null, identity: FileIdentity): Observation {
  const isSame =
    first !== null &&
    first.identity.ctimeNs === identity.ctimeNs &&
    first.identity.mtimeNs === identity.mtimeNs &&
    first.identity.sizeBytes === identity.sizeBytes &&
    first.identity.inode === identity.inode;
  return isSame ? first : { identity, seenAtMs: performance.now() };
}
