import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { defineConfig } from 'vitest/config';
import { isDriverBug } from './src/ledger/driver-bug.ts';
import { LongestFirst } from './test/support/longest-first.ts';

// Where continuous integration reads the counts.
const { VITEST_JSON } = process.env;

export default defineConfig({
  test: {
    reporters: VITEST_JSON === undefined ? ['default'] : ['default', ['json', { outputFile: VITEST_JSON }]],
    // What main.ts does for the program: a bug of the driver when a connection is cut is not the test's.
    onUnhandledError: (error) => !isDriverBug(error),
    // Most tests wait for disks, processes and clocks, so one worker a core leaves the cores idle.
    maxWorkers: Math.max(3, availableParallelism()),
    sequence: { sequencer: LongestFirst },
    // An odd zone, so that code which leans on the server's zone shows itself.
    // Daemons of tests do nothing after filing, unless the test is about that.
    env: { TZ: 'Pacific/Auckland', STAGES: 'none' },
    projects: [
      { extends: true, test: { name: 'unit', include: ['test/unit/**/*.test.ts'], testTimeout: 60_000 } },
      {
        extends: true,
        test: {
          name: 'integration',
          include: ['test/integration/**/*.test.ts'],
          globalSetup: ['test/support/global-setup.ts'],
          testTimeout: 60_000,
          hookTimeout: 120_000,
        },
      },
      {
        extends: true,
        test: {
          // A part of them by default, all with FAULTS=all.
          name: 'faults',
          include: ['test/faults/**/*.test.ts'],
          globalSetup: ['test/support/global-setup.ts'],
          // Also before the threads that hash files.
          execArgv: ['--import', join(import.meta.dirname, 'test/support/faults/hash-preload.ts')],
          testTimeout: 120_000,
          hookTimeout: 120_000,
        },
      },
      {
        extends: true,
        test: {
          // Half an hour and more; `npm test` plays a part of it.
          name: 'crash',
          include: ['test/crash/**/*.test.ts'],
          globalSetup: ['test/support/global-setup.ts'],
          fileParallelism: false,
          testTimeout: 3_600_000,
          hookTimeout: 120_000,
        },
      },
      {
        extends: true,
        test: {
          // Most of an hour; `npm test` plays a part of it.
          name: 'power',
          include: ['test/power/**/*.test.ts'],
          globalSetup: ['test/support/global-setup.ts'],
          testTimeout: 3_600_000,
          hookTimeout: 120_000,
        },
      },
      {
        extends: true,
        test: {
          // Minutes of real faults, as root, with tools that not every machine has: `npm run test:real`.
          name: 'real',
          include: ['test/real/**/*.test.ts'],
          globalSetup: ['test/support/global-setup.ts'],
          testTimeout: 1_200_000,
          hookTimeout: 120_000,
          fileParallelism: false,
        },
      },
      {
        extends: true,
        test: {
          // Needs earlier versions of PostgreSQL, which npm brings, so it is no part of `npm test`.
          name: 'upgrade',
          include: ['test/upgrade/**/*.test.ts'],
          testTimeout: 300_000,
        },
      },
      {
        extends: true,
        test: {
          // Needs a container engine, so it is no part of `npm test`.
          name: 'containers',
          include: ['test/containers/**/*.test.ts'],
          globalSetup: ['test/support/container-engine.ts'],
          testTimeout: 300_000,
          hookTimeout: 600_000,
        },
      },
      {
        extends: true,
        test: {
          // The integration tests once more, on a PostgreSQL in a container.
          name: 'containers: integration',
          include: ['test/integration/**/*.test.ts'],
          globalSetup: ['test/support/container-engine.ts', 'test/support/container-server.ts'],
          testTimeout: 60_000,
          hookTimeout: 120_000,
        },
      },
      {
        extends: true,
        test: {
          // Needs a Syncthing, so it is no part of `npm test`.
          name: 'syncthing',
          include: ['test/syncthing/**/*.test.ts'],
          globalSetup: ['test/support/syncthing-on-path.ts', 'test/support/global-setup.ts'],
          testTimeout: 300_000,
          hookTimeout: 120_000,
          fileParallelism: false,
        },
      },
    ],
  },
});
