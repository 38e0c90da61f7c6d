import { basename } from 'node:path';
import type { Config } from '../../config.ts';
import { leaderOf } from '../../core/companion-group.ts';
import { decideMediaType, MEDIA_TYPE_HEAD_BYTES } from '../../core/media-type.ts';
import { EXIT, FactoryError } from '../../errors.ts';
import { openSourceFile, readHead } from '../../io/disk/source-file.ts';
import { openMetadataReader } from '../../io/metadata/metadata-reader.ts';
import type { Connection } from '../../ledger/connect.ts';
import { type DatedAsset, findDatedAsset } from '../../ledger/dated-assets.ts';
import { findGroup } from '../../ledger/groups.ts';
import { openIngestLedger } from '../../ledger/ingest-ledger.ts';
import type { Log } from '../../log.ts';
import { type PhotoFacts, readFacts } from '../../stages/ingest-facts.ts';
import type { Answer, Page } from '../answer.ts';
import { explainInWords, type ToldGroup } from './explain-in-words.ts';
import { judgeDates } from './judge-dates.ts';

type Explain = {
  readonly config: Config;
  readonly connection: Connection;
  readonly page: Page;
  readonly log: Log;
  readonly signal: AbortSignal;
};

/**
 * Tells of every date that was found for a photo, which one was taken, and why. The file is read again; what the ledger
 * holds is told beside it.
 *
 * As JSON: `{ path, asset, taken, dates: [{ source, wallClock, offsetMinutes, confidence, zone, doubt, isTaken, why }],
 * location, device, problem, group: { leader, members } }`, the group in paths; `asset` is null for a file that the ledger
 * does not know, `group` for one that is alone.
 *
 * @throws FactoryError NO_SUCH_PHOTO
 */
export async function explain(tools: Explain, asked: { id: string } | { path: string }): Promise<Answer> {
  const asset = await findDatedAsset(tools.connection.db, asked);
  if (asset === null && 'id' in asked) throw new FactoryError('NO_SUCH_PHOTO', { photo: asked.id });
  const path = asset?.finalPath ?? ('path' in asked ? asked.path : '');
  const { capture: taken, found, location, device, problem } = await readAgain(tools, path, asset);
  const dates = judgeDates(found, taken);
  const group = await findCompanions(tools.connection, asset);
  const told = { path, asset, group, taken, dates, location, device, problem };
  return { exitCode: EXIT.ok, text: explainInWords(told, tools.page), json: told };
}

/** The files of the same shot, as stored; null when there is no other. */
async function findCompanions({ sql }: Connection, asset: DatedAsset | null): Promise<ToldGroup | null> {
  const files = asset === null || asset.groupId === null ? [] : await findGroup(sql, asset.groupId);
  const leader = leaderOf(files);
  return leader === null ? null : { leader: leader.finalPath, members: files.map(({ finalPath }) => finalPath) };
}

/** @throws FactoryError NO_SUCH_PHOTO */
async function readAgain(tools: Explain, path: string, asset: DatedAsset | null): Promise<PhotoFacts> {
  const { config, connection, log, signal } = tools;
  const now = Date.now;
  await using reader = openMetadataReader({ timeoutMs: config.metadataTimeoutMs, processes: 1, log, now });
  await using source = await openSourceFile(path);
  const head = source === null ? null : await readHead(source, MEDIA_TYPE_HEAD_BYTES);
  if (source === null || head === null) throw new FactoryError('NO_SUCH_PHOTO', { photo: path });
  const originalName = asset?.originalName ?? basename(path);
  const mediaType = decideMediaType(head, originalName);
  if (mediaType === null) throw new FactoryError('NO_SUCH_PHOTO', { photo: path });
  const ledger = openIngestLedger(connection);
  const originalPath = asset?.originalPath ?? path;
  const photo = { source, mediaType, head, originalName, originalPath, assetId: asset?.id ?? null };
  return await readFacts({ reader, now, settings: config, ledger }, photo, signal);
}
