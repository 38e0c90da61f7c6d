import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    // An odd zone, so that code which leans on the server's zone shows itself.
    env: { TZ: 'Pacific/Auckland' },
    projects: [
      { extends: true, test: { name: 'unit', include: ['test/unit/**/*.test.ts'] } },
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
    ],
  },
});
