import type { WayBackOrder } from '../command-line/ways-back.ts';
import type { Desk } from '../commands.ts';
import { openFactory } from '../factory.ts';
import type { Answer } from '../jobs/answer.ts';
import { relocate } from '../jobs/relocate.ts';
import { undo } from '../jobs/undo.ts';

/** The commands that take back, or follow, what somebody has done. */
export async function runWayBack(order: WayBackOrder, desk: Desk): Promise<Answer> {
  const { signal } = desk.stop;
  const tools = { config: desk.loaded.config, log: desk.log, signal };
  switch (order.command) {
    case 'undo': {
      const needs = { migrate: order.dryRun ? 'require' : 'apply', exclusive: 'undo', storage: true } as const;
      await using factory = await openFactory(tools, needs);
      return await undo({ ...desk, ...factory, order, signal });
    }
    case 'relocate': {
      const needs = { migrate: order.dryRun ? 'require' : 'apply', exclusive: 'relocate', storage: false } as const;
      await using factory = await openFactory(tools, needs);
      return await relocate({ ...factory, ...order, page: desk.page, signal });
    }
  }
}
