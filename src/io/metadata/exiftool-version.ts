import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { FactoryError, reasonOf } from '../../errors.ts';
import { bundledExiftool, exiftoolCommand } from './exiftool-command.ts';

const LIMIT_MS = 20_000;

/** Asks for exiftool once, when somebody first needs it: most phones' photos need none, and the answer takes 60 ms of CPU time. */
export function exiftoolWhenNeeded(signal: AbortSignal): () => Promise<string> {
  let asked: Promise<string> | null = null;
  return () => {
    asked ??= requireExiftool(signal);
    return asked;
  };
}

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
    const { file, args, env } = exiftoolCommand(bundledExiftool(), ['-ver']);
    const { stdout } = await promisify(execFile)(file, args, { env, signal: limit });
    return stdout.trim();
  } catch (error) {
    signal.throwIfAborted();
    throw new FactoryError('EXIFTOOL_MISSING', { reason: reasonOf(error).split('\n')[0] ?? '' }, error);
  }
}
