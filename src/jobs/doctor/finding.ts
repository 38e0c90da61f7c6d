import type { Config, LoadedConfig } from '../../config.ts';
import type { FactoryError } from '../../errors.ts';
import type { Connection, DatabaseAddress } from '../../ledger/connect.ts';
import type { Migration } from '../../ledger/migrations.ts';

/** What a check found. `fix` is what to do, with a command to copy where there is one; null when all is well. */
export type Finding = {
  readonly verdict: 'ok' | 'warning' | 'problem';
  readonly words: string;
  readonly fix: string | null;
};

/** A ledger that could be opened. */
export type OpenLedger = {
  readonly connection: Connection;
  readonly address: DatabaseAddress;
  readonly migrations: readonly Migration[];
};

/** What checks may use. */
export type Examined = {
  readonly config: Config;
  readonly origins: LoadedConfig['origins'];
  readonly ledger: OpenLedger | FactoryError;
  readonly userId: number | null;
  readonly nowMs: () => number;
  readonly signal: AbortSignal;
};

/** One thing that a set-up can get wrong. No findings means that it does not apply here. */
export type Check = {
  readonly name: string;
  readonly run: (examined: Examined) => Promise<readonly Finding[]>;
};

export function fine(words: string): Finding {
  return { verdict: 'ok', words, fix: null };
}

export function warning(words: string, fix: string): Finding {
  return { verdict: 'warning', words, fix };
}

export function problem(words: string, fix: string): Finding {
  return { verdict: 'problem', words, fix };
}
