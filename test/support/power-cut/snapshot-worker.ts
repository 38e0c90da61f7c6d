import { type MessagePort, parentPort, workerData } from 'node:worker_threads';
import postgres from 'postgres';
import { LEDGER_TABLES, type LedgerRows } from './trace.ts';

/** Reads all rows whenever it is asked, on a thread of its own: the thread that asks stands still meanwhile. */
const { url, port, flag } = workerData as { url: string; port: MessagePort; flag: Int32Array };
const sql = postgres(url, {
  max: 1,
  connection: { application_name: 'power cut' },
  // Times as text: to the microsecond, and in no zone of this machine.
  types: { times: { to: 1184, from: [1082, 1114, 1184], serialize: String, parse: (text: string) => text } },
});

parentPort?.on('message', async (message: 'read' | 'end') => {
  if (message === 'end') {
    await sql.end();
    port.close();
    parentPort?.close();
    return;
  }
  const rows: Record<string, unknown> = {};
  for (const table of LEDGER_TABLES) rows[table] = [...(await sql`SELECT * FROM ${sql(table)} ORDER BY id`)];
  port.postMessage(rows as LedgerRows);
  Atomics.store(flag, 0, 1);
  Atomics.notify(flag, 0);
});
