import type { FileHandle } from 'node:fs/promises';
import { createRequire, syncBuiltinESMExports } from 'node:module';
import { isAbsolute, relative } from 'node:path';
import { disk, PromptFile } from '../../../src/io/disk/calls.ts';

/** One call of the program to the disk: a function of `disk` or `node:fs/promises`, or a method of an open file. */
export type DiskCall = {
  /** `link`, `open`, …; of an open file `file.sync`, `file.write`, … */
  readonly name: string;
  /** The paths that it names; of an open file the one that it was opened with. */
  readonly paths: readonly string[];
  readonly args: readonly unknown[];
  /** The open file that a method belongs to. */
  readonly file: FileHandle | null;
};

/**
 * Stands between the program and the disk. Calls `proceed` (or does not), looks at what comes of it, throws what it likes.
 */
export type DiskInterceptor = (call: DiskCall, proceed: () => Promise<unknown>) => Promise<unknown>;

const PATH_CALLS: Readonly<Record<string, number>> = {
  access: 1,
  copyFile: 2,
  link: 2,
  lstat: 1,
  mkdir: 1,
  open: 1,
  opendir: 1,
  readFile: 1,
  readdir: 1,
  realpath: 1,
  rename: 2,
  rm: 1,
  rmdir: 1,
  stat: 1,
  statfs: 1,
  unlink: 1,
  utimes: 1,
};
const FILE_CALLS = ['datasync', 'read', 'readFile', 'stat', 'sync', 'truncate', 'utimes', 'write', 'writeFile'];

/** The calls that change what is on the disk, or make it last. */
export const CHANGING_CALLS: ReadonlySet<string> = new Set([
  ...['copyFile', 'link', 'mkdir', 'rename', 'rm', 'rmdir', 'unlink', 'utimes'],
  ...['file.datasync', 'file.sync', 'file.truncate', 'file.utimes', 'file.write', 'file.writeFile'],
]);

type Callable = (this: unknown, ...args: unknown[]) => unknown;
type Patchable = Record<string, Callable>;

/**
 * Puts an interceptor before every disk call whose path lies below one of `roots`, for everybody in this thread.
 *
 * `writeFile` is taken apart into the calls that it consists of, so that there is a moment between any two of them.
 * Disposing takes it away again.
 *
 * @param closing whether to stand before `file.close`, too
 */
export async function interposeDisk(
  roots: readonly string[],
  intercept: DiskInterceptor,
  { closing = false }: { closing?: boolean } = {},
): Promise<Disposable> {
  // The module object itself, whose properties every `import { link } from 'node:fs/promises'` follows.
  const promises: Patchable = createRequire(import.meta.url)('node:fs/promises');
  const someFile = (await promises['open']?.('/dev/null')) as FileHandle;
  const fileMethods: Patchable = Object.getPrototypeOf(someFile);
  await someFile.close();
  const calls = disk as unknown as Patchable;
  const pathOf = new WeakMap<object, string>();
  const undo = new DisposableStack();
  const replace = (target: Patchable, name: string, wrap: (original: Callable) => Callable) => {
    const original = target[name];
    if (original === undefined) throw new Error(`there is no ${name}`);
    target[name] = wrap(original);
    undo.defer(() => {
      target[name] = original;
    });
  };

  /** `close` is each open file's own, not its prototype's. */
  const standBeforeClose = (file: FileHandle, paths: readonly string[]) => {
    if (!paths.some((path) => isBelowAny(roots, path))) return;
    const close = file.close.bind(file);
    file.close = async () => {
      await intercept({ name: 'file.close', paths, args: [], file }, close);
    };
  };

  const onPaths =
    (target: Patchable, name: string, pathCount: number) =>
    (original: Callable): Callable =>
    (...args) => {
      const paths = args.slice(0, pathCount).map(String);
      const proceed = async () => {
        const result = await original.apply(target, args);
        if (name === 'open') {
          pathOf.set(result as object, paths[0] ?? '');
          if (closing) standBeforeClose(result as FileHandle, paths);
        }
        return result;
      };
      return paths.some((path) => isBelowAny(roots, path))
        ? intercept({ name, paths, args, file: null }, proceed)
        : proceed();
    };
  for (const [name, pathCount] of Object.entries(PATH_CALLS)) {
    replace(promises, name, onPaths(promises, name, pathCount));
    if (name in disk) replace(calls, name, onPaths(calls, name, pathCount));
  }
  replace(calls, 'look', onPaths(calls, 'lstat', 1));
  const onFile =
    (name: string) =>
    (original: Callable): Callable =>
      function method(this: unknown, ...args) {
        const path = pathOf.get(this as object) ?? '';
        const proceed = async () => original.apply(this, args);
        return isBelowAny(roots, path)
          ? intercept({ name: `file.${name}`, paths: [path], args, file: this as FileHandle }, proceed)
          : original.apply(this, args);
      };
  const promptFiles = PromptFile.prototype as unknown as Patchable;
  for (const name of FILE_CALLS) {
    replace(fileMethods, name, onFile(name));
    if (name in promptFiles) replace(promptFiles, name, onFile(name));
  }
  replace(promises, 'writeFile', (original) => async (path, data, options) => {
    if (typeof path !== 'string' || !isBelowAny(roots, path)) return original.call(promises, path, data, options);
    const {
      flag = 'w',
      mode,
      flush = false,
    } = typeof options === 'object' && options !== null ? (options as WriteFileOptions) : {};
    const file = (await promises['open']?.(path, flag, mode)) as FileHandle;
    try {
      await file.writeFile(data as string | Uint8Array);
      if (flush) await file.sync();
    } finally {
      await file.close();
    }
    return undefined;
  });
  syncBuiltinESMExports();
  undo.defer(syncBuiltinESMExports);
  // Disposed in reverse, so the names follow last.
  const resync = new DisposableStack();
  resync.defer(syncBuiltinESMExports);
  resync.use(undo);
  return resync;
}

type WriteFileOptions = { readonly flag?: string; readonly mode?: number; readonly flush?: boolean };

function isBelowAny(roots: readonly string[], path: string): boolean {
  return roots.some((root) => {
    const way = relative(root, path);
    return path !== '' && way !== '..' && !way.startsWith('../') && !isAbsolute(way);
  });
}
