import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { expect, test } from 'vitest';
import { readSyncthing } from '../../../src/io/syncthing.ts';

const NEVER = new AbortController().signal;

/** What Syncthing 1.27 to 2.0 answer, cut to what matters; a folder that is paused has no status. */
const ANSWERS: Readonly<Record<string, unknown>> = {
  '/rest/noauth/health': { status: 'OK' },
  '/rest/system/status': { uptime: 4711, myID: 'ABC' },
  '/rest/config/folders': [
    { id: 'phone&1', label: 'Phone', path: '/inbox/phone', type: 'receiveonly', paused: false },
    { id: 'tablet', label: '', path: '/inbox/tablet', type: 'sendreceive', paused: true },
    { id: 'camera', label: 'Camera', path: '/inbox/camera', type: 'sendreceive', paused: false },
  ],
  '/rest/db/status?folder=phone%261': { state: 'syncing', error: '', errors: 0, pullErrors: 2, needFiles: 23 },
  '/rest/db/status?folder=camera': { state: 'error', error: 'folder path missing', errors: 0, needFiles: 0 },
};

type Answer = (request: IncomingMessage, response: ServerResponse) => void;

async function serve(answer: Answer) {
  const server = createServer(answer).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return {
    url: `http://127.0.0.1:${address.port}`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

const answerAsSyncthing: Answer = (request, response) => {
  const { url = '' } = request;
  if (!url.includes('noauth') && request.headers['x-api-key'] !== 'key') response.writeHead(403).end('Forbidden');
  else if (ANSWERS[url] === undefined) response.writeHead(404).end('no such folder');
  else response.end(JSON.stringify(ANSWERS[url]));
};

test('every folder is read with what is wrong with it', async () => {
  await using server = await serve(answerAsSyncthing);
  const reading = await readSyncthing({ url: server.url, apiKey: 'key', timeoutMs: 5000 }, NEVER);
  expect(reading).toMatchObject({
    kind: 'answered',
    uptimeSeconds: 4711,
    folders: [
      { id: 'phone&1', label: 'Phone', state: 'syncing', error: null, failedItems: 2, needItems: 23, isPaused: false },
      { id: 'tablet', label: 'tablet', state: null, isPaused: true },
      { id: 'camera', label: 'Camera', path: '/inbox/camera', state: 'error', error: 'folder path missing' },
    ],
  });
});

test('an address with a path, or a slash at its end, is kept', async () => {
  await using server = await serve((request, response) => {
    request.url = request.url?.replace('/syncthing/', '/') ?? '';
    answerAsSyncthing(request, response);
  });
  for (const path of ['/syncthing', '/syncthing/']) {
    const address = { url: server.url + path, apiKey: 'key', timeoutMs: 5000 };
    expect(await readSyncthing(address, NEVER)).toMatchObject({ kind: 'answered' });
  }
});

test('a key that is refused, or not set, is told apart from being away', async () => {
  await using server = await serve(answerAsSyncthing);
  const read = (apiKey: string | null) => readSyncthing({ url: server.url, apiKey, timeoutMs: 5000 }, NEVER);
  expect(await read('wrong')).toEqual({ kind: 'locked', reason: 'it refuses SYNCTHING_API_KEY' });
  expect(await read(null)).toEqual({ kind: 'locked', reason: 'set SYNCTHING_API_KEY' });
});

test('Syncthing 1.19, which has no question for its health, is read all the same', async () => {
  await using server = await serve((request, response) => {
    const { url } = request;
    const hasKey = request.headers['x-api-key'] === 'key';
    if (!hasKey) response.writeHead(403).end('CSRF Error');
    else if (url === '/rest/noauth/health') response.writeHead(404).end('404 page not found');
    else if (url === '/rest/system/ping') response.end('{"ping":"pong"}');
    else answerAsSyncthing(request, response);
  });
  const read = (apiKey: string | null) => readSyncthing({ url: server.url, apiKey, timeoutMs: 5000 }, NEVER);
  expect(await read('key')).toMatchObject({ kind: 'answered', uptimeSeconds: 4711 });
  expect(await read('wrong')).toEqual({ kind: 'locked', reason: 'it refuses SYNCTHING_API_KEY' });
  expect(await read(null)).toEqual({ kind: 'locked', reason: 'set SYNCTHING_API_KEY' });
});

test.for<[string, Answer, RegExp]>([
  [
    'a page that is not there',
    (_, response) => response.writeHead(404).end(),
    /^it answers 404 to rest\/system\/ping$/,
  ],
  ['another program', (_, response) => response.end('<html>'), /is not Syncthing$/],
  ['another program that speaks JSON', (_, response) => response.end('[]'), /is not Syncthing$/],
  ['one that breaks', (_, response) => response.writeHead(500).end(), /^it answers 500 to rest\/noauth\/health$/],
  ['one that is not well', (_, response) => response.end('{"status":"ERROR"}'), /says that it is "ERROR"/],
  ['one that hangs', () => {}, /^no answer within 0.2 s$/],
  ['one that stops in the middle', (_, response) => response.write('{"sta'), /^no answer within 0.2 s$/],
  ['one that hangs up', (request) => request.socket.destroy(), /./],
])('%s is an answer, not an error', async ([, answer, reason]) => {
  await using server = await serve(answer);
  const reading = await readSyncthing({ url: server.url, apiKey: 'key', timeoutMs: 200 }, NEVER);
  expect(reading).toEqual({ kind: 'unreachable', reason: expect.stringMatching(reason) });
});

test('nobody there is an answer, not an error', async () => {
  const server = await serve(answerAsSyncthing);
  await server[Symbol.asyncDispose]();
  expect(await readSyncthing({ url: server.url, apiKey: 'key', timeoutMs: 5000 }, NEVER)).toEqual({
    kind: 'unreachable',
    reason: expect.stringContaining('ECONNREFUSED'),
  });
});

test('the key is never carried to where a redirect points', async () => {
  const asked: string[] = [];
  await using elsewhere = await serve((request, response) => {
    asked.push(String(request.headers['x-api-key']));
    response.end('{"status":"OK"}');
  });
  await using server = await serve((_, response) => response.writeHead(307, { location: elsewhere.url }).end());
  const reading = await readSyncthing({ url: server.url, apiKey: 'key', timeoutMs: 5000 }, NEVER);
  expect(reading).toMatchObject({ kind: 'unreachable' });
  expect(asked).toEqual([]);
});

test('being told to stop ends it at once', async () => {
  await using server = await serve(() => {});
  const stopping = new AbortController();
  const reading = readSyncthing({ url: server.url, apiKey: 'key', timeoutMs: 60_000 }, stopping.signal);
  stopping.abort(new Error('stopping'));
  await expect(reading).rejects.toThrow('stopping');
});
