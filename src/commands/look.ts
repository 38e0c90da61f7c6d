import type { LookOrder } from '../command-line.ts';
import type { Desk } from '../commands.ts';
import { type Factory, type Needs, openFactory } from '../factory.ts';
import type { Answer } from '../jobs/answer.ts';

/** The commands that look at how things are, and change nothing. */
export async function runLook(order: LookOrder, desk: Desk): Promise<Answer> {
  const { loaded, page } = desk;
  const { signal } = desk.stop;
  if (order.command === 'doctor') {
    const { examine } = await import('../jobs/doctor.ts');
    return examine({
      loaded,
      openLedger: () => openLedger(desk, 'ignore'),
      page,
      userId: process.getuid?.() ?? null,
      nowMs: Date.now,
      signal,
    });
  }
  if (order.alive) {
    const { showAlive } = await import('../jobs/alive.ts');
    await using factory = await openLedger(desk, 'require');
    return await showAlive(factory.connection.db);
  }
  const { showStatus } = await import('../jobs/status.ts');
  return await showStatus({
    config: loaded.config,
    openLedger: () => openLedger(desk, 'require'),
    page,
    nowMs: Date.now,
    signal,
  });
}

function openLedger({ loaded, log, stop }: Desk, migrate: Needs['migrate']): Promise<Factory> {
  const tools = { config: loaded.config, log, signal: stop.signal };
  return openFactory(tools, { migrate, exclusive: null, storage: false });
}
