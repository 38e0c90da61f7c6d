import { addressesOf } from '../interpose/moment.ts';
import { caseNamed } from './cases.ts';
import type { CrashCase } from './crash-case.ts';
import { type Played, playWhole } from './play.ts';
import type { Stage } from './stage.ts';
import { momentsIn, momentsOfOutage } from './steps.ts';

/** What is played with a killed database: of which case, who is killed, and in which span of its life. */
export const OUTAGES = [
  { name: 'link', victim: 'database', span: 'all' },
  { name: 'link (ingest)', victim: 'database', span: 'all' },
  { name: 'other volume', victim: 'database', span: 'filing' },
  { name: 'copy mode', victim: 'database', span: 'filing' },
  { name: 'duplicate removed', victim: 'database', span: 'filing' },
  { name: 'duplicate set aside', victim: 'database', span: 'filing' },
  { name: 'healed', victim: 'database', span: 'filing' },
  { name: 'name taken', victim: 'database', span: 'filing' },
  { name: 'eight at once', victim: 'database', span: 'filing' },
  { name: 'link', victim: 'both', span: 'all' },
  { name: 'other volume', victim: 'both', span: 'filing' },
  { name: 'copy mode', victim: 'both', span: 'filing' },
  { name: 'duplicate removed', victim: 'both', span: 'filing' },
  { name: 'duplicate set aside', victim: 'both', span: 'filing' },
  { name: 'name taken', victim: 'both', span: 'filing' },
  { name: 'eight at once', victim: 'both', span: 'filing' },
  { name: 'after a crash', victim: 'both', span: 'starting' },
] as const;

export type OutageCase = {
  readonly crashCase: CrashCase;
  /** A life without a kill. */
  readonly whole: Played;
  /** The moments at which the database may be killed, by their addresses. */
  readonly moments: readonly string[];
  /** Whether a moment comes before the first look into the inbox. */
  readonly isDuringStart: (moment: string) => boolean;
};

/** Lets the program live once without a kill, to learn the moments of its life. */
export async function learnOutageCase(stage: Stage, { name, span }: (typeof OUTAGES)[number]): Promise<OutageCase> {
  const crashCase = caseNamed(name);
  const whole = await playWhole(stage, crashCase);
  // Without a database a program that is told to stop just stops.
  const all = addressesOf(whole.traceToStop);
  const starting = new Set(momentsIn('starting', all));
  return {
    crashCase,
    whole,
    moments: momentsOfOutage(momentsIn(span, all)),
    isDuringStart: (moment) => starting.has(moment),
  };
}
