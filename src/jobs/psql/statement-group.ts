import type { Outcome } from './session.ts';
import { splitStatements } from './split-statements.ts';

/** `offset`: where it begins in the whole text, in characters. */
type Placed = { readonly text: string; readonly offset: number };

const CONTROL = /^\s*(begin|start|commit|end|rollback|abort|savepoint|release|prepare\s+transaction)\b/i;

/**
 * Decides how a text of one or more statements is sent.
 *
 * PostgreSQL runs such a text as one transaction, unless it controls transactions itself. The driver tells the results
 * of several statements apart only when they are sent singly; so they are, and the caller has to make the transaction.
 */
export function planGroup(text: string): {
  readonly statements: readonly Placed[];
  readonly controlsTransactions: boolean;
} {
  const splitter = splitStatements();
  const pieces = [...splitter.push(text), splitter.rest()].filter((piece) => piece !== null);
  // Backslashes mean nothing here: it is sent as it stands, and the server says so.
  if (pieces.some(({ kind }) => kind === 'backslash')) return { statements: [], controlsTransactions: false };
  let from = 0;
  const statements = pieces
    .filter((piece) => piece.text !== '')
    .map((piece) => {
      const at = text.indexOf(piece.text, from);
      from = at + piece.text.length;
      return { text: piece.text, offset: Array.from(text.slice(0, at)).length };
    });
  return { statements, controlsTransactions: statements.some((statement) => CONTROL.test(statement.text)) };
}

/** Makes an error point into the whole text instead of the one statement. */
export function placeIn({ offset }: Placed, outcome: Outcome): Outcome {
  if (outcome.kind !== 'error' || outcome.message.position === null) return outcome;
  return { ...outcome, message: { ...outcome.message, position: outcome.message.position + offset } };
}
