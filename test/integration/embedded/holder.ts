import { pino } from 'pino';
import { reasonOf } from '../../../src/errors.ts';
import { openEmbeddedPostgres } from '../../../src/ledger/embedded/open-embedded-postgres.ts';

/** A process that uses the server: says what it got on one line, and leaves when its standard input ends. */
try {
  const log = pino({ level: 'warn' }, pino.destination({ dest: 2, sync: true }));
  await using server = await openEmbeddedPostgres({ dataDir: process.argv[2] ?? '', log });
  process.stdout.write(`${JSON.stringify(server)}\n`);
  await new Promise((resolve) => process.stdin.once('end', resolve).resume());
} catch (error) {
  process.stderr.write(`${reasonOf(error)}\n`);
  process.exitCode = 1;
}
