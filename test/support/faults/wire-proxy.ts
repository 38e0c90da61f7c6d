import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import type { DatabaseAddress } from '../../../src/ledger/connect.ts';

/** What can become of one query on its way to PostgreSQL. */
export type WireFault =
  /** It never arrives, and this error comes back; one that ends the session when it is fatal. */
  | { readonly kind: 'error'; readonly sqlState: string; readonly isFatal?: boolean }
  /** The connection is cut before it arrives. */
  | { readonly kind: 'cut' }
  /** It is done, and the connection is cut before anybody hears of it. */
  | { readonly kind: 'cut after' }
  /** It is done, and the connection is cut behind the rows, before the word that this was all. */
  | { readonly kind: 'cut within' }
  /** It never arrives, and nothing ever comes back. */
  | { readonly kind: 'silence' }
  /** It is done, and nothing ever comes back. */
  | { readonly kind: 'silence after' };

export function nameOfWireFault(fault: WireFault): string {
  return fault.kind === 'error' ? fault.sqlState : fault.kind;
}

/** A way to PostgreSQL that understands what it carries. */
export type WireProxy = AsyncDisposable & {
  readonly address: DatabaseAddress;
  /** Decides, for each query in turn, what becomes of it; null when nothing is wrong. */
  onQuery: (sql: string) => WireFault | null;
  /** What happens to a new connection: it is served, or closed as soon as it is accepted. */
  doors: 'open' | 'closing';
  /** Connections that a program holds. */
  readonly open: () => number;
  /** Those of them that will never carry an answer again. */
  readonly silent: () => number;
};

const SYNC = Buffer.from([0x53, 0, 0, 0, 4]);

export async function openWireProxy({ url }: DatabaseAddress): Promise<WireProxy> {
  const target = new URL(url);
  const near = new Set<Socket>();
  const far = new Set<Socket>();
  const mute = new Set<Socket>();
  const keep = (socket: Socket, all: Set<Socket>) => {
    all.add(socket);
    socket.on('error', () => socket.destroy());
    socket.on('close', () => all.delete(socket));
  };
  const server = createServer({ noDelay: true }, (client) => {
    keep(client, near);
    if (proxy.doors === 'closing') return client.destroy();
    const postgres = connect({ port: Number(target.port), host: target.hostname, noDelay: true });
    keep(postgres, far);
    carry(client, postgres, {
      decide: (sql) => proxy.onQuery(sql),
      onSilence: () => mute.add(client),
    });
    return undefined;
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const listening = server.address();
  if (listening === null || typeof listening === 'string') throw new Error('no port');
  const own = new URL(url);
  own.hostname = '127.0.0.1';
  own.port = String(listening.port);
  const proxy: WireProxy = {
    address: { url: own.href, socketDir: null },
    onQuery: () => null,
    doors: 'open',
    open: () => near.size,
    silent: () => [...mute].filter((client) => near.has(client)).length,
    async [Symbol.asyncDispose]() {
      for (const socket of [...near, ...far]) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
  return proxy;
}

type Carrier = { readonly decide: (sql: string) => WireFault | null; readonly onSilence: () => void };

function carry(client: Socket, postgres: Socket, { decide, onSilence }: Carrier): void {
  const statements = new Map<string, string>();
  /** Of each query that is under way: whether its answer is to be lost, and how. */
  const waiting: (WireFault['kind'] | null)[] = [];
  let isSilent = false;
  let group: Buffer[] = [];
  let sql = '';

  const fallSilent = () => {
    isSilent = true;
    onSilence();
  };
  const cut = () => {
    client.destroy();
    postgres.destroy();
  };
  /** A query is complete: sends it on, or does to it what was decided. */
  const send = () => {
    const bytes = Buffer.concat(group);
    group = [];
    const fault = decide(sql);
    switch (fault?.kind) {
      case 'cut':
        return cut();
      case 'silence':
        return fallSilent();
      case 'error':
        client.write(errorResponse(fault.sqlState, fault.isFatal ? 'FATAL' : 'ERROR'));
        if (fault.isFatal) return client.end(() => postgres.destroy());
        waiting.push(null);
        return postgres.write(SYNC);
      default:
        waiting.push(fault?.kind ?? null);
        return postgres.write(bytes);
    }
  };

  let isStarted = false;
  const fromClient = frames((type, frame) => {
    if (isSilent) return;
    if (!isStarted) {
      isStarted = true;
      postgres.write(frame);
      return;
    }
    const [first = '', second = ''] = frame.subarray(5).toString('utf8').split('\0');
    group.push(frame);
    if (type === 'P') {
      sql = second;
      statements.set(first, sql);
    }
    if (type === 'B') sql = statements.get(second) ?? sql;
    if (type === 'Q') sql = first;
    if (type === 'S' || type === 'Q') send();
    // Passwords, goodbyes, questions about a statement and the rows of a COPY are nobody's query.
    else if ('pXHdcf'.includes(type)) postgres.write(Buffer.concat(group.splice(0)));
  }, true);
  let isReady = false;
  const fromPostgres = frames((type, frame) => {
    if (isSilent) return;
    const loss = isReady ? lossOf(waiting[0] ?? null, type) : 'nothing';
    if (type === 'Z' && isReady) waiting.shift();
    if (type === 'Z') isReady = true;
    if (loss === 'cut') cut();
    else if (loss === 'silence') fallSilent();
    else if (loss === 'nothing') client.write(frame);
  }, false);
  client.on('data', fromClient);
  postgres.on('data', fromPostgres);
  client.on('close', () => postgres.destroy());
  postgres.on('close', () => {
    if (!isSilent) client.end();
  });
}

/** What is lost of an answer when this message of it comes. */
function lossOf(fate: WireFault['kind'] | null, type: string): 'nothing' | 'this' | 'cut' | 'silence' {
  switch (fate) {
    case 'cut within':
      return type === 'C' ? 'cut' : 'nothing';
    case 'cut after':
      return type === 'Z' ? 'cut' : 'this';
    case 'silence after':
      return type === 'Z' ? 'silence' : 'this';
    default:
      return 'nothing';
  }
}

/** Takes a stream apart into messages: a type, a length, a body. The first of a client has no type. */
function frames(onFrame: (type: string, frame: Buffer) => void, startsWithout: boolean): (chunk: Buffer) => void {
  let rest = Buffer.alloc(0);
  let isFirst = startsWithout;
  return (chunk) => {
    rest = Buffer.concat([rest, chunk]);
    for (;;) {
      const lengthAt = isFirst ? 0 : 1;
      if (rest.length < lengthAt + 4) return;
      const end = lengthAt + rest.readUInt32BE(lengthAt);
      if (rest.length < end) return;
      const frame = rest.subarray(0, end);
      rest = rest.subarray(end);
      const type = isFirst ? '' : String.fromCharCode(frame[0] ?? 0);
      isFirst = false;
      onFrame(type, frame);
    }
  };
}

function errorResponse(sqlState: string, severity: 'ERROR' | 'FATAL'): Buffer {
  const fields = [`S${severity}`, `V${severity}`, `C${sqlState}`, `Mthe proxy says ${sqlState}`];
  const body = Buffer.from(`${fields.join('\0')}\0\0`);
  const head = Buffer.alloc(5);
  head.write('E');
  head.writeUInt32BE(body.length + 4, 1);
  return Buffer.concat([head, body]);
}
