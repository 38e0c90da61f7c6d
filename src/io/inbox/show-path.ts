import { isUtf8 } from 'node:buffer';

const SLASH = Buffer.from('/');

/** A name as text; the bytes of one that is not UTF-8 as `\xNN`. */
export function showName(bytes: Buffer): string {
  if (isUtf8(bytes)) return bytes.toString('utf8');
  return bytes.toString('latin1').replace(/[\\\x80-\xff]/g, (byte) => `\\x${byte.charCodeAt(0).toString(16)}`);
}

/**
 * A path as text that can be read, logged and recorded. In one that is not UTF-8 odd bytes are `\xNN`, a backslash is
 * `\x5c`, and `/./` stands before the last name: `$'…'` of a shell opens it, and no other file, not even one whose name
 * really reads `\xNN`, is shown in the same way.
 */
export function showPath(path: Buffer): string {
  if (isUtf8(path)) return path.toString('utf8');
  const names = splitPath(path).map((name) =>
    isUtf8(name) ? name.toString('utf8').replaceAll('\\', '\\x5c') : showName(name),
  );
  return [...names.slice(0, -1), '.', ...names.slice(-1)].join('/');
}

function splitPath(path: Buffer): Buffer[] {
  const end = path.indexOf(SLASH);
  return end === -1 ? [path] : [path.subarray(0, end), ...splitPath(path.subarray(end + 1))];
}
