import { type Entry, type Inode, pathOf } from '../history.ts';
import type { Possible } from '../possible.ts';
import { isPlaceholder } from './placeholder.ts';
import type { Checked, Rule } from './rule.ts';

/** The mark of the moment at which the library was open. */
export const LIBRARY_OPEN = 'library open';

/** Inbox, storage and marker: see `findViolations`. */
export function checkLibrary({ history, layout }: Checked): Rule {
  const opened = history.trace.marks.find(({ name }) => name === LIBRARY_OPEN)?.at ?? Number.POSITIVE_INFINITY;
  const folders = history.inodes.filter(({ path }) => path === layout.inbox || path === layout.storage);
  const marker = history.entries.find((entry) => pathOf(entry) === layout.marker) ?? null;
  // One that was copied there by hand may be torn until somebody who relies on it has made it last.
  const isOurs = marker?.versions.some(({ value }) => value?.madeBy === 'us') === true;
  return (at, possible, report) => {
    const states = marker === null ? [] : statesOf(marker, possible);
    if (states.includes('torn') && (isOurs || at >= opened))
      report('marker', at, 'the marker of the library may be torn');
    if (at < opened) return;
    if (states.includes('nothing')) report('marker', at, 'the marker of the library may be gone');
    for (const folder of folders)
      if (!possible.isFolderSure(folder)) report('folders', at, `${folder.path} may be gone with all that is in it`);
  };
}

/** An empty placeholder counts as nothing: whoever reads it takes it for no marker. */
function statesOf(marker: Entry, possible: Possible): readonly ('whole' | 'torn' | 'nothing')[] {
  return possible.values(marker).map(({ value: file }) => {
    if (file === null || isPlaceholder(file)) return 'nothing';
    return possible.bytes(file).every((bytes) => isWhole(file, bytes)) ? 'whole' : 'torn';
  });
}

function isWhole({ contents }: Inode, bytes: Buffer): boolean {
  return bytes.equals(contents.at(-1)?.value ?? Buffer.alloc(0));
}
