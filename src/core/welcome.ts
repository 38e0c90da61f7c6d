import { alignColumns, type Paint } from './text-layout.ts';

/** What a person is told when the librarian starts. */
export type Welcome = {
  readonly version: string;
  readonly inboxDir: string;
  readonly storageDir: string;
  readonly database: DatabaseWords;
  readonly mode: 'move' | 'copy';
  /** Whether the inbox is a folder of Syncthing's. */
  readonly hasSyncthing: boolean;
};

type DatabaseWords =
  | { readonly kind: 'embedded'; readonly serverVersion: string; readonly port: number; readonly dataDir: string }
  /** `where` is a URL that may be shown. */
  | { readonly kind: 'own'; readonly where: string };

const MODES = {
  move: 'move: filed photos leave the inbox',
  copy: 'copy: the inbox stays as it is',
} as const;

/** The first lines of `photo-factory start`. */
export function welcomeInWords(of: Welcome, paint: Paint): string {
  const facts = [
    ['Inbox', of.inboxDir],
    ['Storage', `${of.storageDir}/Originals`],
    ['Database', databaseInWords(of.database)],
    ['Mode', MODES[of.mode]],
  ];
  const rows = facts.map(([name = '', value = '']) => [
    '',
    { text: name, paint: (text: string) => paint('dim', text) },
    value,
  ]);
  return [
    `${paint('bold', 'Photo Factory')} ${of.version}`,
    '',
    ...alignColumns(rows),
    ...(of.hasSyncthing ? ['', ...syncthingAdvice(of.mode, paint)] : []),
    '',
    `Drop photos and videos into the inbox; they are filed by day within seconds. ${paint('dim', 'Ctrl-C stops.')}`,
    paint('dim', 'In another terminal: npm run status · npm run doctor · npm run psql'),
  ].join('\n');
}

function databaseInWords(database: DatabaseWords): string {
  if (database.kind === 'own') return database.where;
  return `PostgreSQL ${database.serverVersion}, embedded, port ${database.port}, in ${database.dataDir}`;
}

function syncthingAdvice(mode: Welcome['mode'], paint: Paint): readonly string[] {
  const note = paint('yellow', '  ! The inbox is a Syncthing folder.');
  if (mode === 'copy') return [`${note} In copy mode it stays as the phones have it: nothing to watch out for.`];
  return [
    `${note} In move mode it must be "Receive Only" here and "Send Only" on the`,
    '    phone: with "Send & Receive", a photo that is filed is deleted on the phone, too.',
    '    "photo-factory doctor" checks it when SYNCTHING_URL and SYNCTHING_API_KEY are set.',
  ];
}
