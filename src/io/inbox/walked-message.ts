import type { FileIdentity, InboxFile } from '../../core/inbox-file.ts';
import type { Apart, Walked } from './walk.ts';

/** A batch as it travels between threads: 100,000 small objects take longer to copy than to find. */
export type WalkedMessage = {
  readonly paths: readonly string[];
  /** Device, inode, size, mtime and ctime of each path, in turn. */
  readonly numbers: BigUint64Array<ArrayBuffer>;
  /** Files of a time that does not fit: before 1970, or after 2554. */
  readonly others: readonly InboxFile[];
  readonly apart: readonly Apart[];
};

const NUMBERS = 5;
/** Nanoseconds since 1970 that fit into one number. */
const LIMIT = 1n << 64n;

export function packWalked({ files, apart }: Walked): WalkedMessage {
  const fitting = files.filter(({ identity }) => fits(identity));
  const numbers = new BigUint64Array(fitting.length * NUMBERS);
  let at = 0;
  for (const { identity } of fitting) {
    numbers[at] = identity.device;
    numbers[at + 1] = identity.inode;
    numbers[at + 2] = identity.sizeBytes;
    numbers[at + 3] = identity.mtimeNs;
    numbers[at + 4] = identity.ctimeNs;
    at += NUMBERS;
  }
  const others = fitting.length === files.length ? [] : files.filter(({ identity }) => !fits(identity));
  return { paths: fitting.map(({ path }) => path), numbers, others, apart };
}

function fits({ mtimeNs, ctimeNs }: FileIdentity): boolean {
  return mtimeNs >= 0n && mtimeNs < LIMIT && ctimeNs >= 0n && ctimeNs < LIMIT;
}

export function unpackFiles({ paths, numbers, others }: WalkedMessage): InboxFile[] {
  const number = (n: number, field: number) => numbers[n * NUMBERS + field] ?? 0n;
  const files: InboxFile[] = paths.map((path, n) => ({
    path,
    identity: {
      device: number(n, 0),
      inode: number(n, 1),
      sizeBytes: number(n, 2),
      mtimeNs: number(n, 3),
      ctimeNs: number(n, 4),
    },
  }));
  return others.length === 0 ? files : [...files, ...others];
}
