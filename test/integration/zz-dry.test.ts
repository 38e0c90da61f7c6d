import { appendFileSync } from 'node:fs';
import { it } from 'vitest';
import { createTestDatabase } from '../support/database.ts';
import { canBefall, DISK_FAULTS, nameOf } from '../support/faults/disk-fault.ts';
import { openDiskWays } from '../support/faults/disk-way.ts';
import { openFaultBench } from '../support/faults/fault-bench.ts';
import { listCalls, runCase } from '../support/faults/run-case.ts';
import { SCENARIOS } from '../support/faults/scenarios.ts';

it('dry', async () => {
  await using bench = await openFaultBench();
  using ways = await openDiskWays(bench.roots);
  const only = process.env['ONLY'];
  const LANES = 6;
  const out = '/tmp/explore.txt';
  for (const s of SCENARIOS) {
    if (only && s.name !== only) continue;
    await using db0 = await createTestDatabase();
    const calls = await listCalls({ bench, ways, database: db0 }, s);
    const cases = calls.flatMap((c) =>
      DISK_FAULTS.filter((f) =>
        canBefall(f, {
          name: c.label.split(' ')[0]!,
          paths: [c.label.split(' → ')[c.label.startsWith('copyFile') ? 1 : 0]!],
        }),
      ).flatMap((fault) => (['once', 'for ever'] as const).map((lasting) => ({ ...c, fault, lasting }))),
    );
    const t = performance.now();
    let next = 0;
    await Promise.all(
      Array.from({ length: LANES }, async () => {
        await using database = await createTestDatabase();
        for (;;) {
          const c = cases[next++];
          if (c === undefined) break;
          const r = await runCase({ bench, ways, database }, s, c).catch((e) => ({
            end: `THROWN ${e.message}`,
            message: null,
            wrong: [],
          }));
          appendFileSync(
            out,
            `${s.name} | ${c.phase} ${c.label} #${c.nth} | ${nameOf(c.fault)} | ${c.lasting} | ${r.end} | ${r.message} | ${r.wrong.join('; ')}\n`,
          );
        }
      }),
    );
    appendFileSync(
      '/tmp/explore-time.txt',
      `${s.name}: ${cases.length} cases ${((performance.now() - t) / 1000).toFixed(1)} s\n`,
    );
  }
}, 3_600_000);
