import type { StageFailure } from '../core/stage.ts';
import { thumbnailPath } from '../core/thumbnail-path.ts';
import { RECIPE } from '../core/thumbnail-recipe.ts';
import { type FailureCode, inWords } from '../errors.ts';
import { openRendererPool, type RenderAnswer, type RendererPool } from '../io/thumbnails/renderer-pool.ts';
import { storeThumbnail } from '../io/thumbnails/store-thumbnail.ts';
import type { ClaimedAsset } from '../ledger/work/stage-session.ts';
import { type MadeThumbnail, recordThumbnails } from '../ledger/work/thumbnails.ts';
import type { Stage, StageTools } from './stage.ts';

/** Makes the two pictures of each photo and video, below Storage/Thumbnails. */
export const thumbnailStage: Stage = {
  name: 'thumbnail',
  flag: 'is_thumbnailed',
  needsLocation: false,
  batchSize: 8,
  open: async (tools) => {
    const pool = openRendererPool({ processes: tools.cores });
    return {
      work: async (assets, signal) => {
        await tools.requireStorage();
        const ends = await Promise.all(assets.map((asset) => makeThumbnails(tools, pool, asset, signal)));
        // An original that cannot be read may be one on a disk that is gone.
        await tools.requireStorage();
        const made = ends.filter((end) => 'thumbHash' in end);
        return {
          failures: ends.filter((end) => 'code' in end),
          record: (session) => recordThumbnails(session, RECIPE, made),
        };
      },
      [Symbol.asyncDispose]: () => pool[Symbol.asyncDispose](),
    };
  },
};

async function makeThumbnails(
  { storageDir }: Pick<StageTools, 'storageDir'>,
  pool: RendererPool,
  { id, fileHash, finalPath, sizeBytes }: ClaimedAsset,
  signal: AbortSignal,
): Promise<MadeThumbnail | StageFailure> {
  const said = await pool.render({ path: finalPath, sizeBytes }, signal);
  if (said.kind !== 'rendered') return { assetId: id, ...describe(said) };
  await storeThumbnail(storageDir, thumbnailPath(fileHash, 'grid'), said.grid);
  await storeThumbnail(storageDir, thumbnailPath(fileHash, 'screen'), said.screen);
  const thumbHash = Buffer.from(said.thumbHash).toString('base64');
  return { assetId: id, thumbHash, width: said.width, height: said.height, decoder: said.decoder };
}

function describe(said: Exclude<RenderAnswer, { kind: 'rendered' }>): Omit<StageFailure, 'assetId'> {
  const code: FailureCode =
    said.kind === 'no picture' ? said.code : said.kind === 'killed' ? 'PICTURE_KILLED' : 'PICTURE_UNREADABLE';
  return { code, message: inWords(code, { reason: said.reason }), isFinal: said.kind === 'no picture' };
}
