import { beforeAll, describe, expect, it } from 'vitest';
import { PLAYS_ALL } from './slice.ts';

/** The n-th call of this label on a way. */
export type Target = { readonly label: string; readonly nth: number };

/** A fault at one call, at it alone or at every one of its label from then on. */
export type CallFault<F> = { readonly fault: F; readonly lasting: 'once' | 'for ever' };

/** What can befall calls of one kind, and where that is played. */
export type Menace<F, L> = {
  readonly faults: readonly F[];
  readonly nameOf: (fault: F) => string;
  readonly canBefall: (fault: F, label: string) => boolean;
  /** Makes places where cases run, one after the other in each. */
  readonly openLanes: () => Promise<AsyncDisposable & { readonly lanes: readonly L[] }>;
};

export type Tested = {
  readonly name: string;
  /** Cases that `npm test` plays in any case, as a failure words them: what did not end well once, and what tells most. */
  readonly always?: readonly string[];
};

type Way<F, L, S, T extends Target, U> = {
  /** Of what is tested, in the title: `a photo that is linked`. */
  readonly title: string;
  readonly promise: string;
  readonly scenarios: readonly S[];
  /** Which cases are played by `npm test`. */
  readonly isPlayed: (...of: readonly unknown[]) => boolean;
  /** Goes the way without a fault: its calls, and whatever the cases are to be compared with. */
  readonly survey: (lane: L, scenario: S) => Promise<{ readonly calls: readonly T[]; readonly usual: U }>;
  /** Goes it with one. @returns what is wrong */
  readonly play: (lane: L, scenario: S, at: T & CallFault<F>, usual: U) => Promise<readonly string[]>;
};

/** Lets each fault befall each call of a way, once and for ever; `npm test` a part of them. */
export function testEveryCall<F, L, S extends Tested, T extends Target, U>(
  { faults, nameOf, canBefall, openLanes }: Menace<F, L>,
  way: Way<F, L, S, T, U>,
): void {
  let lanes: readonly L[] = [];
  const casesOf = (call: T, fault: F): (T & CallFault<F>)[] =>
    canBefall(fault, call.label)
      ? [
          { ...call, fault, lasting: 'once' },
          { ...call, fault, lasting: 'for ever' },
        ]
      : [];
  const inWords = ({ label, nth, fault, lasting }: Target & CallFault<F>) =>
    `${nameOf(fault)} ${lasting} at ${label} (${nth})`;
  const isAlwaysPlayed = ({ always = [] }: Tested, at: Target & CallFault<F>) => always.includes(inWords(at));

  // Lanes are opened for one way after the other: each holds connections.
  describe('faults:', () => {
    beforeAll(async () => {
      const opened = await openLanes();
      lanes = opened.lanes;
      return () => opened[Symbol.asyncDispose]();
    });

    describe.each(way.scenarios)(way.title, (scenario) => {
      let surveyed: Awaited<ReturnType<typeof way.survey>>;
      beforeAll(async () => {
        const [lane] = lanes;
        if (lane === undefined) throw new Error('there is no lane');
        surveyed = await way.survey(lane, scenario);
        const all = faults.flatMap((fault) => surveyed.calls.flatMap((call) => casesOf(call, fault))).map(inWords);
        const unknown = scenario.always?.filter((words) => !all.includes(words)) ?? [];
        if (unknown.length > 0) throw new Error(`there is no such case: ${unknown.join('; ')}`);
      });

      // A part of them is one test: a test for each fault would often have nothing to play.
      const tests = PLAYS_ALL
        ? faults.map((fault) => ({ name: nameOf(fault), among: [fault] }))
        : [{ name: 'one of many faults', among: faults }];
      it.for(tests)(`$name at any call: ${way.promise}`, { timeout: 600_000 }, async ({ among }, { skip }) => {
        const { calls, usual } = surveyed;
        const all = among.flatMap((fault) => calls.flatMap((call) => casesOf(call, fault)));
        const isPlayed = (at: T & CallFault<F>) =>
          isAlwaysPlayed(scenario, at) || way.isPlayed(scenario.name, at.label, at.nth, nameOf(at.fault), at.lasting);
        const chosen = all.filter(isPlayed);
        const cases = chosen.length > 0 ? chosen : all.slice(0, 1);
        if (cases.length === 0) skip('there is no call that it can befall');
        const wrong: string[] = [];
        const playAll = async (lane: L) => {
          for (let next = cases.shift(); next !== undefined; next = cases.shift()) {
            // A case that cannot be played must not leave its lane to the next test while others still run.
            const found = await way.play(lane, scenario, next, usual).catch((error: unknown) => [String(error)]);
            if (found.length > 0) wrong.push(`${inWords(next)}: ${found.join('; ')}`);
          }
        };
        await Promise.all(lanes.map(playAll));
        expect(wrong).toEqual([]);
      });
    });
  });
}
