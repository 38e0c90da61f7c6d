import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import type { DatabaseAddress } from '../../src/ledger/connect.ts';

/** A way to a server that can fail as networks do. */
export type FlakyLink = AsyncDisposable & {
  /** The same database, reached over the link. */
  readonly address: DatabaseAddress;
  /** Closes every connection and refuses new ones, as a server that is stopped does. */
  readonly cut: () => void;
  /** Carries nothing any more and tells nobody, as a router that lost its power does. */
  readonly freeze: () => void;
  /** Carries new connections again; those from before stay as they are. */
  readonly restore: () => void;
};

export async function openFlakyLink({ url }: DatabaseAddress): Promise<FlakyLink> {
  const target = new URL(url);
  const sockets = new Set<Socket>();
  const frozen = new WeakSet<Socket>();
  let mode: 'open' | 'cut' | 'frozen' = 'open';

  const server = createServer((near) => {
    track(near);
    if (mode === 'cut') return near.destroy();
    if (mode === 'frozen') return near.pause();
    const far = connect(Number(target.port), target.hostname);
    track(far);
    near.pipe(far).pipe(near);
    near.on('close', () => frozen.has(far) || far.destroy());
    far.on('close', () => frozen.has(near) || near.destroy());
    return undefined;
  });
  function track(socket: Socket): void {
    sockets.add(socket);
    socket.on('error', () => socket.destroy());
    socket.on('close', () => sockets.delete(socket));
  }
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');

  const own = new URL(url);
  own.hostname = '127.0.0.1';
  own.port = String(address.port);
  return {
    address: { url: own.href, socketDir: null },
    cut() {
      mode = 'cut';
      for (const socket of sockets) socket.destroy();
    },
    freeze() {
      mode = 'frozen';
      for (const socket of sockets) {
        frozen.add(socket);
        socket.unpipe().pause();
      }
    },
    restore() {
      mode = 'open';
    },
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}
