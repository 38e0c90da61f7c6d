import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CASES } from '../support/crash/cases.ts';
import { brokenInText, type Column, inPlaces, matrixInText, SIDE_BY_SIDE } from '../support/crash/matrix.ts';
import { playCrash, playWhole } from '../support/crash/play.ts';
import { openStage } from '../support/crash/stage.ts';
import { momentsOfFiling } from '../support/crash/steps.ts';
import { openVolumes, type Volumes } from '../support/crash/volumes.ts';
import { createTestDatabase } from '../support/database.ts';
import { addressesOf } from '../support/interpose/moment.ts';

let volumes: Volumes;
let compileCache: string;
const columns: Column[] = [];

beforeAll(async () => {
  volumes = await openVolumes({ exfat: true });
  compileCache = await mkdtemp(join(tmpdir(), 'pf-crash-cache-'));
  return async () => {
    await volumes[Symbol.asyncDispose]();
    await rm(compileCache, { recursive: true, force: true });
  };
});

describe('the program, killed before and after every call to disk and database', () => {
  it.each(CASES)('keeps I1 to I8: $name', async (crashCase) => {
    const began = performance.now();
    await using opening = new AsyncDisposableStack();
    const stages = [];
    for (let n = 0; n < SIDE_BY_SIDE; n += 1) {
      const database = opening.use(await createTestDatabase());
      stages.push(opening.use(await openStage(database, { volumes, compileCache })));
    }
    const [first] = stages;
    if (first === undefined) return;
    const whole = await playWhole(first, crashCase);
    const all = addressesOf(whole.trace);
    const moments = crashCase.span === 'all' ? all : momentsOfFiling(all);
    const played = await inPlaces(stages, moments, (stage, moment) =>
      playCrash(stage, { crashCase, moments: [moment], restart: 'ingest' }),
    );
    const column = { name: crashCase.name, played: [whole, ...played] };
    columns.push(column);
    console.log(`${crashCase.name}: ${moments.length} moments in ${Math.round((performance.now() - began) / 1000)} s`);
    expect(brokenInText([column])).toEqual([]);
  });
});

afterAll(() => console.log(matrixInText('killed at', columns)));
