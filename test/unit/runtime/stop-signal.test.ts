import { EventEmitter } from 'node:events';
import { expect, it } from 'vitest';
import { listenForStop } from '../../../src/runtime/stop-signal.ts';

function listen() {
  const signals = new EventEmitter() as EventEmitter & Pick<NodeJS.Process, 'on' | 'off'>;
  let nowMs = 5000;
  let endings = 0;
  const stop = listenForStop(
    signals,
    () => {
      endings += 1;
    },
    () => nowMs,
  );
  const send = (name: string, afterMs = 0) => {
    nowMs += afterMs;
    signals.emit(name, name);
  };
  return { stop, send, signals, endings: () => endings };
}

it.each(['SIGINT', 'SIGTERM', 'SIGHUP'])('stops for %s, and says so', (name) => {
  const { stop, send } = listen();
  send(name);
  expect(stop.signal.aborted).toBe(true);
  expect(stop.signal.reason).toMatchObject({ code: 'INTERRUPTED', exitCode: 130, message: `Interrupted by ${name}.` });
});

it('takes signals within a second for one', () => {
  const { send, endings } = listen();
  send('SIGINT');
  send('SIGINT', 400);
  send('SIGTERM', 500);
  expect(endings()).toBe(0);
});

it('ends at once for a later signal, also after many quick ones', () => {
  const { send, endings } = listen();
  send('SIGINT');
  send('SIGINT', 900);
  send('SIGINT', 900);
  expect(endings()).toBe(1);
});

it('leaves signals alone once it is disposed', () => {
  const { stop, signals } = listen();
  stop[Symbol.dispose]();
  expect(signals.eventNames()).toEqual([]);
});
