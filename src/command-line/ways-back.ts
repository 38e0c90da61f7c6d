import { type Command, Option } from 'commander';
import type { Add, Globals } from '../command-line.ts';

export type WayBackOrder =
  | {
      readonly command: 'undo';
      readonly run: string;
      readonly dryRun: boolean;
      readonly force: boolean;
      readonly items: boolean;
    }
  | { readonly command: 'relocate'; readonly dryRun: boolean; readonly quick: boolean; readonly force: boolean };

/** What takes back, or follows, what somebody has done. */
export function addWaysBack(add: Add, give: (order: WayBackOrder, globals: Globals) => void): void {
  const dryRun = () => new Option('--dry-run', 'say exactly what would happen, and change nothing');
  add('undo', {
    group: 'Looking after it',
    summary: 'take one run back: its files lie in the inbox again',
    more: 'A run is named by its id, the beginning of it, or "last"; "status" and "ingest" show it. What changed since is refused, file by file, with the reason. What is back is held until it changes, or "ingest --held" files it. Needs the library to itself: not beside "start".',
    examples: ['photo-factory undo last --dry-run', 'photo-factory undo 5a0cf3a2'],
  })
    .argument('<run>', 'id of the run, its first digits, or "last"')
    .addOption(dryRun())
    .addOption(new Option('--force', 'also photos that somebody has curated since'))
    .addOption(new Option('--items', 'with --json: say what became of every single file'))
    .action((run: string, asked: { dryRun?: true; force?: true; items?: true }, self: Command) => {
      const { dryRun: rehearse, force, items } = asked;
      give(
        { command: 'undo', run, dryRun: rehearse === true, force: force === true, items: items === true },
        self.optsWithGlobals(),
      );
    });
  add('relocate', {
    group: 'Looking after it',
    summary: 'tell the ledger that the storage lies elsewhere now',
    more: 'Move the folder yourself, set STORAGE_DIR to where it is now, then run this: it looks for every file there and changes the paths in the ledger, all or none. Needs the library to itself.',
    examples: ['STORAGE_DIR=/mnt/new/Storage photo-factory relocate --dry-run', 'photo-factory relocate'],
  })
    .addOption(dryRun())
    .addOption(new Option('--quick', 'look for a thousand files, not for all of them, and sync none'))
    .addOption(new Option('--force', 'also when files are missing there'))
    .action((asked: { dryRun?: true; quick?: true; force?: true }, self: Command) => {
      const { dryRun: rehearse, quick, force } = asked;
      give(
        { command: 'relocate', dryRun: rehearse === true, quick: quick === true, force: force === true },
        self.optsWithGlobals(),
      );
    });
}
