import type { Command } from 'commander';
import type { Add, Globals } from '../command-line.ts';

export type DateOrder = { readonly command: 'explain'; readonly photo: string };

/** What has to do with when a photo was taken. */
export function addDateCommands(add: Add, give: (order: DateOrder, globals: Globals) => void): void {
  add('explain', {
    group: 'Looking after it',
    summary: 'show every date found for a photo, which was taken, and why',
    more: 'For any file, and for a photo of the library by its path or its id. Changes nothing.',
    examples: [
      'photo-factory explain Storage/Originals/2024/2024-05-06/IMG_0001.jpg',
      'photo-factory explain 0b7c1c0e-6f0e-4a57-9f5c-2f6f6f1f8a11 --json',
    ],
  })
    .argument('<photo>', 'path of a file, or id of a photo in the ledger')
    .action((photo: string, _, self: Command) => give({ command: 'explain', photo }, self.optsWithGlobals()));
}
