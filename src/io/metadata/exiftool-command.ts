import { createRequire } from 'node:module';

/** A photo takes some 50 MB; a small file whose metadata inflates to gigabytes must not take the machine's memory. */
const MEMORY_LIMIT_KB = 524_288;
/** Where the system knows no such limit (macOS) there is none. */
const WITH_LIMIT = `ulimit -v ${MEMORY_LIMIT_KB} 2>/dev/null; exec "$0" "$@"`;

/** What is started, with which arguments and in which environment. */
export type ExiftoolCommand = {
  readonly file: string;
  readonly args: string[];
  readonly env: Readonly<Record<string, string>>;
};

/** Where the bundled exiftool is. Asked without the library that talks to it, which takes a while to load. */
export function bundledExiftool(): string {
  const ofLibrary = createRequire(createRequire(import.meta.url).resolve('exiftool-vendored'));
  return String(ofLibrary('exiftool-vendored.pl'));
}

/**
 * The one way to ask exiftool for metadata, so that whether it works is asked in the way in which it works later.
 *
 * No home, no configuration, no zone: nothing of this machine changes what is read. Only where programs are found is as it is for
 * us, for exiftool is run by the first Perl there.
 */
export function exiftoolCommand(program: string, args: readonly string[]): ExiftoolCommand {
  // biome-ignore lint/style/noProcessEnv: handed on as it is; nothing here reads it
  const { PATH } = process.env;
  return {
    file: '/bin/sh',
    args: ['-c', WITH_LIMIT, program, '-config', '', ...args],
    env: { LANG: 'C', TZ: 'UTC', ...(PATH === undefined ? {} : { PATH }) },
  };
}
