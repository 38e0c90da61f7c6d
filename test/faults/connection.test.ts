import { beforeEach, expect, it, vi } from 'vitest';
import { connect } from '../../src/ledger/connect.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { nameOfWireFault, openWireProxy, type WireFault, type WireProxy } from '../support/faults/wire-proxy.ts';

let database: TestDatabase;
let proxy: WireProxy;
let unhandled: unknown[];

beforeEach(async () => {
  const stack = new AsyncDisposableStack();
  database = stack.use(await createTestDatabase());
  proxy = stack.use(await openWireProxy(database.address));
  unhandled = [];
  const note = (error: unknown) => unhandled.push(error);
  process.on('unhandledRejection', note);
  process.on('uncaughtException', note);
  stack.defer(() => {
    process.off('unhandledRejection', note);
    process.off('uncaughtException', note);
  });
  return () => stack.disposeAsync();
});

const FAULTS: WireFault[] = [
  { kind: 'cut' },
  { kind: 'cut after' },
  { kind: 'error', sqlState: '57P01', isFatal: true },
  { kind: 'error', sqlState: '53200' },
];

it.each(FAULTS.map((fault) => [nameOfWireFault(fault), fault] as const))(
  'a connection whose very first query meets %s is told to whoever asked, and to nobody else',
  async (_, fault) => {
    await using pool = connect(proxy.address, { max: 1, applicationName: 'photo-factory' });
    let isFirst = true;
    proxy.onQuery = () => {
      const mine = isFirst ? fault : null;
      isFirst = false;
      return mine;
    };
    await expect(pool.sql`SELECT 1`).rejects.toThrow();
    // The driver may tell the next one of the same error once more.
    await vi.waitFor(async () => expect(await pool.sql`SELECT 2 AS two`).toEqual([{ two: 2 }]), 10_000);
    await new Promise((done) => setTimeout(done, 50)); // what nobody handles is told a turn later
    expect(unhandled).toEqual([]);
  },
);

it('sends lists of text as they are, whatever the names of photos hold', async () => {
  const texts = ['', 'a,b', '{a}', 'NULL', '"quoted"', 'back\\slash', 'new\nline', 'é 🏖️', "it's"];
  const rows = await database.sql`SELECT text FROM unnest(${texts}::text[]) AS asked (text)`;
  expect(rows.map(({ text }) => text)).toEqual(texts);
});
