import { type Command, InvalidArgumentError, Option } from 'commander';
import type { Add, Globals } from '../command-line.ts';
import { parseSlice, type Slice } from '../core/slice.ts';
import { FactoryError } from '../errors.ts';

export type VerifyOrder = {
  readonly command: 'verify';
  readonly items: boolean;
  readonly isQuick: boolean;
  readonly olderThanDays: number;
  readonly slice: Slice | null;
  /** Null for as fast as the disk gives it. */
  readonly megabytesPerSecond: number | null;
};

export type AdoptOrder = {
  readonly command: 'adopt';
  /** As they were named; null for all there is. */
  readonly paths: readonly string[] | null;
  readonly items: boolean;
};

export type CareOrder = VerifyOrder | AdoptOrder | { readonly command: 'rebuild'; readonly items: boolean };

type VerifyFlags = {
  readonly items?: true;
  readonly quick?: true;
  readonly olderThan?: number;
  readonly slice?: Slice;
  readonly rate?: number;
  readonly adopt?: true | readonly string[];
};

/** Defines the commands that look after what is stored. */
export function addCareCommands(add: Add, give: (order: CareOrder, globals: Globals) => void): void {
  add('verify', {
    group: 'Looking after it',
    summary: 'read the originals again; find missing, changed and untracked ones',
    more: 'Works beside "start", which reads a part of them every day (VERIFY_DAYS). What was read longest ago\ncomes first, so it can be stopped and goes on where it was. Changes no photo: each finding says what\nto do. Ends with 3 as long as one is open. --adopt needs the library to itself.',
    examples: [
      'photo-factory verify',
      'photo-factory verify --slice 2h --rate 40',
      'photo-factory verify --older-than 30 --slice 10%',
      'photo-factory verify --adopt Storage/Originals/2024/2024-05-06',
    ],
  })
    .addOption(new Option('--quick', 'only look whether they are there, with their size and time'))
    .addOption(new Option('--slice <part>', 'stop after 5%, 2h or 50GB').argParser(readSlice))
    .addOption(new Option('--older-than <days>', 'only those not verified for so long').argParser(readDays))
    .addOption(new Option('--rate <MB/s>', 'read no faster').argParser(readRate))
    .addOption(new Option('--items', 'with --json: list every open finding, not the first 100'))
    .addOption(new Option('--adopt [paths...]', 'record untracked originals where they lie, and do nothing else'))
    .action((flags: VerifyFlags, self: Command) => give(orderOfVerify(flags), self.optsWithGlobals()));
  add('rebuild', {
    group: 'Looking after it',
    summary: 'make a lost ledger anew from the originals',
    more: 'For a new database beside a storage that has photos. Records every original where it lies, and says\nwhat only the old ledger knew. Needs the library to itself; killed and run again, it goes on.',
    examples: ['photo-factory rebuild', 'photo-factory rebuild --json --items > report.json'],
  })
    .addOption(new Option('--items', 'with --json: say what became of every single file'))
    .action((options: { items?: true }, self: Command) =>
      give({ command: 'rebuild', items: options.items === true }, self.optsWithGlobals()),
    );
}

function orderOfVerify({ adopt, items, ...flags }: VerifyFlags): CareOrder {
  if (adopt === undefined) {
    const { quick, olderThan = 0, slice = null, rate = null } = flags;
    return {
      command: 'verify',
      items: items === true,
      isQuick: quick === true,
      olderThanDays: olderThan,
      slice,
      megabytesPerSecond: rate,
    };
  }
  const [other] = Object.keys(flags);
  if (other !== undefined)
    throw new FactoryError('USAGE', { reason: '--adopt goes with --items only: it records, and verifies nothing.' });
  return { command: 'adopt', paths: adopt === true ? null : adopt, items: items === true };
}

function readSlice(text: string): Slice {
  const slice = parseSlice(text);
  if (slice === null) throw new InvalidArgumentError('It must be like 5%, 2h or 50GB.');
  return slice;
}

function readDays(text: string): number {
  if (/^\d{1,5}$/.test(text)) return Number(text);
  throw new InvalidArgumentError('It must be a whole number of days.');
}

function readRate(text: string): number {
  if (/^[1-9]\d{0,5}$/.test(text)) return Number(text);
  throw new InvalidArgumentError('It must be a whole number of megabytes a second, from 1.');
}
