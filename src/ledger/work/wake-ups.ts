import { reasonOf } from '../../errors.ts';
import type { Log } from '../../log.ts';
import type { DatabaseAddress } from '../connect.ts';
import { QUEUE_SCHEMA } from '../queue-schema.ts';
import { pgOptions } from './pg-options.ts';

/** Tells workers on all machines that there may be work. What work there is stands in the ledger alone. */
export type WakeUps = AsyncDisposable & {
  /** One wake-up for a stage waits at most, however often it is sent. */
  readonly send: (stage: string) => Promise<void>;
  /**
   * Calls `drain` for each wake-up, never twice at once for one stage, and once a minute in any case.
   *
   * @param drain may throw: it is called again with the next wake-up
   */
  readonly onWakeUp: (stage: string, drain: () => Promise<void>) => Promise<void>;
};

const EVERY_MINUTE = '* * * * *';
/** A wake-up that a dead worker had taken; others wait beside it, so nothing hangs on this. */
const EXPIRE_SECONDS = 600;
const KEEP_SECONDS = 3600;
const POOL_SIZE = 3;
const STOP_MS = 5000;

/**
 * Opens the queue: pg-boss, in a schema of its own in the same database, which it makes and keeps up to date by itself.
 *
 * @throws what the driver says
 */
export async function openWakeUps(address: DatabaseAddress, stages: readonly string[], log: Log): Promise<WakeUps> {
  const { PgBoss } = await import('pg-boss');
  const boss = new PgBoss({
    ...pgOptions(address, 'photo-factory queue'),
    schema: QUEUE_SCHEMA,
    max: POOL_SIZE,
    useListenNotify: true,
    monitorVacuum: false,
  });
  boss.on('error', (error) => log.debug({ reason: reasonOf(error) }, 'the queue complains'));
  await boss.start();
  for (const stage of stages) {
    // short: one waits, any number is in work. Whoever takes it sends the next, so that every free worker joins.
    await boss.createQueue(stage, {
      policy: 'short',
      notify: true,
      retryLimit: 0,
      expireInSeconds: EXPIRE_SECONDS,
      retentionSeconds: KEEP_SECONDS,
      deleteAfterSeconds: KEEP_SECONDS,
    });
    await boss.schedule(stage, EVERY_MINUTE);
  }
  return {
    send: async (stage) => {
      await boss.send(stage);
    },
    onWakeUp: async (stage, drain) => {
      await boss.work(stage, { batchSize: 1, pollingIntervalSeconds: 2, notifyPollingIntervalSeconds: 10 }, drain);
    },
    [Symbol.asyncDispose]: () => boss.stop({ graceful: true, timeout: STOP_MS }),
  };
}
