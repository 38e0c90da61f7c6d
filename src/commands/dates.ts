import { resolve } from 'node:path';
import type { DateOrder } from '../command-line/dates.ts';
import type { Desk } from '../commands.ts';
import { openFactory } from '../factory.ts';
import type { Answer } from '../jobs/answer.ts';
import { explain } from '../jobs/explain/explain.ts';

/** The commands that tell of dates. */
export async function runDates(order: DateOrder, desk: Desk): Promise<Answer> {
  const { signal } = desk.stop;
  const tools = { config: desk.loaded.config, log: desk.log, signal };
  await using factory = await openFactory(tools, { migrate: 'require', exclusive: null, storage: false });
  const { connection, config } = factory;
  return await explain({ config, connection, page: desk.page, log: desk.log, signal }, namePhoto(order.photo));
}

const ID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

function namePhoto(text: string): { readonly id: string } | { readonly path: string } {
  return ID.test(text) ? { id: text.toLowerCase() } : { path: resolve(text) };
}
