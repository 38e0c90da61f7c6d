import { expect, it } from 'vitest';
import { readCommandLine, wantsJson } from '../../src/command-line.ts';
import { FactoryError } from '../../src/errors.ts';

const PAGE = { columns: 100, colour: false };
const read = (...args: string[]) => readCommandLine(args, PAGE);

function refusal(...args: string[]): FactoryError {
  try {
    read(...args);
  } catch (error) {
    if (error instanceof FactoryError) return error;
    throw error;
  }
  throw new Error('the command line was accepted');
}

it.each(['start', 'doctor', 'cleanup'])('takes %s', (command) => {
  expect(read(command)).toEqual({ kind: 'order', order: { command }, json: false, envFile: null });
});

it('takes --json before and after the command', () => {
  expect(read('--json', 'status')).toEqual(read('status', '--json'));
  expect(read('status', '--json')).toMatchObject({ json: true });
});

it('takes what a person says of dates', () => {
  expect(read('explain', 'a.jpg')).toMatchObject({ order: { command: 'explain', photo: 'a.jpg' } });
  expect(read('redate', 'a.jpg', 'b.jpg', '--shift=-1h', '--dry-run')).toMatchObject({
    order: {
      command: 'redate',
      photos: ['a.jpg', 'b.jpg'],
      correction: { kind: 'shift', seconds: -3600 },
      dryRun: true,
    },
  });
  expect(refusal('redate', 'a.jpg').message).toContain('--to, --shift and --zone');
  expect(refusal('redate', 'a.jpg', '--to', 'today').message).toContain('2019-04-16');
  expect(refusal('redate', 'a.jpg', '--zone', 'Nowhere').message).toContain('Asia/Tokyo');
  expect(refusal('redate', 'a.jpg', '--shift', 'a bit').message).toContain('+1h30m');
});

it('takes what a person says of places', () => {
  expect(read('place', 'a.jpg', '--city', ' Caputh ', '--region', '', '--country', 'de', '--dry-run')).toMatchObject({
    order: {
      command: 'place',
      photos: ['a.jpg'],
      correction: { city: 'Caputh', region: null, countryCode: 'DE' },
      dryRun: true,
    },
  });
  expect(read('place', 'a.jpg', '--unlock')).toMatchObject({ order: { correction: 'unlock', dryRun: false } });
  expect(refusal('place', 'a.jpg').message).toContain('--city, --region or --country');
  expect(refusal('place', 'a.jpg', '--unlock', '--city', 'a').message).toContain('--unlock alone');
  expect(refusal('place', 'a.jpg', '--country', 'Germany').message).toContain('two letters');
});

it('takes the options of commands', () => {
  expect(read('status')).toMatchObject({ order: { command: 'status', alive: false } });
  expect(read('status', '--alive')).toMatchObject({ order: { command: 'status', alive: true } });
  expect(read('ingest', '--items')).toMatchObject({ order: { command: 'ingest', items: true, held: false } });
  expect(read('ingest', '--held')).toMatchObject({ order: { held: true } });
  expect(read('undo', 'last', '--dry-run')).toMatchObject({
    order: { command: 'undo', run: 'last', dryRun: true, force: false, items: false },
  });
  expect(read('relocate', '--quick')).toMatchObject({
    order: { command: 'relocate', dryRun: false, quick: true, force: false },
  });
  expect(read('db', 'rollback', '--steps', '3', '--drop-data')).toMatchObject({
    order: { command: 'db rollback', steps: 3, dropData: true },
  });
  expect(read('db', 'dump')).toMatchObject({ order: { command: 'db dump', file: null } });
  expect(read('db', 'dump', '-')).toMatchObject({ order: { command: 'db dump', file: '-' } });
  expect(read('db', 'restore', 'a.sql', '--replace')).toMatchObject({
    order: { command: 'db restore', file: 'a.sql', replace: true },
  });
  expect(read('db', 'upgrade', '--binaries', '/pg')).toMatchObject({
    order: { command: 'db upgrade', binaries: '/pg' },
  });
  expect(read('--env-file', '/x/.env', 'config')).toMatchObject({ envFile: '/x/.env' });
});

it('takes the options of verify, and gives none of them a meaning that was not asked for', () => {
  const plain = {
    command: 'verify',
    items: false,
    isQuick: false,
    olderThanDays: 0,
    slice: null,
    megabytesPerSecond: null,
  };
  expect(read('verify')).toMatchObject({ order: plain });
  expect(read('verify', '--quick', '--older-than', '30', '--rate', '40', '--slice', '2h', '--items')).toMatchObject({
    order: {
      command: 'verify',
      items: true,
      isQuick: true,
      olderThanDays: 30,
      slice: { kind: 'hours', hours: 2 },
      megabytesPerSecond: 40,
    },
  });
  expect(read('rebuild')).toMatchObject({ order: { command: 'rebuild', items: false } });
});

it('adopts what is named, or all there is', () => {
  expect(read('verify', '--adopt')).toMatchObject({ order: { command: 'adopt', paths: null, items: false } });
  expect(read('verify', '--adopt', 'a.jpg', 'b')).toMatchObject({ order: { command: 'adopt', paths: ['a.jpg', 'b'] } });
});

it.each([
  [['--slice', '7x'], '5%, 2h or 50GB'],
  [['--rate', '0'], 'megabytes a second'],
  [['--older-than', 'long'], 'number of days'],
  [['--adopt', '--quick'], 'verifies nothing'],
])('refuses verify %j', (args, words) => {
  expect(refusal('verify', ...args)).toMatchObject({ code: 'USAGE', message: expect.stringContaining(words) });
});

it('passes everything after psql on as it is, also what looks like an option of ours', () => {
  const args = ['-c', 'SELECT 1', '-h', 'elsewhere', '--csv', '-V', '--', '--json'];
  expect(read('psql', ...args)).toMatchObject({ order: { command: 'psql', args } });
});

it.each([
  [['statsu'], 'status'],
  [['db', 'migrat'], 'migrate'],
  [['ingest', '--itms'], '--items'],
  [['status', '--jsno'], '--json'],
])('refuses %j and suggests %s', (args, meant) => {
  const { code, message } = refusal(...args);
  expect(code).toBe('USAGE');
  expect(message).toContain(`Did you mean ${meant}?`);
});

it.each([
  [[]],
  [['db']],
  [['status', 'now']],
  [['db', 'rollback', '--steps', '0']],
  [['db', 'restore']],
  [['db', 'dump', '-', '--json']],
  [['--env-file']],
  [['undo']],
  [['help']],
])('refuses %j', (args) => {
  expect(refusal(...args).exitCode).toBe(2);
});

it.each([
  ['--help'],
  ['start', '--help'],
  ['ingest', '-h'],
  ['status', '-h'],
  ['undo', '-h'],
  ['relocate', '-h'],
  ['doctor', '-h'],
  ['cleanup', '-h'],
  ['config', '-h'],
  ['verify', '-h'],
  ['rebuild', '-h'],
  ['psql', '--help'],
  ['db', 'migrate', '-h'],
  ['db', 'rollback', '-h'],
  ['db', 'status', '-h'],
  ['db', 'dump', '-h'],
  ['db', 'restore', '-h'],
  ['db', 'upgrade', '-h'],
])('shows help no wider than a page, with an example for each command: %s %s %s', (...args) => {
  const shown = read(...args.filter((arg) => arg !== undefined));
  if (shown.kind !== 'shown') throw new Error('no help');
  expect(Math.max(...shown.text.split('\n').map((line) => line.length))).toBeLessThanOrEqual(110);
  if (args[0] !== '--help') expect(shown.text).toContain('Examples:');
});

it('says in its help what the exit codes mean and where the settings are', () => {
  expect(read('--help')).toMatchObject({ text: expect.stringMatching(/Settings:.*\.env.*Exit codes:.*130/s) });
});

it('knows that JSON is wanted also of what it cannot read, and not of what is psql’s', () => {
  expect(wantsJson(['frobnicate', '--json'])).toBe(true);
  expect(wantsJson(['psql', '--json'])).toBe(false);
  expect(wantsJson(['status'])).toBe(false);
});
