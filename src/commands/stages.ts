import { isAbsolute, join, relative, resolve } from 'node:path';
import type { StageOrder } from '../command-line/stages.ts';
import type { Desk } from '../commands.ts';
import type { Config } from '../config.ts';
import { countInWords } from '../core/count-in-words.ts';
import { csvField, meansAll, type PhotoFilter } from '../core/photo-filter.ts';
import { bytesInWords, plural } from '../core/words.ts';
import { EXIT, FactoryError } from '../errors.ts';
import { openFactory } from '../factory.ts';
import type { Answer } from '../jobs/answer.ts';
import { putPlacesRight } from '../jobs/place/place.ts';
import { type ListedPhoto, listPhotos, redoStage, setCurated } from '../ledger/photos.ts';
import { countStageErrors, readStageErrors, retryStageErrors } from '../ledger/stage-errors.ts';
import { chooseStages } from '../runtime/choose-stages.ts';
import { work } from '../runtime/work.ts';
import { namePhoto } from './name-photo.ts';

const BESIDE_OTHERS = { migrate: 'require', exclusive: null, storage: false } as const;
const SHOWN = 20;
/** A helper of the daemon ends so long after the last photo. */
const IDLE_MS = 10_000;

/** The commands about what happens to photos after they were filed. */
export async function runStageOrder(order: StageOrder, desk: Desk): Promise<Answer> {
  switch (order.command) {
    case 'work':
      return runWork(order, desk);
    case 'errors':
      return showErrors(order, desk);
    case 'retry':
      return retry(order, desk);
    case 'curate':
      return curate(order, desk);
    case 'list':
      return list(order, desk);
    case 'redo':
      return redo(order, desk);
    case 'place':
      return place(order, desk);
  }
}

/** As JSON: what was done and failed, by stage. */
async function runWork(order: StageOrder & { command: 'work' }, { loaded, log, stop }: Desk): Promise<Answer> {
  const stages = chooseStages(order.stages, '--stages');
  const orphaned = new AbortController();
  // The daemon that this process helps is gone, perhaps since before anybody listened.
  process.once('disconnect', () => orphaned.abort());
  if (process.connected === false) orphaned.abort();
  const signal = AbortSignal.any([stop.signal, orphaned.signal]);
  const needs = { migrate: 'require', exclusive: null, storage: 'read' } as const;
  await using factory = await openFactory({ config: loaded.config, log, signal }, needs);
  const done = await work({ ...factory, stages, endWhenIdleMs: order.whilePending ? IDLE_MS : null, log, signal });
  const text = Object.entries(done)
    .map(([stage, count]) => `${stage}: ${countInWords(count.done)} done, ${countInWords(count.failed)} failed`)
    .join('\n');
  return { exitCode: EXIT.ok, text, json: done };
}

/** As JSON: `counts` by stage and code, and `errors`: every one. */
async function showErrors({ stage }: StageOrder & { command: 'errors' }, desk: Desk): Promise<Answer> {
  if (stage !== null) chooseStages(stage, '--stage');
  await using factory = await open(desk);
  const { db } = factory.connection;
  const counts = await countStageErrors(db, stage);
  const errors = await readStageErrors(db, { stage, limit: desk.json ? null : SHOWN });
  const { paint } = desk.page;
  const lines = errors.map(
    ({ path, stage: of, message, attempts, nextAt }) =>
      `${path}\n  ${paint('bold', of)}: ${message} ${nextAt === null ? `Set down after ${plural(attempts, 'try', 'tries')}.` : `Tried ${plural(attempts, 'time')}; again at ${nextAt}.`}`,
  );
  const all = counts.reduce((sum, { count }) => sum + count, 0);
  if (all > errors.length) lines.push(`… and ${countInWords(all - errors.length)} more: photo-factory errors --json`);
  const summary = counts.map(({ stage: of, code, count }) => `${countInWords(count)} ${of} ${code}`).join(', ');
  const text = all === 0 ? 'Nothing failed.' : [...lines, '', `${summary}. Try again: photo-factory retry`].join('\n');
  return { exitCode: all === 0 ? EXIT.ok : EXIT.findings, text, json: { counts, errors } };
}

/** As JSON: `{ retried }`. */
async function retry(order: StageOrder & { command: 'retry' }, desk: Desk): Promise<Answer> {
  if (order.stage !== null) chooseStages(order.stage, '--stage');
  await using factory = await open(desk);
  const retried = await retryStageErrors(factory.connection.db, order);
  return { exitCode: EXIT.ok, text: `${plural(retried, 'failure')} will be tried again.`, json: { retried } };
}

/** @throws FactoryError USAGE when nothing was named, or both all and some */
function requireMeant(filter: PhotoFilter, all: boolean): void {
  if (meansAll(filter) === all) return;
  const reason = all
    ? '--all goes with nothing else.'
    : 'Say which photos: ids, --folder, --from, --to, --place, --camera or --all.';
  throw new FactoryError('USAGE', { reason });
}

/** As JSON: `{ changed }`. */
async function redo({ stage, filter, all }: StageOrder & { command: 'redo' }, desk: Desk): Promise<Answer> {
  const [spec] = chooseStages(stage, 'The stage');
  if (spec === undefined || spec.name !== stage)
    throw new FactoryError('USAGE', { reason: 'Name one stage: geocode or thumbnail.' });
  requireMeant(filter, all);
  await using factory = await open(desk);
  const asked = { filter: inStorage(filter, desk.loaded.config), pending: null };
  const changed = await redoStage(factory.connection, asked, spec);
  const text = `${plural(changed, 'photo')} will be done anew: ${stage}.`;
  return { exitCode: EXIT.ok, text, json: { changed } };
}

async function place({ photos, correction, dryRun }: StageOrder & { command: 'place' }, desk: Desk): Promise<Answer> {
  await using factory = await open(desk);
  const asked = { photos: photos.map(namePhoto), correction, dryRun };
  return await putPlacesRight({ connection: factory.connection, page: desk.page }, asked);
}

/** As JSON: `{ changed }`. */
async function curate({ on, filter, all }: StageOrder & { command: 'curate' }, desk: Desk): Promise<Answer> {
  requireMeant(filter, all);
  await using factory = await open(desk);
  const asked = { filter: inStorage(filter, desk.loaded.config), pending: null };
  const changed = await setCurated(factory.connection, asked, on);
  const text = `${plural(changed, 'photo')} ${on ? 'marked as curated' : 'no longer marked as curated'}.`;
  return { exitCode: EXIT.ok, text, json: { changed } };
}

/** Prints while it reads; as JSON one array of objects. */
async function list(order: StageOrder & { command: 'list' }, desk: Desk): Promise<Answer> {
  const { json, print, loaded, stop } = desk;
  if (order.csv && json)
    throw new FactoryError('USAGE', { reason: '--csv and --json are two ways of saying the same.' });
  const pending = order.filter.pending === null ? null : (chooseStages(order.filter.pending, '--pending')[0] ?? null);
  await using factory = await open(desk);
  const asked = { filter: inStorage(order.filter, loaded.config), pending, limit: order.limit };
  let count = 0;
  if (order.csv) print(COLUMNS.join(','));
  for await (const page of listPhotos(factory.connection, asked)) {
    stop.signal.throwIfAborted();
    const lines = page.map((photo, index) =>
      json
        ? `${count + index === 0 ? '[' : ','}${JSON.stringify(photo)}`
        : order.csv
          ? COLUMNS.map((column) => csvField(photo[column])).join(',')
          : asLine(photo),
    );
    count += page.length;
    if (lines.length > 0) print(lines.join('\n'));
    await drained();
  }
  if (json) print(count === 0 ? '[]' : ']');
  const text = json || order.csv ? '' : plural(count, 'photo');
  return { exitCode: EXIT.ok, text, json: null };
}

const COLUMNS = [
  'id',
  'capturedAt',
  'city',
  'region',
  'country',
  'mediaType',
  'sizeBytes',
  'isCurated',
  'error',
  'path',
] as const satisfies readonly (keyof ListedPhoto)[];

function asLine({ id, capturedAt, city, country, sizeBytes, isCurated, error, path }: ListedPhoto): string {
  const place = [city, country].filter((part) => part !== null).join(', ');
  const marks = `${isCurated ? '*' : ' '}${error === null ? ' ' : '!'}`;
  return `${id} ${marks} ${(capturedAt ?? '').padEnd(19)} ${place.padEnd(24)} ${bytesInWords(sizeBytes).padStart(8)}  ${path}`;
}

/** Waits until standard output has taken what was printed: a reader that is slow must not fill our memory. */
function drained(): Promise<void> {
  return new Promise((done) => process.stdout.write('', () => done()));
}

/** A folder may be named in full, from here, or from Originals. */
function inStorage(filter: PhotoFilter, { storageDir }: Pick<Config, 'storageDir'>): PhotoFilter {
  if (filter.folder === null) return filter;
  const originals = join(storageDir, 'Originals');
  const named = isAbsolute(filter.folder) ? resolve(filter.folder) : resolve(originals, filter.folder);
  const fromHere = resolve(filter.folder);
  const isHere = !relative(originals, fromHere).startsWith('..');
  return { ...filter, folder: isHere ? fromHere : named };
}

function open({ loaded, log, stop }: Desk) {
  return openFactory({ config: loaded.config, log, signal: stop.signal }, BESIDE_OTHERS);
}
