import type { Order } from './command-line.ts';
import type { LoadedConfig } from './config.ts';
import { EXIT } from './errors.ts';
import type { Answer, Page } from './jobs/answer.ts';
import type { Log } from './log.ts';
import type { StopSignal } from './runtime/stop-signal.ts';

/** What every command is given. */
export type Desk = {
  readonly loaded: LoadedConfig;
  readonly log: Log;
  readonly page: Page;
  readonly json: boolean;
  readonly version: string;
  readonly stop: StopSignal;
  /** Writes a line to standard output. */
  readonly print: (text: string) => void;
};

/** Does what was ordered. Each command loads what it needs and no more: to load them all takes a third of a second. */
export async function runOrder(order: Order, desk: Desk): Promise<Answer> {
  switch (order.command) {
    case 'start': {
      const { runStart } = await import('./commands/start.ts');
      return runStart(desk);
    }
    case 'ingest': {
      const { runIngest } = await import('./commands/ingest.ts');
      return runIngest(desk, order);
    }
    case 'status':
    case 'doctor': {
      const { runLook } = await import('./commands/look.ts');
      return runLook(order, desk);
    }
    case 'verify':
    case 'adopt':
    case 'rebuild': {
      const { runCare } = await import('./commands/care.ts');
      return runCare(order, desk);
    }
    case 'undo':
    case 'relocate': {
      const { runWayBack } = await import('./commands/ways-back.ts');
      return runWayBack(order, desk);
    }
    case 'explain':
    case 'redate': {
      const { runDates } = await import('./commands/dates.ts');
      return runDates(order, desk);
    }
    case 'work':
    case 'errors':
    case 'retry':
    case 'curate':
    case 'place':
    case 'redo':
    case 'list': {
      const { runStageOrder } = await import('./commands/stages.ts');
      return runStageOrder(order, desk);
    }
    case 'config':
      return order.markdown ? showSettings() : showConfig(desk);
    case 'cleanup':
    case 'psql':
    case 'db migrate':
    case 'db rollback':
    case 'db status':
    case 'db dump':
    case 'db restore':
    case 'db upgrade': {
      const { runLedger } = await import('./commands/ledger.ts');
      return runLedger(order, desk);
    }
  }
}

async function showConfig({ loaded, page }: Desk): Promise<Answer> {
  const { showConfig: show } = await import('./jobs/show-config.ts');
  return show(loaded, page);
}

async function showSettings(): Promise<Answer> {
  const { settingsTable } = await import('./jobs/settings-table.ts');
  const text = settingsTable();
  return { exitCode: EXIT.ok, text, json: { markdown: text } };
}
