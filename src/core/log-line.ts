import { printable } from './printable.ts';

/** One record of the log, as it would be written as JSON. */
type LogRecord = Readonly<Record<string, unknown>>;

/** What the line says already, or nobody reads on a screen. */
const SILENT: readonly string[] = [
  'level',
  'time',
  'msg',
  'path',
  'finalPath',
  'message',
  'err',
  'assetId',
  'sizeBytes',
];
/** `Originals/2019/2019-05-26/IMG_0001.jpg`: enough to find it. */
const PLACE_PARTS = 4;

/** A log record for eyes: `stored IMG_0001.jpg → Originals/2019/2019-05-26/IMG_0001.jpg`, other facts as `name=value`. */
export function logLineInWords(record: LogRecord): string {
  const { msg, path, finalPath, message, err } = record;
  const parts = [String(msg ?? '')];
  if (typeof path === 'string') parts.push(typeof finalPath === 'string' ? (path.split('/').at(-1) ?? '') : path);
  if (typeof finalPath === 'string') parts.push('→', finalPath.split('/').slice(-PLACE_PARTS).join('/'));
  for (const [name, value] of Object.entries(record)) {
    if (SILENT.includes(name) || value === null) continue;
    parts.push(`${name}=${typeof value === 'string' ? value : JSON.stringify(value)}`);
  }
  if (typeof message === 'string') parts.push(`(${message})`);
  return [printable(parts.join(' ')), ...stackLines(err)].join('\n');
}

function stackLines(err: unknown): readonly string[] {
  if (typeof err !== 'object' || err === null || !('stack' in err)) return [];
  return String(err.stack)
    .split('\n')
    .map((line) => `    ${printable(line)}`);
}
