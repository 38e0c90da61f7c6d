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
  const workerData: WalkRequest = { root, passOver };
  const worker = new Worker(new URL('./walk-thread.ts', import.meta.url), { workerData, name: 'walk' });
  try {
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
