import { type Command, Option } from 'commander';
import type { Add, Globals } from '../command-line.ts';
import { type PlaceCorrection, readCountry } from '../core/place-correction.ts';
import { FactoryError } from '../errors.ts';

export type PlaceOrder = {
  readonly command: 'place';
  readonly photos: readonly string[];
  readonly correction: PlaceCorrection | 'unlock';
  readonly dryRun: boolean;
};

type Flags = {
  readonly city?: string;
  readonly region?: string;
  readonly country?: string;
  readonly unlock?: true;
  readonly dryRun?: true;
};

/** Where a photo was taken, in a person's words. */
export function addPlaceCommand(add: Add, give: (order: PlaceOrder, globals: Globals) => void): void {
  add('place', {
    group: 'Photos',
    summary: 'put the names of places right, for good',
    more: 'What you say stays, also when places are looked up anew; --unlock lets the data decide again. What is wider than what you say stays as it was, what is narrower goes: another country has other cities. An empty text takes a name away. Works beside "start".',
    examples: [
      'photo-factory place Storage/Originals/2024/2024-05-06/IMG_0001.jpg --city "Grandma’s village"',
      'photo-factory place 0b7c1c0e-6f0e-4a57-9f5c-2f6f6f1f8a11 --city Caputh --region Brandenburg --country DE',
      'photo-factory place 0b7c1c0e-6f0e-4a57-9f5c-2f6f6f1f8a11 --unlock',
    ],
  })
    .argument('<photos...>', 'paths of stored photos, or their ids')
    .addOption(new Option('--city <name>', 'the town, village or spot'))
    .addOption(new Option('--region <name>', 'state, province or the like'))
    .addOption(new Option('--country <code>', 'the country: DE, JP, US'))
    .addOption(new Option('--unlock', 'let the data decide again'))
    .addOption(new Option('--dry-run', 'say exactly what would happen, and change nothing'))
    .action((photos: string[], flags: Flags, self: Command) =>
      give(
        { command: 'place', photos, correction: correctionOf(flags), dryRun: flags.dryRun === true },
        self.optsWithGlobals(),
      ),
    );
}

/** @throws FactoryError USAGE */
function correctionOf({ city, region, country, unlock }: Flags): PlaceCorrection | 'unlock' {
  const said = [city, region, country].some((name) => name !== undefined);
  if (said === (unlock === true))
    throw new FactoryError('USAGE', { reason: 'Say --city, --region or --country; or --unlock alone.' });
  if (unlock === true) return 'unlock';
  return {
    ...(city === undefined ? {} : { city: nameOf(city) }),
    ...(region === undefined ? {} : { region: nameOf(region) }),
    ...(country === undefined ? {} : { countryCode: codeOf(country) }),
  };
}

function nameOf(text: string): string | null {
  const name = text.trim().normalize('NFC');
  return name === '' ? null : name;
}

function codeOf(text: string): string | null {
  const code = readCountry(text.trim());
  if (code !== null || text.trim() === '') return code;
  throw new FactoryError('USAGE', { reason: `"${text}" is no country: write its two letters, like DE, JP or US.` });
}
