import type { Outcome } from './session.ts';
import { splitStatements } from './split-statements.ts';

type Placed = { readonly text: string; readonly offset: number };

const CONTROL = /^\s*(begin|start|commit|end|rollback|abort|savepoint|release|prepare\s+transaction)\b/i;

/**
 * Decides how the statements of one string are sent.
 *
 * PostgreSQL runs such a string as one transaction, unless it controls transactions itself. The driver tells the results
 * of several statements apart only when they are sent singly, so they are, and `wrapped` says that BEGIN and COMMIT go
 * around them.
 *
 * @returns `offset` counts characters of the string
 */
export function planTransaction(text: string): { readonly statements: readonly Placed[]; readonly wrapped: boolean } {
  const splitter = splitStatements();
  const pieces = [...splitter.push(text), splitter.rest()].filter((piece) => piece !== null);
  // Backslashes mean nothing here: the server is to say so.
  if (pieces.some(({ kind }) => kind === 'backslash')) return { statements: [], wrapped: false };
  let from = 0;
  const statements = pieces
    .filter((piece) => piece.text !== '')
    .map((piece) => {
      const at = text.indexOf(piece.text, from);
      from = at + piece.text.length;
      return { text: piece.text, offset: Array.from(text.slice(0, at)).length };
    });
  return { statements, wrapped: !statements.some((statement) => CONTROL.test(statement.text)) };
}

/** Makes an error point into the whole string instead of the one statement. */
export function placeIn({ offset }: Placed, outcome: Outcome): Outcome {
  if (outcome.kind !== 'error' || outcome.message.position === null) return outcome;
  return { ...outcome, message: { ...outcome.message, position: outcome.message.position + offset } };
}
