import { z } from 'zod';
import type { SyncthingFolder, SyncthingReading } from '../core/syncthing-report.ts';
import { reasonOf } from '../errors.ts';

export type SyncthingAddress = {
  readonly url: string;
  readonly apiKey: string | null;
  /** For one request. */
  readonly timeoutMs: number;
};

const Health = z.object({ status: z.string() });
const Ping = z.object({ ping: z.literal('pong') });
const SystemStatus = z.object({ uptime: z.number(), tilde: z.string().default('~') });
const Folders = z.array(
  z.object({
    id: z.string(),
    label: z.string().default(''),
    path: z.string(),
    type: z.string(),
    ignoreDelete: z.boolean().default(false),
    paused: z.boolean().default(false),
  }),
);
const FolderStatus = z.object({
  state: z.string(),
  error: z.string().default(''),
  errors: z.number().default(0),
  pullErrors: z.number().default(0),
  needFiles: z.number().default(0),
});

/** Answered with 401 or 403. */
class KeyRefused extends Error {}
/** Answered with 404. */
class NotFound extends Error {}

/**
 * Asks Syncthing how it and its folders are (https://docs.syncthing.net/dev/rest.html).
 *
 * A Syncthing that is away, refuses or talks nonsense is an answer, not an error.
 *
 * @throws only when `signal` is aborted
 */
export async function readSyncthing(address: SyncthingAddress, signal: AbortSignal): Promise<SyncthingReading> {
  try {
    const status = await readHealth(address, signal);
    if (status !== 'OK') return { kind: 'unreachable', reason: `it says that it is ${JSON.stringify(status)}` };
    if (address.apiKey === null) throw new KeyRefused();
    const { uptime, tilde } = await ask(address, 'rest/system/status', SystemStatus, signal);
    const folders: SyncthingFolder[] = [];
    for (const folder of await ask(address, 'rest/config/folders', Folders, signal))
      folders.push(await readFolder(address, { ...folder, path: folder.path.replace(/^~(?=\/|$)/, tilde) }, signal));
    return { kind: 'answered', uptimeSeconds: uptime, folders };
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof KeyRefused)
      return { kind: 'locked', reason: `${address.apiKey === null ? 'set' : 'it refuses'} SYNCTHING_API_KEY` };
    return { kind: 'unreachable', reason: reasonOf(error) };
  }
}

/** Syncthing before 1.20 (Debian 12 has such a one) lacks the question: there a ping has to do, which needs the key. */
async function readHealth(address: SyncthingAddress, signal: AbortSignal): Promise<string> {
  try {
    return (await ask(address, 'rest/noauth/health', Health, signal)).status;
  } catch (error) {
    if (!(error instanceof NotFound)) throw error;
    await ask(address, 'rest/system/ping', Ping, signal);
    return 'OK';
  }
}

async function readFolder(
  address: SyncthingAddress,
  { id, label, path, type, ignoreDelete, paused }: z.infer<typeof Folders>[number],
  signal: AbortSignal,
): Promise<SyncthingFolder> {
  const known = { id, label: label === '' ? id : label, path, type, ignoresDeletes: ignoreDelete, isPaused: paused };
  // A paused folder is not loaded, and asking for its status is answered with 404.
  if (paused) return { ...known, state: null, error: null, failedItems: 0, needItems: 0 };
  const status = await ask(address, `rest/db/status?folder=${encodeURIComponent(id)}`, FolderStatus, signal);
  return {
    ...known,
    state: status.state,
    error: status.error === '' ? null : status.error,
    failedItems: Math.max(status.errors, status.pullErrors),
    needItems: status.needFiles,
  };
}

async function ask<T>(
  { url, apiKey, timeoutMs }: SyncthingAddress,
  path: string,
  schema: z.ZodType<T>,
  signal: AbortSignal,
): Promise<T> {
  const limit = AbortSignal.timeout(timeoutMs);
  try {
    const response = await fetch(new URL(path, url.endsWith('/') ? url : `${url}/`), {
      headers: apiKey === null ? {} : { 'X-API-Key': apiKey },
      redirect: 'error', // the key is for this address only
      signal: AbortSignal.any([signal, limit]),
    });
    if (response.status === 401 || response.status === 403) throw new KeyRefused();
    if (response.status === 404) throw new NotFound(`it answers 404 to ${path}`);
    if (!response.ok) throw new Error(`it answers ${response.status} to ${path}`);
    const parsed = schema.safeParse(await response.json());
    if (!parsed.success) throw new Error(`what answers at ${new URL(url).host} is not Syncthing`);
    return parsed.data;
  } catch (error) {
    if (limit.aborted) throw new Error(`no answer within ${timeoutMs / 1000} s`);
    if (error instanceof SyntaxError) throw new Error(`what answers at ${new URL(url).host} is not Syncthing`);
    throw error;
  }
}
