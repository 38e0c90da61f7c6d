import { relative } from 'node:path';
import type { DiskCall } from '../interpose/disk.ts';

/** Where a library lies. */
export type Places = {
  readonly inboxDir: string;
  readonly storageDir: string;
  /** What days are called, by their folder (`2019/2019-04-16`); `day` unless said otherwise. */
  readonly days?: Readonly<Record<string, string>>;
};

/**
 * A call by what it does to what, the same in every run: `link inbox/a.jpg → day/a.jpg`. Ids, hashes and the day itself
 * are left out.
 */
export function labelOf({ name, paths }: Pick<DiskCall, 'name' | 'paths'>, places: Places): string {
  return `${name} ${paths.map((path) => roleOf(path, places)).join(' → ')}`;
}

function roleOf(path: string, { inboxDir, storageDir, days = {} }: Places): string {
  if (path.startsWith('/proc/')) return 'open file';
  if (isIn(inboxDir, path)) return join('inbox', withoutId(relative(inboxDir, path)));
  if (!isIn(storageDir, path)) return 'elsewhere';
  const way = relative(storageDir, path);
  if (way === '') return 'storage';
  if (way === '.photo-factory-library') return 'marker';
  return withoutId(way)
    .replace(/^\.photo-factory\/?/, 'private/')
    .replace(/^private\/incoming\/[0-9a-f-]{36}/, 'incoming/copy')
    .replace(/^private\/incoming/, 'incoming')
    .replace(/^private\/leaving\/\d+/, 'leaving/a.jpg')
    .replace(/^private\/leaving/, 'leaving')
    .replace(/^Originals\/(\d{4}\/\d{4}-\d\d-\d\d)/, (_, day: string) => days[day] ?? 'day')
    .replace(/^Originals\/\d{4}$/, 'year')
    .replace(/-[0-9a-f]{8}(?=\.\w+(\.\w+)?$)/, '-hash');
}

function withoutId(path: string): string {
  return path.replace(/\.pf-(release|undo)-\d+/, '.pf-$1');
}

function join(first: string, rest: string): string {
  return rest === '' ? first : `${first}/${rest}`;
}

function isIn(folder: string, path: string): boolean {
  const way = relative(folder, path);
  return way !== '..' && !way.startsWith('../');
}
