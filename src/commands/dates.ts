import type { DateOrder } from '../command-line/dates.ts';
import type { Desk } from '../commands.ts';
import { openFactory } from '../factory.ts';
import type { Answer } from '../jobs/answer.ts';
import { explain } from '../jobs/explain/explain.ts';
import { redate } from '../jobs/redate/redate.ts';
import { namePhoto } from './name-photo.ts';

/** The commands that tell of dates, and put them right. */
export async function runDates(order: DateOrder, desk: Desk): Promise<Answer> {
  const { page, log, stop } = desk;
  const { signal } = stop;
  const tools = { config: desk.loaded.config, log, signal };
  switch (order.command) {
    case 'explain': {
      await using factory = await openFactory(tools, { migrate: 'require', exclusive: null, storage: false });
      return await explain({ ...factory, page, log, signal }, namePhoto(order.photo));
    }
    case 'redate': {
      const migrate = order.dryRun ? 'require' : 'apply';
      await using factory = await openFactory(tools, { migrate, exclusive: 'redate', storage: true });
      const { photos, correction, dryRun } = order;
      return await redate({ ...factory, page, log, signal }, { photos: photos.map(namePhoto), correction, dryRun });
    }
  }
}
