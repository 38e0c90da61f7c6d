import type { Config } from '../../config.ts';
import type { CaptureTime } from '../../core/metadata.ts';
import { type Correction, correctDate } from '../../core/redate.ts';
import { EXIT, FactoryError } from '../../errors.ts';
import type { Asking, Connection } from '../../ledger/connect.ts';
import { findDatedAsset } from '../../ledger/dated-assets.ts';
import type { RedatablePhoto } from '../../ledger/dating.ts';
import type { Log } from '../../log.ts';
import { furnish, openReaders, type Readers } from '../../runtime/open-ingest-tools.ts';
import { finishPending } from '../../runtime/recover.ts';
import { type RedateEnd, redatePhoto, rehearseRedate } from '../../stages/redate.ts';
import type { Answer, Page } from '../answer.ts';
import { uniteCompanions } from '../unite-companions.ts';
import { redateInWords } from './redate-in-words.ts';

type Redate = {
  readonly config: Config;
  readonly connection: Connection;
  readonly requireStorage: () => Promise<void>;
  readonly page: Page;
  readonly log: Log;
  readonly signal: AbortSignal;
};

type Asked = {
  readonly photos: readonly ({ readonly id: string } | { readonly path: string })[];
  readonly correction: Correction;
  readonly dryRun: boolean;
};

/** What became of one photo; paths are absolute, dates on the clock of the place. */
export type RedateItem = {
  readonly assetId: string;
  readonly outcome: 'redated' | 'unchanged' | 'refused';
  readonly fromPath: string;
  readonly toPath: string;
  readonly fromCapturedAt: string | null;
  readonly toCapturedAt: string | null;
  readonly message: string | null;
};

/**
 * Puts the dates of photos right as a person says, and files them by their new days. Needs the library to itself.
 *
 * As JSON: `{ dryRun, redated, unchanged, refused, items: [{ assetId, outcome, fromPath, toPath, fromCapturedAt,
 * toCapturedAt, message }] }`; the exit code is 3 when one was refused.
 *
 * @throws FactoryError NO_SUCH_PHOTO before anything is changed, when one of the photos is not in the ledger
 */
export async function redate(tools: Redate, asked: Asked): Promise<Answer> {
  const ids = await findAll(tools.connection, asked.photos);
  await using readers = await openReaders(tools);
  return await redateWith(readers, tools, { ...asked, ids });
}

/** The same with readers that are open already, of photos that were found. */
export async function redateWith(
  readers: Readers,
  tools: Redate,
  { ids, correction, dryRun }: Pick<Asked, 'correction' | 'dryRun'> & { readonly ids: Iterable<string> },
): Promise<Answer> {
  const { connection, log, signal } = tools;
  const { tools: ingest, privateFolder } = await furnish(tools, readers);
  if (!dryRun) await finishPending({ connection, ingest, privateFolder, log, signal });
  const by = { reason: 'person', decide: (photo: RedatablePhoto) => decide(photo, correction) } as const;
  const items: RedateItem[] = [];
  for (const id of ids) {
    signal.throwIfAborted();
    const task = dryRun ? rehearseRedate(ingest, id, by) : redatePhoto(ingest, id, by, signal);
    items.push(itemOf(id, await task.catch(refusalOf)));
  }
  // Who follows one of these goes along.
  if (!dryRun) await uniteCompanions({ ingest, pass: async () => {}, log, signal });
  const count = (outcome: RedateItem['outcome']) => items.filter((item) => item.outcome === outcome).length;
  const counts = { redated: count('redated'), unchanged: count('unchanged'), refused: count('refused') };
  const told = { dryRun, ...counts, items };
  return {
    exitCode: counts.refused === 0 ? EXIT.ok : EXIT.findings,
    text: redateInWords(told, tools.page),
    json: told,
  };
}

async function findAll(
  { db, ask }: Asking,
  photos: readonly ({ readonly id: string } | { readonly path: string })[],
): Promise<ReadonlySet<string>> {
  const ids = new Set<string>();
  for (const photo of photos) {
    const asset = await ask(() => findDatedAsset(db, photo));
    if (asset === null) throw new FactoryError('NO_SUCH_PHOTO', { photo: 'id' in photo ? photo.id : photo.path });
    ids.add(asset.id);
  }
  return ids;
}

function decide({ capturedAt, offsetMinutes, zone }: RedatablePhoto, correction: Correction): CaptureTime | null {
  const now = { wallClock: capturedAt ?? '', offsetMinutes, zone };
  return correctDate(now, correction);
}

type Refusal = { readonly kind: 'refused'; readonly message: string };

/** @throws what is not this photo's trouble */
function refusalOf(error: unknown): Refusal {
  if (error instanceof FactoryError && error.remedy === 'retry') return { kind: 'refused', message: error.message };
  throw error;
}

function itemOf(assetId: string, end: RedateEnd | Refusal): RedateItem {
  const nothing = { assetId, fromPath: '', toPath: '', fromCapturedAt: null, toCapturedAt: null, message: null };
  switch (end.kind) {
    case 'gone':
      return { ...nothing, outcome: 'refused', message: 'The ledger no longer has it.' };
    case 'refused':
      return { ...nothing, outcome: 'refused', message: end.message };
    case 'damaged': {
      const message =
        'Its file is missing, or not what was recorded: "photo-factory verify" tells more. Nothing was touched.';
      return { ...placeOf(end.photo), assetId, outcome: 'refused', message };
    }
    case 'stays':
      return { ...placeOf(end.photo), assetId, outcome: 'unchanged', message: null };
    case 'redated': {
      const toCapturedAt = end.capture.wallClock;
      return { ...placeOf(end.photo), assetId, toPath: end.to, toCapturedAt, outcome: 'redated', message: null };
    }
  }
}

function placeOf({ finalPath, capturedAt }: RedatablePhoto) {
  return {
    fromPath: finalPath,
    toPath: finalPath,
    fromCapturedAt: capturedAt,
    toCapturedAt: capturedAt,
    message: null,
  };
}
