import { join } from 'node:path';
import { appleStill, appleVideo } from '../apple-shot.ts';
import type { PowerLibrary } from './library.ts';
import { drop, type PowerCase } from './power-case.ts';

/** The day that a sidecar says; the photos' own times say another. */
const TAKEOUT = JSON.stringify({ title: 'a.jpg', photoTakenTime: { timestamp: '1555428600' } });
const AAE = '<?xml version="1.0"?><!DOCTYPE plist>';
const CONTENT = '8E74F7CD-53DE-4EB6-B31F-2DADF318C25B';
const STILL = appleStill({ at: '2024:05:06 00:00:01', offset: '+02:00', content: CONTENT });
const FILM = appleVideo({ at: '2024-05-05T21:59:59Z', content: CONTENT });

/** Photos with what lies beside them, and with others of the same shot. */
export const COMPANION_CASES: readonly PowerCase[] = [
  ...(['one', 'two, no links'] as const).map((volumes) => ({
    name: `a photo and its sidecars, one of which came before (${volumes})`,
    volumes,
    prepare: async (library: PowerLibrary) => {
      await put(library, 'a.AAE', AAE);
      await library.ingest();
      await drop(library, 'a.jpg');
      await put(library, 'a.jpg.json', TAKEOUT);
    },
  })),
  ...(['one', 'one, no links'] as const).map((volumes) => ({
    name: `a sidecar brings a better date (${volumes})`,
    volumes,
    prepare: async (library: PowerLibrary) => {
      await drop(library, 'a.jpg');
      await put(library, 'a.AAE', AAE);
      await library.ingest();
      await put(library, 'a.jpg.json', TAKEOUT);
    },
    ...(volumes === 'one' ? { killedBefore: 'folder in removeSuperseded' } : {}),
  })),
  {
    name: 'the film of a Live Photo comes later, and its name is taken',
    volumes: 'one',
    prepare: async (library) => {
      await put(library, 'hers/b.MOV', appleVideo({ at: '2024-05-06T10:00:00Z' }));
      await put(library, 'b.JPG', STILL);
      await put(library, 'b.AAE', AAE);
      await library.ingest();
      await put(library, 'b.MOV', FILM);
    },
  },
];

function put(library: PowerLibrary, name: string, content: string | Uint8Array): Promise<string> {
  return library.put(join(library.layout.inbox, name), Buffer.from(content));
}
