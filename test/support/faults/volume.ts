import { constants } from 'node:fs';
import { copyFile } from 'node:fs/promises';
import type { Follower } from './disk-way.ts';

/** A volume as the disk under the tests is none: what it can do and the others cannot, and the other way round. */
export function asVolume(kind: 'no links' | 'clones' | undefined): Follower {
  return async (call, proceed) => {
    if (kind === 'no links' && call.name === 'link') {
      throw Object.assign(new Error('EPERM: operation not permitted, link'), { code: 'EPERM', syscall: 'link' });
    }
    const [from = '', to = ''] = call.args.map(String);
    if (kind === 'clones' && call.name === 'copyFile') return copyFile(from, to, constants.COPYFILE_EXCL);
    return proceed();
  };
}
