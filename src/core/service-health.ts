/** What a service says of itself in a heartbeat. */
export const SERVICE_STATUSES = ['OK', 'WARNING', 'ERROR'] as const;

export type ServiceStatus = (typeof SERVICE_STATUSES)[number];

/** What a heartbeat carries. `currentTask` is a sentence for people; null when the service has nothing to say. */
export type ServiceReport = { readonly status: ServiceStatus; readonly currentTask: string | null };

export type ServiceColour = 'green' | 'yellow' | 'red';

const GREEN_SECONDS = 60;
const YELLOW_SECONDS = 180;

/**
 * Decides the light that people see: how long ago the service was heard, and what it said then, whichever is worse.
 *
 * A heartbeat is green up to and including 60 s, yellow up to and including 180 s, red above. A service that is heard
 * but says WARNING is yellow at best, and one that says ERROR is red: a light that is green while a service reports
 * trouble would teach people not to look.
 *
 * @param ageSeconds since the last heartbeat, by the database's clock; below zero (a clock stepped back) counts as new
 */
export function decideServiceColour(status: ServiceStatus, ageSeconds: number): ServiceColour {
  if (status === 'ERROR' || !(ageSeconds <= YELLOW_SECONDS)) return 'red';
  if (status === 'WARNING' || ageSeconds > GREEN_SECONDS) return 'yellow';
  return 'green';
}

/**
 * Whether a service is still there, whatever it says of itself: not red for its age. A process supervisor asks this; one
 * that says ERROR needs a person, not a restart.
 *
 * @param ageSeconds as above; null for one that was never heard
 */
export function isAlive(ageSeconds: number | null): boolean {
  return ageSeconds !== null && ageSeconds <= YELLOW_SECONDS;
}

const SLOW_DATABASE_MS = 1000;

/** What the database's check says: slow is worth a look, because everything else waits for it. */
export function decideDatabaseReport(latencyMs: number): ServiceReport {
  const isSlow = latencyMs > SLOW_DATABASE_MS;
  const took = `answered in ${Math.round(latencyMs)} ms`;
  return {
    status: isSlow ? 'WARNING' : 'OK',
    currentTask: `Database check: ${took}${isSlow ? ', which is slow' : ''}`,
  };
}
