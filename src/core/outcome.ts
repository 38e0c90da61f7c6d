/** The seven ends an inbox file can come to. Exactly one of them, always. */
export const OUTCOMES = ['stored', 'duplicate', 'known', 'rejected', 'deferred', 'failed', 'ignored'] as const;

export type Outcome = (typeof OUTCOMES)[number];
