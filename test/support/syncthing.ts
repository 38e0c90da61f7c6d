import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { until } from './daemon.ts';

export type FolderType = 'sendonly' | 'sendreceive' | 'receiveonly' | 'receiveencrypted';

/** How one side of a pair keeps the shared folder. */
export type Side = { readonly path: string; readonly type: FolderType; readonly ignoreDelete?: boolean };

/** A real Syncthing, reachable on loopback only: it announces, relays, reports and upgrades nothing. */
export type Syncthing = AsyncDisposable & {
  readonly name: string;
  readonly url: string;
  readonly apiKey: string;
  readonly deviceId: string;
  readonly ask: (path: string, method?: string, body?: unknown) => Promise<unknown>;
  /** SIGKILL, as a phone's battery does it; then the same again, on its old data. */
  readonly killAndStart: () => Promise<void>;
};

/** Two real Syncthings with one folder between them. */
export type Pair = AsyncDisposable & {
  readonly phone: Syncthing;
  readonly here: Syncthing;
  /** Both look at their disks, and wait until neither has anything left to do that it wants to do. */
  readonly settle: () => Promise<void>;
};

const FOLDER = 'photos';
/** Starts and stops as one process: the guard that it otherwise runs under would outlive a SIGKILL of it, or it the guard. */
const ALONE = { STMONITORED: 'yes', STNOUPGRADE: '1', STNODEFAULTFOLDER: '1' };

type Ports = { readonly gui: number; readonly sync: number };

async function startSyncthing(
  home: string,
  name: string,
  receiveKbps: number,
): Promise<Syncthing & { syncUrl: string }> {
  await mkdir(home, { recursive: true });
  const ports: Ports = { gui: await freePort(), sync: await freePort() };
  const apiKey = `key-of-${name}`;
  await writeFile(join(home, 'config.xml'), configOf(ports, apiKey, receiveKbps));
  const url = `http://127.0.0.1:${ports.gui}`;
  let process: Running | null = null;

  const ask = async (path: string, method = 'GET', body?: unknown): Promise<unknown> => {
    const response = await fetch(`${url}/rest/${path}`, {
      method,
      headers: { 'X-API-Key': apiKey, 'Content-Type': 'application/json' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`${name} answers ${response.status} to ${method} ${path}: ${text}`);
    return text === '' ? null : JSON.parse(text);
  };
  const start = async () => {
    const running = run(home);
    process = running;
    await until(async () => {
      if (running.child.exitCode !== null) throw new Error(`Syncthing ended by itself:\n${running.output()}`);
      return await ask('system/ping').then(
        () => true,
        () => false,
      );
    }, `an answer of Syncthing at ${url}`);
  };
  const stop = async (signal: NodeJS.Signals) => {
    const stopping = process;
    process = null;
    stopping?.child.kill(signal);
    await stopping?.ended;
  };
  await start();
  const { myID: deviceId } = (await ask('system/status')) as { myID: string };
  return {
    name,
    url,
    apiKey,
    deviceId,
    syncUrl: `tcp://127.0.0.1:${ports.sync}`,
    ask,
    killAndStart: async () => {
      await stop('SIGKILL');
      await start();
    },
    [Symbol.asyncDispose]: () => stop('SIGTERM'),
  };
}

type Running = { readonly child: ChildProcess; readonly output: () => string; readonly ended: Promise<unknown> };

function run(home: string): Running {
  const args = ['serve', `--home=${home}`, '--no-browser', '--no-restart', '--no-upgrade'];
  const child = spawn('syncthing', args, { env: { ...process.env, ...ALONE }, stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text: string) => {
      output += text;
    });
  return { child, output: () => output, ended: once(child, 'close') };
}

function configOf({ gui, sync }: Ports, apiKey: string, receiveKbps: number): string {
  const off = [
    ...['globalAnnounceEnabled', 'localAnnounceEnabled', 'relaysEnabled', 'natEnabled', 'crashReportingEnabled'],
    ...['announceLANAddresses', 'startBrowser'],
  ];
  return `<configuration version="35">
  <gui enabled="true" tls="false"><address>127.0.0.1:${gui}</address><apikey>${apiKey}</apikey></gui>
  <options>
    <listenAddress>tcp://127.0.0.1:${sync}</listenAddress>
    ${off.map((option) => `<${option}>false</${option}>`).join('')}
    <urAccepted>-1</urAccepted><autoUpgradeIntervalH>0</autoUpgradeIntervalH><stunKeepaliveStartS>0</stunKeepaliveStartS>
    <reconnectionIntervalS>1</reconnectionIntervalS><progressUpdateIntervalS>1</progressUpdateIntervalS>
    <limitBandwidthInLan>true</limitBandwidthInLan><maxRecvKbps>${receiveKbps}</maxRecvKbps>
  </options>
</configuration>
`;
}

/** A port that nobody listens on now. */
async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}

/**
 * Starts two Syncthings that share one folder, connected.
 *
 * @param root where they keep their keys and indexes
 * @param receiveKbps how fast this side receives, in KiB/s; 0 is no limit
 */
export async function startPair(
  root: string,
  sides: { readonly phone: Side; readonly here: Side },
  { receiveKbps = 0 }: { receiveKbps?: number } = {},
): Promise<Pair> {
  await using opening = new AsyncDisposableStack();
  const phone = opening.use(await startSyncthing(join(root, 'syncthing-phone'), 'phone', 0));
  const here = opening.use(await startSyncthing(join(root, 'syncthing-here'), 'here', receiveKbps));
  await introduce(phone, here, sides.phone);
  await introduce(here, phone, sides.here);
  await until(() => isConnected(here, phone), 'a connection between the two');
  const stack = opening.move();
  return {
    phone,
    here,
    settle: () => settle(phone, here),
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  };
}

async function introduce(to: Syncthing, other: Syncthing & { syncUrl: string }, side: Side): Promise<void> {
  await mkdir(join(side.path, '.stfolder'), { recursive: true });
  await to.ask('config/devices', 'POST', { deviceID: other.deviceId, name: other.name, addresses: [other.syncUrl] });
  await to.ask('config/folders', 'POST', {
    id: FOLDER,
    label: `Camera of ${to.name}`,
    path: side.path,
    type: side.type,
    ignoreDelete: side.ignoreDelete ?? false,
    devices: [{ deviceID: to.deviceId }, { deviceID: other.deviceId }],
    fsWatcherEnabled: true,
    fsWatcherDelayS: 1,
    rescanIntervalS: 3600,
  });
}

async function isConnected(one: Syncthing, other: Syncthing): Promise<boolean> {
  type Connections = { readonly connections: Readonly<Record<string, { readonly connected: boolean }>> };
  const { connections } = (await one.ask('system/connections')) as Connections;
  return connections[other.deviceId]?.connected === true;
}

type FolderStatus = { readonly state: string; readonly needTotalItems: number; readonly sequence: number };

async function statusOf(side: Syncthing): Promise<FolderStatus> {
  return (await side.ask(`db/status?folder=${FOLDER}`)) as FolderStatus;
}

/** In want of nothing, and nothing has changed on either side between two looks that are far enough apart. */
async function settle(phone: Syncthing, here: Syncthing): Promise<void> {
  const both = [phone, here];
  let before = '';
  await until(async () => {
    // The scan answers when it is done; what it found is on its way to the other side then.
    for (const side of both) await side.ask(`db/scan?folder=${FOLDER}`, 'POST');
    await new Promise((resolve) => setTimeout(resolve, EXCHANGE_MS));
    const statuses = await Promise.all(both.map(statusOf));
    const now = statuses.map(({ state, needTotalItems, sequence }) => `${state} ${needTotalItems} ${sequence}`).join();
    const isStill = now === before && statuses.every(({ state }) => state === 'idle');
    before = now;
    return isStill;
  }, 'peace between the two Syncthings');
}

/** Indexes are exchanged within a fraction of this. */
const EXCHANGE_MS = 1000;
