import { createHash } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import sharp from 'sharp';
import type { Connection } from '../../src/ledger/connect.ts';

type Filed = {
  /** Where the storage is. */
  readonly storage: string;
  readonly count: number;
  /** Every so many has the bytes of no picture; none when it is 0. */
  readonly damagedEvery?: number;
};

/** Puts small photos below Originals and rows for them into the ledger, each taken somewhere else. */
export async function filePhotos({ sql }: Pick<Connection, 'sql'>, filed: Filed): Promise<void> {
  const { storage, count, damagedEvery = 0 } = filed;
  const folder = join(storage, 'Originals/2024/2024-05-06');
  mkdirSync(folder, { recursive: true });
  const rows = [];
  for (let n = 0; n < count; n += 1) {
    const background = { r: n % 256, g: (n * 7) % 256, b: (n * 13) % 256 };
    const picture = await sharp({ create: { width: 64, height: 48, channels: 3, background } })
      .jpeg()
      .toBuffer();
    // What follows the picture makes it a file of its own.
    const bytes = Buffer.concat([picture, Buffer.from(`photo ${n}`)]);
    if (damagedEvery > 0 && n % damagedEvery === 0) bytes.fill(0, 100, bytes.length - 20);
    const name = `photo-${n}.jpg`;
    writeFileSync(join(folder, name), bytes);
    const hash = createHash('sha256').update(bytes).digest('hex');
    rows.push({
      hash,
      name,
      path: join(folder, name),
      size: bytes.length,
      lat: 48 + (n % 100) / 30,
      lon: 9 + (n % 70) / 20,
    });
  }
  await sql`
    INSERT INTO media_assets (file_hash, original_name, original_path, final_path, size_bytes, captured_at, location)
    SELECT hash, name, '/inbox/' || name, path, size, '2024-05-06 12:00:00', jsonb_build_object('lat', lat, 'lon', lon)
    FROM json_to_recordset(${JSON.stringify(rows)}::text::json)
      AS r(hash text, name text, path text, size bigint, lat float8, lon float8)`;
}
