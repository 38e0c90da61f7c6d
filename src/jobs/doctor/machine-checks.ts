import { reasonOf } from '../../errors.ts';
import { requireExiftool } from '../../io/metadata/exiftool-version.ts';
import { type Check, fine, problem, warning } from './finding.ts';

const OLDEST_NODE = [22, 22] as const;

export const nodeCheck: Check = {
  name: 'Node',
  run: async () => {
    const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
    const isNewEnough = major > OLDEST_NODE[0] || (major === OLDEST_NODE[0] && minor >= OLDEST_NODE[1]);
    const words = `Node ${process.versions.node} (${process.execPath})`;
    if (isNewEnough) return [fine(words)];
    return [problem(`${words} is older than ${OLDEST_NODE.join('.')}`, 'npm ci   # brings a Node of its own')];
  },
};

export const exiftoolCheck: Check = {
  name: 'exiftool',
  run: async ({ signal }) => {
    try {
      return [fine(`exiftool ${await requireExiftool(signal)} runs`)];
    } catch (error) {
      signal.throwIfAborted();
      return [problem(reasonOf(error), 'npm ci   # and on a very small system: apt-get install perl')];
    }
  },
};

export const timeZoneCheck: Check = {
  name: 'Time zone',
  run: async ({ config, origins }) => {
    const zone = config.defaultTimeZone;
    if (origins.defaultTimeZone !== 'default' || !/^(Etc\/)?(UTC|GMT|UCT|Zulu)$/.test(zone)) return [fine(zone)];
    return [fine(`${zone}, because the machine says so. If you live elsewhere, set DEFAULT_TIME_ZONE`)];
  },
};

const EARLIEST_YEAR = 2026;
const LATEST_YEAR = 2100;

export const clockCheck: Check = {
  name: 'Clock',
  run: async ({ nowMs }) => {
    const now = new Date(nowMs());
    const year = now.getUTCFullYear();
    if (year >= EARLIEST_YEAR && year < LATEST_YEAR) return [fine(`${now.toISOString().slice(0, 19)}Z`)];
    return [problem(`the clock says ${now.toISOString()}`, 'sudo timedatectl set-ntp true')];
  },
};

const FINE_HEARTBEAT_MS = 60_000;

export const settingsCheck: Check = {
  name: 'Settings',
  run: async ({ config }) => {
    if (config.heartbeatIntervalMs > FINE_HEARTBEAT_MS) {
      return [
        warning(
          `HEARTBEAT_INTERVAL_MS is ${config.heartbeatIntervalMs}: a healthy librarian will not show green`,
          'Set it to 60000 or less; the default is 30000.',
        ),
      ];
    }
    const mask = process.umask();
    if ((mask & 0o700) === 0) return [];
    return [warning(`umask ${mask.toString(8)} takes your own rights to new folders away`, 'umask 0022')];
  },
};
