import { setMaxListeners } from 'node:events';
import { basename } from 'node:path';
import PQueue from 'p-queue';
import { type Attention, type AttentionRules, decideAttention, NO_PHOTO_YET } from '../core/attention.ts';
import type { InboxFile } from '../core/inbox-file.ts';
import { orAborted } from '../core/or-aborted.ts';
import { sidecarKindOf } from '../core/sidecar-name.ts';
import { learnPromptness } from '../io/disk/calls.ts';
import { arrivalIdOf } from '../io/disk/release-source.ts';
import { type Swept, sweepFolder } from '../io/inbox/sweep.ts';
import { openVolumes, type Volumes } from '../io/inbox/volumes.ts';
import type { Log } from '../log.ts';
import {
  type IntakeWork,
  ingestTask,
  noteTask,
  ODD_NAME,
  STILL_WRITTEN,
  type TaskFor,
  unreadable,
  withoutWork,
} from './intake-tasks.ts';
import { openSettlingRoom, type SettlingRoom } from './settling-room.ts';

export type Intake = AsyncDisposable & {
  /**
   * Walks the inbox once, and once more for sidecars where there are any to file: their photos come first. Resolves when
   * everything found was handed over; much of it may still be in work.
   *
   * @param between awaited before the second walk
   */
  readonly sweep: (between?: () => Promise<void>) => Promise<void>;
  readonly hint: (path: string) => void;
  /** Resolves when nothing settles, waits or is in work. */
  readonly idle: () => Promise<void>;
  readonly load: () => { readonly inWork: number; readonly waiting: number };
};

type IntakeTools = {
  readonly inboxDir: string;
  readonly settleMs: number;
  readonly concurrency: number;
  readonly policy: Omit<AttentionRules, 'patience' | 'keepsIdentity'>;
  /** Null: a person asked, try every failure now and report what stands. */
  readonly patience: { readonly maxAttempts: number; readonly startedAtMs: number } | null;
  readonly work: IntakeWork;
  /** A folder came or changed, or too much happened at once: only a sweep can tell. */
  readonly wantSweep: () => void;
  readonly log: Log;
  readonly signal: AbortSignal;
};

/** Hands files over to the workers, but those that are in hand already. Resolves when the queue has taken them. */
type BringIn = (files: readonly InboxFile[], taskFor: TaskFor) => Promise<void>;

/** Files that may wait for a worker, per worker: enough to keep them busy, too few to grow with the backlog. */
const QUEUED_PER_WORKER = 4;

/**
 * Brings files from the inbox to the workers: each once, when it has settled, a bounded number at a time.
 *
 * Nothing here grows with the inbox: the sweep waits for the settling room, and that for the queue.
 */
export function openIntake(tools: IntakeTools): Intake {
  const { concurrency, work, signal } = tools;
  const queue = new PQueue({ concurrency });
  const most = concurrency * QUEUED_PER_WORKER;
  const inHand = new Set<string>();
  const volumes = openVolumes();
  setMaxListeners(0, signal); // every file in work listens for the end

  // Waited for once for many files: the queue's own waits cost as much as filing one does.
  let room: PromiseWithResolvers<void> | null = null;
  const hasRoom = async () => {
    if (queue.size < most) return;
    room ??= Promise.withResolvers<void>();
    await orAborted(room.promise, signal);
  };

  const start = (path: string, task: () => Promise<void>) => {
    queue
      .add(async () => {
        if (!signal.aborted) await task();
      })
      .finally(() => {
        inHand.delete(path);
        if (queue.size > most / 2) return;
        room?.resolve();
        room = null;
      })
      .catch((error: unknown) =>
        tools.log.error({ err: error, path }, 'a worker failed outside its own error handling'),
      );
  };

  const bringIn: BringIn = async (files, taskFor) => {
    // In hand from here on: whoever finds the same file meanwhile would judge it by what the ledger no longer says.
    const mine = new Map<string, InboxFile>();
    for (const file of files) if (!inHand.has(file.path)) mine.set(file.path, file);
    for (const path of mine.keys()) inHand.add(path);
    try {
      if (mine.size === 0) return;
      const arrivals = await work.findLastArrivals([...mine.values()]);
      await volumes.learn(files);
      const rules = rulesNow(tools);
      for (const [path, file] of mine) {
        const { keepsIdentity } = volumes.of(file);
        const attention = decideAttention(file.identity, arrivals.get(path) ?? null, { ...rules, keepsIdentity });
        const task = taskFor(work, file, attention);
        if (task === null) continue;
        await hasRoom();
        mine.delete(path);
        start(path, task);
      }
    } finally {
      for (const path of mine.keys()) inHand.delete(path);
    }
  };

  let sidecarsWait = false;
  const photosFirst: TaskFor = (of, file, attention) => {
    const waits = attention.kind === 'ingest' ? isSidecar(file.path) : mayComeYet(attention, tools);
    if (!waits) return ingestTask(of, file, attention);
    sidecarsWait = true;
    return null;
  };

  const settling = openSettlingRoom({
    settleMs: tools.settleMs,
    volumes,
    // Who files once has one chance; a daemon's next sweep takes up what was too early.
    onSettled: (files) => bringIn(files, tools.patience === null ? photosFirst : ingestTask),
    onRestless: (file) => bringIn([file], noteTask(STILL_WRITTEN)),
    wantSweep: tools.wantSweep,
    log: tools.log,
  });

  const walk = async (handOver: Reception['handOver'], only: ((path: string) => boolean) | null = null) => {
    volumes.forget();
    await orAborted(learnPromptness(tools.inboxDir), signal); // something may be mounted below it by now
    const reception = {
      tools,
      room: settling,
      volumes,
      bringIn,
      handOver,
      isInHand: (path: string) => inHand.has(path),
    };
    // One batch is asked for while the ledger still answers for the one before.
    let before: Promise<void> = Promise.resolve();
    for await (const batch of sweepFolder(tools.inboxDir, signal)) {
      await orAborted(settling.hasRoom(), signal);
      const now = receive(
        reception,
        only === null ? batch : batch.filter((swept) => swept.kind === 'file' && only(swept.file.path)),
      );
      now.catch(() => undefined); // heard of in the next round
      await before;
      before = now;
    }
    await before;
  };

  return {
    sweep: async (between = async () => {}) => {
      sidecarsWait = false;
      await walk(photosFirst);
      await between();
      if (!sidecarsWait) return;
      const toIngest: TaskFor = (of, file, attention) =>
        attention.kind === 'ingest' || mayComeYet(attention, tools) ? ingestTask(of, file, attention) : null;
      await walk(toIngest, isSidecar);
    },
    hint: (path) => {
      if (!inHand.has(path)) settling.noteHint(path);
    },
    idle: async () => {
      while (settling.size() > 0 || queue.size > 0 || queue.pending > 0) {
        await orAborted(settling.empty(), signal);
        await orAborted(queue.onIdle(), signal);
      }
    },
    load: () => ({ inWork: queue.pending, waiting: queue.size + settling.size() }),
    [Symbol.asyncDispose]: async () => {
      await settling[Symbol.asyncDispose]();
      await queue.onIdle();
    },
  };
}

type Reception = {
  readonly tools: IntakeTools;
  readonly room: SettlingRoom;
  readonly volumes: Volumes;
  readonly bringIn: BringIn;
  readonly handOver: TaskFor;
  readonly isInHand: (path: string) => boolean;
};

/** A sidecar's photo may come in this very sweep, and who files once has one chance. */
function mayComeYet(attention: Attention, { patience }: Pick<IntakeTools, 'patience'>): boolean {
  return patience === null && attention.kind === 'stands' && attention.arrival.code === NO_PHOTO_YET;
}

function isSidecar(path: string): boolean {
  return sidecarKindOf(basename(path)) !== null;
}

async function receive({ tools, room, volumes, ...to }: Reception, batch: readonly Swept[]): Promise<void> {
  const ready: InboxFile[] = [];
  await volumes.learn(filesOf(batch));
  for (const swept of batch) {
    switch (swept.kind) {
      case 'file':
        if (!to.isInHand(swept.file.path) && room.isSettled(swept.file)) ready.push(swept.file);
        break;
      case 'not-utf8':
        await to.bringIn([swept.file], noteTask(ODD_NAME));
        break;
      case 'ignored':
        await finishIfLeaving(tools.work, swept.path);
        tools.work.report(withoutWork(swept.path, { outcome: 'ignored', code: null, message: swept.reason }));
        break;
      case 'unreadable':
        tools.log.warn({ path: swept.path, reason: swept.reason }, 'something in the inbox cannot be read');
        tools.work.report(withoutWork(swept.path, unreadable(swept.reason)));
    }
  }
  await to.bringIn(ready, to.handOver);
}

function* filesOf(batch: readonly Swept[]): Generator<InboxFile> {
  for (const swept of batch) if (swept.kind === 'file') yield swept.file;
}

async function finishIfLeaving(work: IntakeWork, path: string): Promise<void> {
  const arrivalId = arrivalIdOf(path);
  if (arrivalId !== null) await work.finishReleaseAgain(arrivalId, path);
}

function rulesNow({ policy, patience }: IntakeTools): Omit<AttentionRules, 'keepsIdentity'> {
  if (patience === null) return { ...policy, patience };
  const uptimeSeconds = (performance.now() - patience.startedAtMs) / 1000;
  return { ...policy, patience: { maxAttempts: patience.maxAttempts, uptimeSeconds } };
}
