import { statfs } from 'node:fs/promises';
import { fileSystemKind } from '../../core/file-system-kind.ts';

/**
 * Whether a file's ctime can be compared with this machine's clock, so that one look tells how long a file was left
 * alone. Where that is not known the answer is no: two looks are always right, only slower.
 */
export async function hasRealCtime(path: string): Promise<boolean> {
  if (process.platform !== 'linux') return false;
  const found = await statfs(path).catch(() => null); // the folder may be gone
  return found !== null && (fileSystemKind(found.type >>> 0)?.hasRealCtime ?? false);
}
