import type { StageSession } from './stage-session.ts';

export type MadeThumbnail = {
  readonly assetId: string;
  /** Base64. */
  readonly thumbHash: string;
  readonly width: number;
  readonly height: number;
  readonly decoder: string;
};

/** Writes down that photos have thumbnails, and how they look from afar. */
export async function recordThumbnails(
  session: StageSession,
  recipe: number,
  made: readonly MadeThumbnail[],
): Promise<void> {
  await session.query(
    `INSERT INTO asset_thumbnails (asset_id, thumb_hash, width, height, decoder, recipe)
     SELECT "assetId", "thumbHash", width, height, decoder, $2
     FROM json_to_recordset($1::json) AS m("assetId" uuid, "thumbHash" text, width int, height int, decoder text)
     ON CONFLICT (asset_id) DO UPDATE
     SET thumb_hash = excluded.thumb_hash, width = excluded.width, height = excluded.height,
         decoder = excluded.decoder, recipe = excluded.recipe, made_at = now()`,
    [JSON.stringify(made), recipe],
  );
}
