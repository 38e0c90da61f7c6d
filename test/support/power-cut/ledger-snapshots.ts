import { once } from 'node:events';
import { MessageChannel, receiveMessageOnPort, Worker } from 'node:worker_threads';
import type postgres from 'postgres';
import type { DatabaseAddress } from '../../../src/ledger/connect.ts';
import { LEDGER_TABLES, type LedgerRows } from './trace.ts';

/** Reads the ledger while this thread stands still, so that nothing of the program goes on meanwhile. */
export type LedgerSnapshots = AsyncDisposable & { readonly read: () => LedgerRows };

const ANSWER_MS = 30_000;

export function openLedgerSnapshots({ url }: DatabaseAddress): LedgerSnapshots {
  const { port1, port2 } = new MessageChannel();
  const flag = new Int32Array(new SharedArrayBuffer(4));
  const worker = new Worker(new URL('./snapshot-worker.ts', import.meta.url), {
    workerData: { url, port: port2, flag },
    transferList: [port2],
  });
  return {
    read: () => {
      Atomics.store(flag, 0, 0);
      worker.postMessage('read');
      if (Atomics.wait(flag, 0, 0, ANSWER_MS) === 'timed-out') throw new Error('the ledger could not be read in time');
      const received = receiveMessageOnPort(port1) as { message: LedgerRows } | undefined;
      if (received === undefined) throw new Error('the ledger was read, but nothing came');
      return received.message;
    },
    async [Symbol.asyncDispose]() {
      const exited = once(worker, 'exit');
      worker.postMessage('end');
      await exited;
      port1.close();
    },
  };
}

/** Makes the ledger what it was at a moment: exactly these rows, whatever triggers and references would say. */
export async function restoreRows(sql: postgres.Sql, rows: LedgerRows): Promise<void> {
  await sql.begin(async (one) => {
    await one`SET LOCAL session_replication_role = replica`;
    await one`TRUNCATE ${one(LEDGER_TABLES as unknown as string[])} CASCADE`;
    for (const table of LEDGER_TABLES) {
      await one`
        INSERT INTO ${one(table)} OVERRIDING SYSTEM VALUE
        SELECT * FROM json_populate_recordset(NULL::${one(table)}, ${JSON.stringify(rows[table])}::text::json)`;
    }
    for (const table of COUNTED)
      await one`SELECT setval(pg_get_serial_sequence(${table}, 'id'), greatest(1, (SELECT max(id) FROM ${one(table)})))`;
  });
}

/** Tables whose rows have numbers. */
const COUNTED = ['inbox_arrivals', 'sidecars', 'superseded_files', 'date_changes'] as const;
