import { join } from 'node:path';
import { lookAtFile } from '../../../src/io/inbox/sweep.ts';
import { jpeg } from '../ingest-rig.ts';
import { checkEnd, checkInstant, type Known } from './check-case.ts';
import { emptyLedger } from './empty-ledger.ts';
import { endOf, type FaultLibrary, type Filed } from './fault-bench.ts';
import { DAY, dropPhoto, PHOTO, type Scenario } from './scenarios.ts';
import type { Ended, Ground, Met, Way } from './way.ts';

export const HEALTHY = { content: jpeg('a healthy one'), day: '2023-01-02' };
/** What its file says. */
export const HEALTHY_TIME = `${HEALTHY.day}T03:04:05Z`;

/** A photo that goes one of its ways from the inbox to the storage. */
export function photoWay(scenario: Scenario): Way {
  const { name, usual, volume } = scenario;
  return {
    ...{ name, usual },
    ...(volume === undefined ? {} : { volume }),
    open: async (ground) => {
      await using opening = new AsyncDisposableStack();
      const library = opening.use(await prepare(ground, scenario));
      const { config } = library;
      const opened = await library.open();
      const photo = await lookAtFile(join(config.inboxDir, 'a.jpg'));
      const healthy = await lookAtFile(join(config.inboxDir, 'healthy.jpg'));
      const stack = opening.move();
      return {
        places: config,
        go: async (onOutage) => endedAs(await opened.file(photo, onOutage)),
        beside: async () => endOf(await opened.file(healthy)),
        finish: async () => void (await library.ingest(ground.database)),
        phaseAt: (label, before) => {
          if (label.startsWith('lstat leaving') || label === 'file.close inbox/a.jpg') return 'release';
          return before === 'read' && /^(mkdir|open day)/.test(label) ? 'place' : before;
        },
        check: (met) => {
          const known = knownOf(ground, library, scenario, met);
          return { instant: () => checkInstant(known), end: () => checkEnd(known) };
        },
        [Symbol.asyncDispose]: () => stack.disposeAsync(),
      };
    },
  };
}

export function endedAs(filed: Filed): Ended {
  const { item, outages } = filed;
  return {
    end: endOf(filed),
    failures: item?.outcome === 'failed' ? [{ code: item.code, message: item.message ?? '' }] : [],
    outages: outages.map(({ error }) => String(error)),
  };
}

async function prepare({ bench, database, connection }: Ground, scenario: Scenario): Promise<FaultLibrary> {
  await emptyLedger(database);
  const library = await bench.createLibrary(connection, scenario.kind);
  await scenario.prepare?.(library);
  if (!(await library.inbox()).includes('a.jpg')) await dropPhoto(library);
  await library.drop('healthy.jpg', HEALTHY.content, HEALTHY_TIME);
  return library;
}

function knownOf({ database }: Ground, { config }: FaultLibrary, scenario: Scenario, { fault, label }: Met): Known {
  const { inboxDir, storageDir, ingestMode } = config;
  const isTaken = fault.kind === 'vanish' && /inbox\/a\.jpg|day\/|leaving\//.test(label);
  const isSaidGone = (what: RegExp) => 'code' in fault && fault.code === 'ENOENT' && what.test(label);
  return {
    inboxDir,
    storageDir,
    sql: database.sql,
    photos: new Map([
      ['the photo', { content: PHOTO, day: DAY }],
      ['the healthy one', HEALTHY],
      ...(scenario.others ?? []),
    ]),
    stays: ingestMode === 'copy' ? ['a.jpg', 'healthy.jpg'] : [],
    taken: isTaken ? ['the photo', 'another'] : [],
    missing: scenario.isMissing === true ? ['the photo'] : [],
    comesAgain: isTaken || isSaidGone(/inbox\/a\.jpg/) ? ['a.jpg'] : [],
    overlooked:
      scenario.name.startsWith('adopted') && isSaidGone(/^open day\/a\.jpg/) ? `${DAY.slice(0, 4)}/${DAY}/a.jpg` : null,
  };
}
