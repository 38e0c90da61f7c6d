import type { InboxFile } from '../../core/inbox-file.ts';
import type { Apart, Walked } from './walk.ts';

/** A batch as it travels between threads: 100,000 small objects take longer to copy than to find. */
export type WalkedMessage = {
  readonly paths: readonly string[];
  /** Device, inode, size, mtime and ctime of each path, in turn; times in two parts, since no calendar bounds a file's time. */
  readonly numbers: BigInt64Array<ArrayBuffer>;
  readonly apart: readonly Apart[];
};

const NUMBERS = 7;
const PER_SECOND = 1_000_000_000n;

export function packWalked({ files, apart }: Walked): WalkedMessage {
  const numbers = new BigInt64Array(files.length * NUMBERS);
  for (const [n, { identity }] of files.entries()) {
    const { device, inode, sizeBytes, mtimeNs, ctimeNs } = identity;
    const times = [mtimeNs / PER_SECOND, mtimeNs % PER_SECOND, ctimeNs / PER_SECOND, ctimeNs % PER_SECOND];
    numbers.set([device, inode, sizeBytes, ...times], n * NUMBERS);
  }
  return { paths: files.map(({ path }) => path), numbers, apart };
}

export function unpackFiles({ paths, numbers }: WalkedMessage): InboxFile[] {
  return paths.map((path, n) => {
    const at = (field: number) => numbers[n * NUMBERS + field] ?? 0n;
    const identity = {
      device: BigInt.asUintN(64, at(0)),
      inode: BigInt.asUintN(64, at(1)),
      sizeBytes: at(2),
      mtimeNs: at(3) * PER_SECOND + at(4),
      ctimeNs: at(5) * PER_SECOND + at(6),
    };
    return { path, identity };
  });
}
