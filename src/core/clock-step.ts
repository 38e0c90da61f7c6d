/** Slewing, as time servers do it, moves a clock by less than this between two looks; setting it moves it by more. */
const STEP_MS = 250;

/**
 * Notices that the wall clock was set (or that the machine slept): it moves against a clock that never jumps. For a while
 * after that, a file's ctime and the wall clock may be from different times.
 *
 * @param quietMs how long that lasts
 * @returns asked with both clocks, whether the wall clock was set within the last `quietMs`, as far as can be seen
 */
export function createStepWatch(quietMs: number): (wallMs: number, steadyMs: number) => boolean {
  let lead: number | null = null;
  let steppedAtMs = Number.NEGATIVE_INFINITY;
  return (wallMs, steadyMs) => {
    const now = wallMs - steadyMs;
    if (lead !== null && Math.abs(now - lead) > STEP_MS) steppedAtMs = steadyMs;
    lead = now;
    return steadyMs - steppedAtMs < quietMs;
  };
}
