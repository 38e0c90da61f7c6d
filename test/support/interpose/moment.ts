/**
 * The name of a moment without what differs from run to run: random names, arrivals' numbers, descriptors.
 *
 * @param what as the trace says it: `after rename "a.jpg" → ".photo-factory/leaving/7"`
 */
export function labelOf(what: string): string {
  return what
    .replace(/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/g, 'uuid')
    .replace(/(leaving\/|\.pf-release-)\d+/g, '$1id')
    .replace(/\/fd\/\d+/g, '/fd/n');
}

/** Which moment is meant: the n-th of all, or the n-th of those that have this label. */
export type MomentAddress =
  | { readonly kind: 'number'; readonly number: number }
  | { readonly kind: 'label'; readonly label: string; readonly occurrence: number };

/** @param text `17`; or a label, or its beginning and `…`, with `#3` behind it for its third occurrence */
export function readMomentAddress(text: string): MomentAddress {
  if (/^\d+$/.test(text)) return { kind: 'number', number: Number(text) };
  const [, label = text, occurrence = '1'] = /^(.*)#(\d+)$/s.exec(text) ?? [];
  return { kind: 'label', label, occurrence: Number(occurrence) };
}

/** Counts moments, and says of each whether it is the one that is meant. */
export function watchForMoment(meant: MomentAddress | null): (what: string) => { number: number; isMeant: boolean } {
  let number = 0;
  let occurrences = 0;
  return (what) => {
    number += 1;
    if (meant === null) return { number, isMeant: false };
    if (meant.kind === 'number') return { number, isMeant: number === meant.number };
    if (!isLabelled(what, meant.label)) return { number, isMeant: false };
    occurrences += 1;
    return { number, isMeant: occurrences === meant.occurrence };
  };
}

function isLabelled(what: string, label: string): boolean {
  return label.endsWith('…') ? labelOf(what).startsWith(label.slice(0, -1)) : labelOf(what) === label;
}

/**
 * The addresses of all moments of a trace, in its order: labels with their occurrences, so that each is found again
 * although parallel calls come in another order the next time.
 */
export function addressesOf(trace: string): readonly string[] {
  const occurrences = new Map<string, number>();
  return trace
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => {
      const label = labelOf(line.slice(line.indexOf('\t') + 1));
      const occurrence = (occurrences.get(label) ?? 0) + 1;
      occurrences.set(label, occurrence);
      return `${label}#${occurrence}`;
    });
}
