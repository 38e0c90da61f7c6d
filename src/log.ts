import { createRequire } from 'node:module';
import { type Logger, pino } from 'pino';
import type { Config } from './config.ts';
import { logLineInWords } from './core/log-line.ts';

export type Log = Logger;

/**
 * Opens the log: one JSON object a line on standard error, or lines for eyes.
 *
 * Standard output belongs to `--json`. Credentials and positions never reach the log: nobody passes them, and what a
 * connection error may carry is redacted here.
 */
export function openLog({ logLevel, logPretty }: Pick<Config, 'logLevel' | 'logPretty'>): Log {
  const options = {
    level: logLevel,
    base: null,
    redact: ['password', '*.password', 'databaseUrl', '*.databaseUrl', '*.location'],
  };
  // Synchronous on purpose: the last line before an exit must not be lost.
  if (logPretty) {
    // Thirty files that a program without eyes before it has no use for.
    const pretty: typeof import('pino-pretty') = createRequire(import.meta.url)('pino-pretty');
    return pino(
      options,
      pretty({
        destination: 2,
        sync: true,
        hideObject: true,
        messageFormat: (record) => logLineInWords(record),
        colorize: process.stderr.isTTY === true,
        translateTime: 'SYS:HH:MM:ss',
      }),
    );
  }
  return pino(options, pino.destination({ dest: 2, sync: true }));
}
