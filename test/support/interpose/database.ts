import { Socket } from 'node:net';

/** A moment in the life of one query, as the program's side of the connection sees it. */
export type DatabaseMoment = {
  /** `before` it is sent, when it was `sent` and nothing came back yet, when it was `answered`. */
  readonly when: 'before' | 'sent' | 'answered';
  /** The SQL, in one line; `commit` and such included. Empty for the driver's own housekeeping. */
  readonly sql: string;
  /** Numbers the connection: on each, answers come in the order of the questions. */
  readonly connection: number;
  /** All that was sent with the query, its parameters included. */
  readonly message: Buffer;
};

/**
 * Shows every query that goes over connections of one application to PostgreSQL, for everybody in this thread.
 *
 * @param applicationName exactly as the connection names itself; heartbeats and locks name themselves otherwise
 * @param onMoment may block, kill, or throw: a throw destroys the connection, as a cut would
 */
export function interposeDatabase(applicationName: string, onMoment: (moment: DatabaseMoment) => void): Disposable {
  const originalWrite = Socket.prototype.write;
  const connections = new WeakMap<Socket, Followed | 'somebody else’s'>();
  let opened = 0;

  const sendWithMoments = (socket: Socket, followed: Followed, message: Buffer, send: () => boolean) => {
    const { connection } = followed;
    const queries = readQueries(message, followed.statements).map((sql) => ({ sql, connection, message }));
    try {
      for (const query of queries) onMoment({ when: 'before', ...query });
      const result = send();
      followed.waiting.push(...queries);
      for (const query of queries) onMoment({ when: 'sent', ...query });
      return result;
    } catch (error) {
      socket.destroy(error instanceof Error ? error : new Error(String(error)));
      return false;
    }
  };
  Socket.prototype.write = function write(this: Socket, ...args: unknown[]) {
    const [chunk] = args;
    const send = () => Reflect.apply(originalWrite, this, args);
    if (!Buffer.isBuffer(chunk)) return send();
    const known = connections.get(this);
    if (known === 'somebody else’s') return send();
    if (known !== undefined) return sendWithMoments(this, known, chunk, send);
    if (chunk.length === TLS_QUESTION_BYTES) return send();
    const isOurs = startupNames(chunk, applicationName);
    opened += 1;
    connections.set(this, isOurs ? follow(this, opened, onMoment) : 'somebody else’s');
    return send();
  } as typeof originalWrite;
  return {
    [Symbol.dispose]: () => {
      Socket.prototype.write = originalWrite;
    },
  };
}

/** "May I use TLS?" comes before the startup message, and is the only one of this length. */
const TLS_QUESTION_BYTES = 8;

type Followed = {
  readonly connection: number;
  readonly statements: Map<string, string>;
  readonly waiting: Omit<DatabaseMoment, 'when'>[];
};

function follow(socket: Socket, connection: number, onMoment: (moment: DatabaseMoment) => void): Followed {
  const followed: Followed = { connection, statements: new Map(), waiting: [] };
  let rest = Buffer.alloc(0);
  // First in line, so that the moment comes before the program hears of the answer.
  socket.prependListener('data', (chunk: Buffer) => {
    rest = Buffer.concat([rest, chunk]);
    while (rest.length >= 5) {
      const end = 1 + rest.readUInt32BE(1);
      if (rest.length < end) break;
      const isReady = rest[0] === 'Z'.charCodeAt(0);
      rest = rest.subarray(end);
      const query = isReady ? followed.waiting.shift() : undefined;
      if (query !== undefined) onMoment({ when: 'answered', ...query });
    }
  });
  return followed;
}

function startupNames(chunk: Buffer, applicationName: string): boolean {
  return (
    chunk.length > 8 && chunk.readUInt32BE(4) === 196_608 && chunk.includes(`application_name\0${applicationName}\0`)
  );
}

/** The SQL of each query in what is sent: a simple one, or a group of messages up to Sync. */
function readQueries(chunk: Buffer, statements: Map<string, string>): string[] {
  const queries: string[] = [];
  let sql = '';
  for (let at = 0; at + 5 <= chunk.length; at += 1 + chunk.readUInt32BE(at + 1)) {
    const body = chunk.subarray(at + 5, at + 1 + chunk.readUInt32BE(at + 1));
    const [first = '', second = ''] = body.toString('utf8').split('\0');
    switch (String.fromCharCode(chunk[at] ?? 0)) {
      case 'Q':
        queries.push(oneLine(first));
        break;
      case 'P':
        sql = oneLine(second);
        statements.set(first, sql);
        break;
      case 'B':
        sql = statements.get(second) ?? sql;
        break;
      case 'S':
        queries.push(sql);
    }
  }
  return queries;
}

function oneLine(sql: string): string {
  return sql.replace(/\s+/g, ' ').trim();
}
