import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { FactoryError, reasonOf } from '../../errors.ts';
import { bundledExiftool } from './exiftool-path.ts';

const LIMIT_MS = 20_000;

/** Begins to ask for exiftool while other things are opened. Whoever needs it hears what came of it. */
export function askForExiftool(signal: AbortSignal): Promise<string> {
  const asked = requireExiftool(signal);
  asked.catch(() => undefined);
  return asked;
}

/**
 * Runs exiftool once and says which it is. A library without it would file every video and most RAW photos by their file
 * time, and nobody would notice before the inbox is empty.
 *
 * @throws FactoryError EXIFTOOL_MISSING
 */
export async function requireExiftool(signal: AbortSignal): Promise<string> {
  try {
    const limit = AbortSignal.any([signal, AbortSignal.timeout(LIMIT_MS)]);
    const { stdout } = await promisify(execFile)(bundledExiftool(), ['-config', '', '-ver'], { signal: limit });
    return stdout.trim();
  } catch (error) {
    signal.throwIfAborted();
    throw new FactoryError('EXIFTOOL_MISSING', { reason: reasonOf(error).split('\n')[0] ?? '' }, error);
  }
}
