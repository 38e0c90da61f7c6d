import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, symlink, utimes, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { dirname, join, relative } from 'node:path';
import { jpeg, sha256 } from './ingest-rig.ts';

/** Only root may make devices. */
const IS_ROOT = process.getuid?.() === 0;

type Expected = 'stored' | 'ignored' | 'rejected';

/** What must become of each file, by its path below the inbox as it is shown. */
export type Expectations = ReadonlyMap<string, Expected>;

const MTIME = new Date('2024-05-06T07:08:09Z');
export const STRANGE_DAY = '2024/2024-05-06';

/** Names that are hostile to shells, terminals, command lines, patterns, other systems and to ourselves. */
const ODD_NAMES: readonly string[] = [
  'new\nline.jpg',
  '-rf.jpg',
  '--help',
  '@args.jpg',
  `quote'"\`.jpg`,
  '$(touch ran-by-a-shell).jpg',
  '`touch ran-by-a-shell`.jpg',
  ';touch ran-by-a-shell;.jpg',
  '|touch ran-by-a-shell|.jpg',
  '-if\nsystem("touch ran-by-perl")\n.jpg',
  '%s%n%d.jpg',
  '*?[a-z]{b,c}.jpg',
  'back\\slash\\xe9.jpg',
  '\u001b[2J\u001b]0;title\u0007.jpg',
  '\u202egpj.exe',
  'caf\u00e9.jpg',
  'cafe\u0301.jpg',
  'trailing dot.jpg.',
  'trailing space.jpg ',
  ' ',
  '...',
  'CON.jpg',
  'photo.jpg:stream',
  '🏖️ 👨‍👩‍👧.jpg',
  `${'y'.repeat(251)}.jpg`,
  `${'é'.repeat(127)}j`,
  'a.jpg.returned-1',
  '.photo-factory/incoming/0f0e.jpg',
  '.photo-factory-library.jpg',
  `${Array.from({ length: 30 }, (_, n) => `d${n}`).join('/')}/deep.jpg`,
  'folder called.jpg/b.jpg',
];

const NEVER_TOUCHED: readonly string[] = ['.pf-probe-0', '.syncthing.a.jpg.tmp'];

const NOT_UTF8: readonly (readonly [shown: string, name: Buffer])[] = [
  ['./a\\xe9.jpg', Buffer.from('a\xe9.jpg', 'latin1')],
  ['./lone\\xed\\xa0\\x80.jpg', Buffer.from('lone\xed\xa0\x80.jpg', 'latin1')],
  ['./overlong\\xc0\\xaf.jpg', Buffer.from('overlong\xc0\xaf.jpg', 'latin1')],
];

/**
 * Drops photos under every odd name, those that we give to our own files among them.
 *
 * @param round different numbers make different photos under the same names
 * @returns also the SHA-256 of each photo that must be stored
 */
export async function dropOddNames(
  inbox: string,
  round: number,
): Promise<{ expected: Expectations; photos: ReadonlyMap<string, string> }> {
  const expected = new Map<string, Expected>();
  const photos = new Map<string, string>();
  const drop: Drop = async (
    shown,
    outcome,
    { name = Buffer.from(shown), content = jpeg(`${round} ${shown}`) } = {},
  ) => {
    const path = Buffer.concat([Buffer.from(`${inbox}/`), name]);
    await mkdir(dirname(join(inbox, shown)), { recursive: true });
    await writeFile(path, content);
    await utimes(path, MTIME, MTIME);
    expected.set(shown, outcome);
    if (outcome === 'stored') photos.set(shown, sha256(content));
  };

  for (const name of ODD_NAMES) await drop(name, 'stored');
  for (const name of NEVER_TOUCHED) await drop(name, 'ignored');
  for (const [shown, name] of NOT_UTF8) await drop(shown, 'rejected', { name });
  await drop('a\\xe9.jpg', 'stored'); // reads as the first of those would be shown
  await drop('.photo-factory-library', 'ignored', { content: Buffer.from('{"id":"0","created":""}') });
  await dropCollisions(drop, round);
  return { expected, photos };
}

type Drop = (shown: string, outcome: Expected, of?: { name?: Buffer; content?: Buffer }) => Promise<void>;

/** The names that a second photo called `same.jpg` would be given, taken beforehand by others. */
async function dropCollisions(drop: Drop, round: number): Promise<void> {
  const content = jpeg(`${round} same, second`);
  const digits = sha256(content);
  await drop('same.jpg', 'stored');
  for (const length of [8, 16]) await drop(`same-${digits.slice(0, length)}.jpg`, 'stored');
  await drop('second/same.jpg', 'stored', { content });
}

/** What is no file, and who opened or called it. */
export type NoFiles = AsyncDisposable & {
  readonly expected: Expectations;
  readonly disturbed: () => readonly string[];
};

/**
 * Puts links, pipes, sockets and devices into an inbox.
 *
 * @param outside a folder beside the library that links lead to
 */
export async function dropNoFiles(inbox: string, outside: string): Promise<NoFiles> {
  await using opening = new AsyncDisposableStack();
  const disturbed: string[] = [];
  const links = [
    ['out.jpg', join(outside, 'photo.jpg')],
    ['out by the back door.jpg', relative(inbox, join(outside, 'photo.jpg'))],
    ['out-folder', join(outside, 'folder')],
    ['not there yet.jpg', join(outside, 'made-through-a-link.jpg')],
    ['loop.jpg', 'loop.jpg'],
    ['up', '..'],
    ['endless.jpg', '/dev/zero'],
  ] as const;
  for (const [name, target] of links) await symlink(target, join(inbox, name));

  execFileSync('mkfifo', [join(inbox, 'pipe.jpg')]);
  // Whoever opens the pipe for reading lets this writer through.
  const writer = spawn('sh', ['-c', 'exec 3>"$0"; echo opened', join(inbox, 'pipe.jpg')], {
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  writer.stdout.on('data', () => disturbed.push('the pipe was opened'));
  opening.defer(() => void writer.kill('SIGKILL'));

  const server = createServer(() => disturbed.push('the socket was called')).listen(join(inbox, 'socket.jpg'));
  await once(server, 'listening');
  opening.defer(() => void server.close());

  const devices = [
    ['zeros.jpg', 'c', '1', '5'],
    ['disk.jpg', 'b', '7', '200'],
  ] as const;
  if (IS_ROOT) for (const [name, ...numbers] of devices) execFileSync('mknod', [join(inbox, name), ...numbers]);

  const names = [
    ...links.map(([name]) => name),
    'pipe.jpg',
    'socket.jpg',
    ...(IS_ROOT ? devices.map(([name]) => name) : []),
  ];
  const stack = opening.move();
  return {
    expected: new Map(names.map((name) => [name, 'ignored'])),
    disturbed: () => disturbed,
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  };
}
