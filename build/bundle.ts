/**
 * Makes of all sources, and of the libraries that they use, a few files for each command: `dist/`.
 *
 * Node loads those in half of the time that it takes for 500. Nothing else changes: the sources run as they stand, and
 * `bin/photo-factory` runs them where these cannot be made. It has them made whenever a source is younger than what was made of it.
 */
import { mkdir, open, readdir, readFile, rename, rm, stat, utimes } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { build, type OutputFile, type Plugin } from 'esbuild';

const ROOT = resolve(import.meta.dirname, '..');
const MADE = join(ROOT, 'dist');
/** What is started, as a process or a thread. What they have in common stands in files whose names tell what they hold. */
const PROGRAMS = ['main', 'io/disk/hash-thread', 'io/inbox/walk-thread', 'io/thumbnails/render-process'];
/** Libraries that start files of their own, bring native code, or are large and rarely used: they stay where npm put them. */
const APART = ['@rapideditor/country-coder', 'exiftool-vendored', 'pg', 'pg-boss', 'piscina', 'sharp', 'thread-stream'];
/** What changed so long before this began may be older by its time than it is: the kernel's clock for files is a coarse one. */
const TICK_MS = 20;
const MAIN = join(MADE, 'main.mjs');
/** Whoever has begun to load what was made before is done by then. */
const LOADED_MS = 3_600_000;

const startedAtMs = Date.now() - TICK_MS;
const formerAtMs = (await stat(MAIN).catch(() => null))?.mtimeMs ?? startedAtMs;
const { outputFiles } = await build({
  entryPoints: Object.fromEntries(PROGRAMS.map((path) => [basename(path), join(ROOT, 'src', `${path}.ts`)])),
  outdir: MADE,
  outExtension: { '.js': '.mjs' },
  bundle: true,
  splitting: true,
  external: APART,
  format: 'esm',
  platform: 'node',
  target: 'esnext', // as the sources: what runs them runs this
  plugins: [asMade()],
  // Libraries of the older kind ask for Node's modules by `require`, which a module of the newer kind does not have.
  banner: {
    js: "import { createRequire as createRequireOfBundle } from 'node:module'; const require = createRequireOfBundle(import.meta.url);",
  },
  write: false,
  logLevel: 'error',
});
await mkdir(MADE, { recursive: true });

const isProgram = ({ path }: OutputFile) => PROGRAMS.some((program) => basename(program) === basename(path, '.mjs'));
const isMain = ({ path }: OutputFile) => path === MAIN;
await Promise.all(outputFiles.filter((file) => !isProgram(file)).map(putOnce));
await Promise.all(outputFiles.filter((file) => isProgram(file) && !isMain(file)).map(put));
// The last, when all that it loads is sure to outlast a power cut: it is what tells whether all was made, and when.
await syncMade();
await Promise.all(outputFiles.filter(isMain).map(put));
await removeFormer();

/** What depends on where a source lies, told as it is from `dist/`. */
function asMade(): Plugin {
  return {
    name: 'as made',
    setup: ({ onLoad }) => {
      // Loaded from its CommonJS build otherwise, which cannot be taken apart; here what nobody uses is left out.
      onLoad({ filter: /\/src\/ledger\/drizzle\.ts$/ }, ({ path }) => ({
        contents: ['drizzle-orm', 'drizzle-orm/pg-core', 'drizzle-orm/postgres-js']
          .map((name) => `export * from '${name}';`)
          .join('\n'),
        resolveDir: dirname(path),
      }));
      onLoad({ filter: /\/src\/.*\.ts$/ }, async ({ path }) => ({
        contents: (await readFile(path, 'utf8')).replace(
          /new URL\('[./]+([^']+)\.ts', import\.meta\.url\)/g,
          (_, source: string) => `new URL('./${requireProgram(source, path)}.mjs', import.meta.url)`,
        ),
        loader: 'ts',
      }));
    },
  };
}

function requireProgram(source: string, user: string): string {
  const name = basename(source);
  if (PROGRAMS.some((program) => basename(program) === name)) return name;
  throw new Error(`${user} starts ${source}.ts, which is not among the programs in build/bundle.ts`);
}

/** What has this name holds this already: its time says who used it last. */
async function putOnce(file: OutputFile): Promise<void> {
  const found = await stat(file.path).catch(() => null);
  if (found?.size === file.contents.length) await date(file.path);
  else await put(file);
}

/** Removes what neither this nor the one before is made of; somebody may have begun to load that a moment ago. */
async function removeFormer(): Promise<void> {
  const now = new Set(outputFiles.map(({ path }) => path));
  const before = Math.min(formerAtMs, startedAtMs - LOADED_MS);
  for (const path of (await readdir(MADE)).map((name) => join(MADE, name))) {
    const found = await stat(path).catch(() => null); // another may be making the same
    if (found !== null && !now.has(path) && found.mtimeMs < before) await rm(path, { force: true });
  }
}

/** The names that files have in it. */
async function syncMade(): Promise<void> {
  const folder = await open(MADE, 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

async function date(path: string): Promise<void> {
  await utimes(path, startedAtMs / 1000, startedAtMs / 1000);
}

/** Whole or not at all, also after a power cut: an empty program does nothing, and says that all is well. */
async function put({ path, contents }: OutputFile): Promise<void> {
  const draft = join(dirname(path), `.${basename(path)}.${process.pid}`);
  try {
    const file = await open(draft, 'w');
    try {
      await file.writeFile(contents);
      await file.sync();
    } finally {
      await file.close();
    }
    await date(draft);
    await rename(draft, path);
  } catch (error) {
    await rm(draft, { force: true });
    throw error;
  }
}
