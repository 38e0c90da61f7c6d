import { type Command, Option } from 'commander';
import type { Add, Globals } from '../command-line.ts';
import { type Correction, readClock, readShift, readZone } from '../core/redate.ts';
import { FactoryError } from '../errors.ts';

export type DateOrder =
  | { readonly command: 'explain'; readonly photo: string }
  | {
      readonly command: 'redate';
      readonly photos: readonly string[];
      readonly correction: Correction;
      readonly dryRun: boolean;
    };

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
  add('redate', {
    group: 'Looking after it',
    summary: 'put the dates of photos right, and file them by their new days',
    more: 'Try it with --dry-run first. The photos themselves are never written to; their sidecars go with them, and the ledger keeps every date that they had (date_changes). Needs the library to itself: not beside "start".',
    examples: [
      'photo-factory redate Storage/Originals/2024/2024-05-06/scan.jpg --to 1985-07-01 --dry-run',
      'photo-factory redate Storage/Originals/2024/2024-05-06/*.jpg --shift=-1h',
      'photo-factory redate 0b7c1c0e-6f0e-4a57-9f5c-2f6f6f1f8a11 --zone Asia/Tokyo',
    ],
  })
    .argument('<photos...>', 'paths of stored photos, or their ids')
    .addOption(new Option('--to <date>', 'it was then: 2019-04-16, or "2019-04-16 11:36:39"'))
    .addOption(new Option('--shift <time>', 'the camera’s clock was wrong by so much: +1h30m, -2d'))
    .addOption(new Option('--zone <zone>', 'it was taken in this zone: Asia/Tokyo, or +09:00'))
    .addOption(new Option('--dry-run', 'say exactly what would happen, and change nothing'))
    .action((photos: string[], flags: RedateFlags, self: Command) =>
      give(
        { command: 'redate', photos, correction: correctionOf(flags), dryRun: flags.dryRun === true },
        self.optsWithGlobals(),
      ),
    );
}

type RedateFlags = { readonly to?: string; readonly shift?: string; readonly zone?: string; readonly dryRun?: true };

/** @throws FactoryError USAGE */
function correctionOf({ to, shift, zone }: RedateFlags): Correction {
  const given = [to, shift, zone].filter((flag) => flag !== undefined);
  if (given.length !== 1) throw usage('Say one of --to, --shift and --zone.');
  if (to !== undefined) {
    const clock = readClock(to);
    if (clock === null) throw usage(`"${to}" is no date: write 2019-04-16, or "2019-04-16 11:36:39".`);
    return { kind: 'to', clock };
  }
  if (shift !== undefined) {
    const seconds = readShift(shift);
    if (seconds === null) throw usage(`"${shift}" is no span of time: write +1h30m, -2d or 90s.`);
    return { kind: 'shift', seconds };
  }
  const known = readZone(zone ?? '');
  if (known === null) throw usage(`"${zone}" is no time zone: write Asia/Tokyo, or +09:00.`);
  return { kind: 'zone', zone: known };
}

function usage(reason: string): FactoryError {
  return new FactoryError('USAGE', { reason });
}
