import type { PhotoFilter } from '../core/photo-filter.ts';
import type { StageSpec } from '../core/stage.ts';
import type { Connection } from './connect.ts';
import { pendingCondition } from './work/stage-session.ts';

/** A photo as `list` shows it. */
export type ListedPhoto = {
  readonly id: string;
  /** On the camera's clock, `YYYY-MM-DD HH:MM:SS`. */
  readonly capturedAt: string | null;
  readonly city: string | null;
  readonly region: string | null;
  readonly country: string | null;
  readonly mediaType: string | null;
  readonly sizeBytes: number;
  readonly isCurated: boolean;
  readonly error: string | null;
  /** The same for all files of one shot; null when it is alone. */
  readonly groupId: string | null;
  readonly path: string;
};

type Asked = {
  readonly filter: PhotoFilter;
  /** The stage that `filter.pending` names. */
  readonly pending: StageSpec | null;
};

const PAGE = 500;

/** Photos in the order in which they were taken, page after page: no more than one is in memory. */
export async function* listPhotos(
  { sql }: Pick<Connection, 'sql'>,
  asked: Asked & { readonly limit: number | null },
): AsyncGenerator<readonly ListedPhoto[]> {
  const { where, values } = conditionFor(asked);
  yield* sql
    .unsafe<ListedPhoto[]>(
      `SELECT a.id, to_char(a.captured_at, 'YYYY-MM-DD HH24:MI:SS') AS "capturedAt", p.city, p.region,
              p.country_code AS country, a.media_type AS "mediaType", a.size_bytes::float8 AS "sizeBytes",
              a.is_curated AS "isCurated", a.error_message AS error, a.group_id AS "groupId", a.final_path AS path
       FROM media_assets a LEFT JOIN asset_places p ON p.asset_id = a.id
       WHERE ${where} ORDER BY a.captured_at, a.id LIMIT ${asked.limit ?? 'ALL'}`,
      values,
    )
    .cursor(PAGE);
}

/** Marks photos as curated, or takes the mark back. @returns how many changed */
export async function setCurated({ sql }: Pick<Connection, 'sql'>, asked: Asked, isCurated: boolean): Promise<number> {
  const { where, values } = conditionFor(asked);
  const [row] = await sql.unsafe<{ count: number }[]>(
    `WITH changed AS (
       UPDATE media_assets SET is_curated = ${isCurated}
       WHERE is_curated <> ${isCurated} AND id IN (
         SELECT a.id FROM media_assets a LEFT JOIN asset_places p ON p.asset_id = a.id WHERE ${where}
       )
       RETURNING id
     )
     SELECT count(*)::float8 AS count FROM changed`,
    values,
  );
  return row?.count ?? 0;
}

/** Has a stage do photos anew that it has done. @returns how many */
export async function redoStage(
  { sql }: Pick<Connection, 'sql'>,
  asked: Asked,
  { flag }: Pick<StageSpec, 'flag'>,
): Promise<number> {
  const { where, values } = conditionFor(asked);
  const [row] = await sql.unsafe<{ count: number }[]>(
    `WITH changed AS (
       UPDATE media_assets SET ${flag} = false
       WHERE ${flag} AND id IN (
         SELECT a.id FROM media_assets a LEFT JOIN asset_places p ON p.asset_id = a.id WHERE ${where}
       )
       RETURNING id
     )
     SELECT count(*)::float8 AS count FROM changed`,
    values,
  );
  return row?.count ?? 0;
}

/** A condition on `media_assets a` and `asset_places p`, with its values. */
function conditionFor({ filter, pending }: Asked): { readonly where: string; readonly values: string[] } {
  const values: string[] = [];
  const given = (value: string): string => `$${values.push(value)}`;
  const parts = ['true'];
  if (filter.ids.length > 0)
    parts.push(
      `a.id IN (SELECT value::uuid FROM json_array_elements_text(${given(JSON.stringify(filter.ids))}::text::json))`,
    );
  // By bytes, as the index is sorted: from 'folder/' up to, not including, 'folder0' ('0' follows '/').
  if (filter.folder !== null)
    parts.push(`a.final_path ~>=~ ${given(`${filter.folder}/`)} AND a.final_path ~<~ ${given(`${filter.folder}0`)}`);
  if (filter.from !== null) parts.push(`a.captured_at >= ${given(filter.from)}::date`);
  if (filter.to !== null) parts.push(`a.captured_at < ${given(filter.to)}::date + 1`);
  if (filter.place !== null) {
    const place = given(filter.place);
    parts.push(
      `(strpos(lower(p.city), lower(${place})) > 0 OR strpos(lower(p.region), lower(${place})) > 0 OR lower(p.country_code) = lower(${place}))`,
    );
  }
  if (filter.camera !== null) parts.push(`strpos(lower(a.device), lower(${given(filter.camera)})) > 0`);
  if (filter.curated !== null) parts.push(`a.is_curated = ${filter.curated}`);
  if (filter.errors) parts.push('a.has_errors');
  if (pending !== null) parts.push(pendingCondition(pending));
  return { where: parts.join(' AND '), values };
}
