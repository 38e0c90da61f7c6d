/**
 * What kind of step a moment belongs to, for the matrix: `link inbox file → original`, `insert inbox_arrivals`.
 *
 * @param address as `addressesOf` says it
 */
export function stepOf(address: string): string {
  const [, , what = address] = /^(before|after|sent|answered) (.*?)(#\d+)?$/s.exec(address) ?? [];
  const [, call, ...paths] = DISK_CALL.exec(what) ?? [];
  if (call === undefined) return queryOf(what);
  const areas = paths.filter((path) => path !== undefined).map((path) => areaOf(JSON.parse(path)));
  return `${call.replace(/^file\./, '')} ${areas.join(' → ')}`;
}

const QUOTED = '("(?:[^"\\\\]|\\\\.)*")';
const DISK_CALL = new RegExp(`^([a-zA-Z.]+) ${QUOTED}(?: → ${QUOTED})?$`);

const AREAS: readonly (readonly [RegExp, string])[] = [
  [/^Originals\/\d+\/[^/]+\/./, 'original'],
  [/^Originals\/\d+\/[^/]+$/, 'day folder'],
  [/^Originals/, 'folder above it'],
  [/^Duplicates\/.*\./, 'duplicate'],
  [/^Duplicates/, 'duplicates folder'],
  [/^\.photo-factory\/incoming\/.*\.placeholder$/, 'placeholder note'],
  [/^\.photo-factory\/incoming\/./, 'incoming copy'],
  [/^\.photo-factory\/leaving\/./, 'leaving'],
  [/^\.photo-factory-library/, 'marker'],
  [/^\.photo-factory/, 'private folder'],
  [/\.pf-release-/, '.pf-release'],
  [/^\/proc\//, 'open file'],
  [/^Storage$/, 'storage'],
  [/^Photos_Inbox$/, 'inbox'],
];

function areaOf(path: string): string {
  return AREAS.find(([rule]) => rule.test(path))?.[1] ?? 'inbox file';
}

const QUERIES: readonly (readonly [RegExp, string])[] = [
  [/^WITH given AS .*"shotKey"/i, 'name the shot'],
  [/^WITH given AS .*"groupId"/i, 'name the group'],
  [/^WITH given AS/i, 'insert media_assets, inbox_arrivals'],
  [/^WITH written AS/i, 'insert sidecars, inbox_arrivals'],
  [/^WITH mine AS/i, 'file by another date'],
  [/^(insert) into (?:public\.)?"?(\w+)/i, ''],
  [/^(update) (?:public\.)?"?(\w+)/i, ''],
  [/^(select).* from (?:pg_catalog\.)?(?:public\.)?"?(\w+)/i, ''],
];

function queryOf(sql: string): string {
  for (const [rule, name] of QUERIES) {
    const found = rule.exec(sql);
    if (found !== null) return name === '' ? `${found[1]?.toLowerCase()} ${found[2]}` : name;
  }
  return sql === ''
    ? 'driver'
    : /^(begin|commit|create|alter|drop|comment|set|--)/i.test(sql)
      ? 'migrate'
      : 'ask the server';
}

/** Moments at which the order of the steps is all that keeps a photo: every slice has them. */
const DANGEROUS: readonly RegExp[] = [
  /^after link .*→ "(Originals|Duplicates)\//, // placed, not synced
  /^after file\.sync "Originals\/\d+\/[^/]+"#[2-9]/, // synced, not recorded
  /^after file\.write /, // copied in part
  /^after (open|rename) .*"Originals\/\d+\/[^/]+\/.*\.jpg"#1/, // where links cannot be: its placeholder, and it
  /^before WITH (given|written|mine)/,
  /^(sent|answered) WITH (given|written|mine)/, // recorded, or perhaps
  /^after unlink "Originals\//, // its former name is gone, and still noted
  /^(sent|answered) (insert into|update) "inbox_arrivals" .*"outcome"/,
  /^after rename .*(leaving|\.pf-release)/, // on its way out
  /^after unlink ".*(leaving|\.pf-release)/, // gone, not noted
  /^sent (update "inbox_arrivals"|UPDATE inbox_arrivals SET release_pending)/,
  /^after link .*→ "\.photo-factory-library/,
];

export function isDangerous(address: string): boolean {
  return DANGEROUS.some((rule) => rule.test(address));
}

/** Those moments of a whole life that a case is about. */
export function momentsIn(span: 'all' | 'starting' | 'filing', addresses: readonly string[]): readonly string[] {
  // The first question about a file that was found, or about a photo that a person named; the thread that walks the inbox changes nothing, and is not watched.
  const begin = addresses.findIndex((address) =>
    /^before SELECT (json_build_object\('numbers'|a\.id, file_hash)/.test(address),
  );
  if (begin === -1) throw new Error('no file was found in the inbox, and no photo was asked for');
  return span === 'all' ? addresses : span === 'starting' ? addresses.slice(0, begin) : addresses.slice(begin);
}

/** The moments at which a killed database makes a difference: around queries, and before what changes the disk between. */
export function momentsOfOutage(addresses: readonly string[]): readonly string[] {
  return addresses.filter(
    (address) => /^(sent|answered) /.test(address) || /^before (link|rename|unlink|file\.(sync|write)) /.test(address),
  );
}
