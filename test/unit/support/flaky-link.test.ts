import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { expect, it } from 'vitest';
import { openFlakyLink } from '../../support/flaky-link.ts';

it('a client that is reset, as one that is killed with words unread, is gone for the server, too', async () => {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  await using link = await openFlakyLink({
    url: `postgres://127.0.0.1:${(server.address() as AddressInfo).port}/db`,
    socketDir: null,
  });
  const client = connect(Number(new URL(link.address.url).port), '127.0.0.1');
  const [session] = (await once(server, 'connection')) as [Socket];
  session.on('error', () => session.destroy());
  const gone = once(session, 'close');
  client.write('a question');
  await once(session, 'data');
  client.resetAndDestroy();
  expect(await gone).toBeDefined();
  server.close();
}, 10_000);
