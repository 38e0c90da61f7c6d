import { nameOfWireFault, type WireFault } from './wire-proxy.ts';

/** A query by what it is for, the same in every run. The first that fits holds. */
const QUERIES: readonly (readonly [name: string, statement: RegExp])[] = [
  ['record groups', /UPDATE media_assets AS a SET group_id/],
  ['set shot keys', /UPDATE media_assets AS a SET shot_key/],
  ['give back', /AS row\(\s+id bigint, path text, device numeric/],
  ['find originals', /^\s*SELECT a\.id, a\.file_hash AS "fileHash", a\.original_name/],
  ['measure the backlog', /AS "totalBytes"/],
  ['settle strays', /^\s*UPDATE integrity_findings i SET resolved_at = now\(\)/],
  ['count photos below', /AS "longestBytes"/],
  ['find open runs', /^select "id" from "ingest_runs"/],
  ['find pending releases', /from "inbox_arrivals" where "inbox_arrivals"\."release_pending" AND/],
  ['find pending undos', /undo_pending_path IS NOT NULL/],
  ['find recorded paths', /^\(?select "final_path" from "media_assets" where "media_assets"\."final_path" in/],
  ['close open runs', /^\s*UPDATE ingest_runs AS run/],
  ['start a run', /^\s*insert into "?ingest_runs/i],
  ['save the totals', /^update "ingest_runs" set "seen"(?!.*"ended_at" =)/],
  ['end a run', /^\s*update "?ingest_runs/i],
  ['find last arrivals', /^\s*SELECT\s+json_build_object\('numbers'/],
  ['find an arrival', /^select .* from "inbox_arrivals" where "inbox_arrivals"\."id" =/],
  ['find by hash', /FROM media_assets WHERE file_hash = ANY|^select .* where "media_assets"\."file_hash" =/],
  ['find by id', /^select .* from "media_assets" where "media_assets"\."id" =/],
  ['find names', /^select "final_path" from "media_assets" where \(+"media_assets"\."final_path" ~>=~/],
  ['record', /^\s*WITH given AS/],
  ['note as whole', /^\s*WITH whole AS/],
  ['mark as released', /^\s*UPDATE inbox_arrivals\s+SET release_pending/],
  ['find pending sidecars', /FROM sidecars WHERE applied_at IS NULL/],
  ['find superseded names', /FROM superseded_files ORDER BY/],
  ['find lone videos', /^\s*WITH lone AS/],
  ['find ungrouped', /WHERE group_pending AND/],
  ['find companions', /^\s*WITH asked AS/],
  ['ask for sidecars', /EXISTS \(SELECT FROM sidecars\)/],
  ['save an arrival', /^(insert into|update) "inbox_arrivals"|^\s*WITH told AS/],
];

const LONGEST_LABEL = 80;

/** Its name, or how it begins. */
export function labelOfQuery(sql: string): string {
  const found = QUERIES.find(([, statement]) => statement.test(sql));
  return found?.[0] ?? sql.trim().replace(/\s+/g, ' ').slice(0, LONGEST_LABEL);
}

const said = (sqlState: string, isFatal = false): WireFault => ({ kind: 'error', sqlState, isFatal });

/** What can befall any query. */
export const QUERY_FAULTS: readonly WireFault[] = [
  said('40001'),
  said('40P01'),
  said('53300'), // refused connections are played for real (test/integration/real/database.test.ts)
  said('57P01', true),
  said('57P03', true),
  said('25006'),
  said('53100'),
  said('57014'),
  { kind: 'cut' },
  { kind: 'cut after' },
  { kind: 'cut within' },
  { kind: 'silence' },
  { kind: 'silence after' },
];

/**
 * What PostgreSQL asks to be tried again: nobody hears of it once. All else, and what comes back every time, is an outage.
 */
const TRIED_AGAIN = ['40001', '40P01', '53300'];

export function isTriedAgain(fault: WireFault): boolean {
  return TRIED_AGAIN.includes(nameOfWireFault(fault));
}
