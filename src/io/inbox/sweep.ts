import { on } from 'node:events';
import type { BigIntStats } from 'node:fs';
import { lstat } from 'node:fs/promises';
import { Worker } from 'node:worker_threads';
import { type InboxFile, identityOf } from '../../core/inbox-file.ts';
import type { Apart } from './walk.ts';
import type { WalkAnswer, WalkRequest } from './walk-thread.ts';
import { unpackFiles, type WalkedMessage } from './walked-message.ts';

export type Swept = { readonly kind: 'file'; readonly file: InboxFile } | Apart;

/** Batches that are walked ahead while somebody is busy with those before. */
const AHEAD = 2;

const startThread = () => new Worker(new URL('./walk-thread.ts', import.meta.url), { name: 'walk' });

/** The next walk's thread, when it was started ahead. */
let ready: Worker | null = null;

/**
 * Starts the thread of the next walk while whoever will walk waits for something else: to start it takes as long as to walk over
 * thousands of files. It keeps no process from ending.
 */
export function prepareWalk(): void {
  if (ready !== null) return;
  const thread = startThread();
  thread.unref();
  const forget = () => {
    if (ready === thread) ready = null;
  };
  thread.once('error', forget).once('exit', forget);
  ready = thread;
}

function takeThread(): Worker {
  const thread = ready ?? startThread();
  ready = null;
  thread.ref();
  return thread;
}

/**
 * Walks a folder and everything below it, in bounded memory, whatever it holds.
 *
 * A thread of its own does it: one call for each of 100,000 files costs the main thread ten times as much when it waits
 * for each, and a mount that does not answer must not keep heartbeats waiting. Links are not followed. What vanishes
 * while we look is not there. The order is the disk's own.
 *
 * @param passOver which files are ignored by their names: other programs' in an inbox, or bookkeeping among originals
 * @throws what `opendir(2)` says of `root` itself; the signal's reason
 */
export async function* sweepFolder(
  root: string,
  signal: AbortSignal,
  passOver: WalkRequest['passOver'] = 'foreign',
): AsyncGenerator<readonly Swept[]> {
  signal.throwIfAborted();
  const worker = takeThread();
  const request: WalkRequest = { root, passOver };
  try {
    worker.postMessage(request);
    const answers = on(worker, 'message', { signal, close: ['exit'] });
    for (let n = 0; n < AHEAD; n += 1) worker.postMessage('more');
    for await (const [answer] of answers as AsyncIterable<[WalkAnswer]>) {
      if (answer.kind === 'end') return;
      if (answer.kind === 'failed') throw Object.assign(new Error(answer.message), answer.fields);
      worker.postMessage('more');
      yield unpack(answer.batch);
    }
    throw new Error('the thread that walks folders ended by itself');
  } catch (error) {
    signal.throwIfAborted();
    throw error;
  } finally {
    // Not awaited: it may hang in a call to a mount that does not answer.
    worker.terminate().catch(() => undefined);
  }
}

function unpack(batch: WalkedMessage): Swept[] {
  const files = unpackFiles(batch).map((file): Swept => ({ kind: 'file', file }));
  return batch.apart.length === 0 ? files : [...batch.apart, ...files];
}

/** Looks at one path as the sweep would; null when no regular file is there, or none that can be looked at. */
export async function lookAtFile(path: string): Promise<InboxFile | null> {
  const stat = await lookAt(path);
  return stat?.isFile() === true ? { path, identity: identityOf(stat) } : null;
}

/** Whether a folder (not a link to one) is there. */
export async function isFolder(path: string): Promise<boolean> {
  return (await lookAt(path))?.isDirectory() === true;
}

/** @returns null when it vanished, or cannot be looked at: the sweep finds that, too, and says so */
async function lookAt(path: string): Promise<BigIntStats | null> {
  return await lstat(path, { bigint: true }).catch(() => null);
}
