import { PostgreSqlContainer } from '@testcontainers/postgresql';
import type { TestProject } from 'vitest/node';
import { provideServer } from './global-setup.ts';

/** One PostgreSQL container for the whole run, in the place of the embedded server. */
export function setup(project: TestProject): Promise<() => Promise<void>> {
  return provideServer(project, async (stack) => {
    const container = stack.use(await new PostgreSqlContainer('postgres:17').start());
    return { url: container.getConnectionUri(), socketDir: null };
  });
}
