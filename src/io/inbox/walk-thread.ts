import { type MessagePort, parentPort } from 'node:worker_threads';
import { isBookkeepingFile, isForeignFile } from '../../core/ignore-rules.ts';
import { walkFolder } from './walk.ts';
import { packWalked, type WalkedMessage } from './walked-message.ts';

export type WalkRequest = { readonly root: string; readonly passOver: 'foreign' | 'bookkeeping' };

export type WalkAnswer =
  | { readonly kind: 'batch'; readonly batch: WalkedMessage }
  | { readonly kind: 'end' }
  /** What the system said of the root: an Error loses its fields on the way between threads. */
  | { readonly kind: 'failed'; readonly message: string; readonly fields: Readonly<Record<string, unknown>> };

/** A thread that walks one folder: the first message says which, and each one after it asks for one batch more. */
if (parentPort !== null) {
  const port = parentPort;
  port.once('message', (request: WalkRequest) => walk(request, port)); // only `sweepFolder` talks to this thread
}

function walk({ root, passOver }: WalkRequest, port: MessagePort): void {
  const answer = (said: WalkAnswer) => port.postMessage(said, said.kind === 'batch' ? [said.batch.numbers.buffer] : []);
  const batches = walkFolder(root, passOver === 'foreign' ? isForeignFile : isBookkeepingFile);
  port.on('message', () => {
    try {
      const next = batches.next();
      answer(next.done === true ? { kind: 'end' } : { kind: 'batch', batch: packWalked(next.value) });
    } catch (error) {
      if (!(error instanceof Error)) throw error;
      answer({ kind: 'failed', message: error.message, fields: { ...error } });
    }
  });
}
