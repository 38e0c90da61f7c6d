import { isAbsolute, join, relative } from 'node:path';

/** Where the parts of a library are. */
export type Layout = {
  readonly inbox: string;
  readonly storage: string;
  readonly originals: string;
  readonly duplicates: string;
  readonly incoming: string;
  readonly leaving: string;
  readonly marker: string;
};

export function layoutOf({ inboxDir, storageDir }: { inboxDir: string; storageDir: string }): Layout {
  return {
    inbox: inboxDir,
    storage: storageDir,
    originals: join(storageDir, 'Originals'),
    duplicates: join(storageDir, 'Duplicates'),
    incoming: join(storageDir, '.photo-factory/incoming'),
    leaving: join(storageDir, '.photo-factory/leaving'),
    marker: join(storageDir, '.photo-factory-library'),
  };
}

export function isBelow(folder: string, path: string): boolean {
  const way = relative(folder, path);
  return way !== '' && way !== '..' && !way.startsWith('../') && !isAbsolute(way);
}

export function isAt(place: string, path: string): boolean {
  return place === path || isBelow(place, path);
}
