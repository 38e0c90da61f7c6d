import { setTimeout as sleep } from 'node:timers/promises';

/** Waits, or until told to stop: then it just returns, and the caller looks at `signal`. */
export async function waitUnless(ms: number, signal: AbortSignal): Promise<void> {
  await sleep(ms, undefined, { signal }).catch(() => undefined);
}
