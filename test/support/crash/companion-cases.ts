import { appleStill, appleVideo } from '../apple-shot.ts';
import { sha256 } from '../ingest-rig.ts';
import { BASE, type CrashCase } from './crash-case.ts';
import { DAY, photo } from './layout.ts';
import type { PastFacts } from './past-rows.ts';

/** The day that sidecars say; the files' own times say another. */
export const THAT_DAY = '2019/2019-04-16';
export const AAE = Buffer.from('<?xml version="1.0"?><!DOCTYPE plist>');
const XMP = Buffer.from(
  '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">' +
    '<rdf:Description xmlns:exif="http://ns.adobe.com/exif/1.0/" exif:DateTimeOriginal="2019-04-16T15:20:00Z"/>' +
    '</rdf:RDF></x:xmpmeta>',
);
export const PHOTO_ID = '0b7c1c0e-6f0e-4a57-9f5c-2f6f6f1f8a11';
const CONTENT = '8E74F7CD-53DE-4EB6-B31F-2DADF318C25B';

/** Of a photo without a date in it. */
export const BY_FILE_TIME: PastFacts = {
  ...{ mediaType: 'image/jpeg', capturedAt: '2024-05-06 07:08:09', source: 'mtime', confidence: 'none' },
  ...{ offsetMinutes: null, contentIdentifier: null },
};
export const BY_CAMERA: PastFacts = {
  ...{ mediaType: 'image/jpeg', capturedAt: '2024-05-06 00:00:01', source: 'ExifIFD:DateTimeOriginal' },
  ...{ confidence: 'high', offsetMinutes: 120, contentIdentifier: CONTENT },
};

const COMPANIONS = { ...BASE, calls: 'changing' } as const;

/** Photos with what lies beside them, and with others of the same shot. */
export const COMPANION_CASES: readonly CrashCase[] = [
  {
    ...COMPANIONS,
    name: 'sidecars',
    command: 'ingest',
    seed: async (layout) => {
      const files = { 'IMG_1.jpg': photo('one'), 'IMG_1.jpg.json': takeout('IMG_1.jpg'), 'IMG_1.xmp': XMP };
      for (const [name, content] of Object.entries(files)) await layout.drop(name, content);
      await layout.drop('IMG_1.AAE', AAE, { waited: true });
      layout.bringTogether(THAT_DAY, 'IMG_1', { ...files, 'IMG_1.AAE': AAE });
    },
  },
  {
    ...COMPANIONS,
    name: 'better date',
    seed: async (layout) => {
      await layout.storeBefore('IMG_1.jpg', photo('another'), { day: THAT_DAY });
      const files = { 'IMG_1.jpg': photo('one'), 'IMG_1.AAE': AAE, 'IMG_1.jpg.json': takeout('IMG_1.jpg') };
      const past = { cameAs: 'IMG_1.jpg', facts: BY_FILE_TIME };
      const path = await layout.storeBefore('IMG_1.jpg', files['IMG_1.jpg'], past);
      await layout.storeSidecarBefore(path, 'IMG_1.AAE', AAE);
      await layout.drop('IMG_1.jpg.json', files['IMG_1.jpg.json']);
      layout.bringTogether(THAT_DAY, withDigits('IMG_1', files['IMG_1.jpg']), files);
    },
  },
  {
    ...COMPANIONS,
    name: 'companions',
    seed: async (layout) => {
      const still = appleStill({ at: '2024:05:06 00:00:01', offset: '+02:00', content: CONTENT });
      const film = appleVideo({ at: '2024-05-05T21:59:59Z', content: CONTENT });
      await layout.storeBefore('IMG_1.MOV', photo('another'));
      const path = await layout.storeBefore('IMG_1.JPG', still, { cameAs: 'IMG_1.JPG', facts: BY_CAMERA });
      await layout.storeSidecarBefore(path, 'IMG_1.AAE', AAE);
      const ofFilm = {
        mediaType: 'video/quicktime',
        capturedAt: '2024-05-05 23:59:59',
        source: 'QuickTime:CreateDate',
      };
      await layout.storeBefore('IMG_1.MOV', film, {
        ...{ day: '2024/2024-05-05', cameAs: 'IMG_1.MOV', facts: { ...BY_CAMERA, ...ofFilm } },
      });
      await layout.drop('unrelated.jpg', photo('unrelated'));
      const files = { 'IMG_1.JPG': still, 'IMG_1.MOV': film, 'IMG_1.AAE': AAE };
      layout.bringTogether(DAY, withDigits('IMG_1', still), files);
    },
  },
  {
    ...COMPANIONS,
    name: 'redate',
    command: 'redate',
    args: [PHOTO_ID, '--to', '2019-04-16 15:30:00'],
    seed: async (layout) => {
      await layout.storeBefore('IMG_1.jpg', photo('another'), { day: THAT_DAY });
      const one = photo('one');
      const past = { id: PHOTO_ID, cameAs: 'IMG_1.jpg', facts: BY_FILE_TIME };
      await layout.storeSidecarBefore(await layout.storeBefore('IMG_1.jpg', one, past), 'IMG_1.AAE', AAE);
      layout.bringTogether(THAT_DAY, withDigits('IMG_1', one), { 'IMG_1.jpg': one, 'IMG_1.AAE': AAE });
    },
  },
  {
    ...COMPANIONS,
    name: 'group',
    command: 'ingest',
    seed: async (layout) => {
      await layout.storeBefore('IMG_1.jpg', photo('another'), { day: THAT_DAY });
      const files = { 'IMG_1.jpg': photo('one'), 'IMG_1.AAE': AAE, 'IMG_1.jpg.json': takeout('IMG_1.jpg') };
      const edited = photo('edited');
      for (const [name, content] of Object.entries(files)) await layout.drop(name, content);
      await layout.drop('IMG_1-edited.jpg', edited);
      layout.bringTogether(THAT_DAY, withDigits('IMG_1', files['IMG_1.jpg']), files);
      layout.bringTogether(THAT_DAY, 'IMG_1-edited', { 'IMG_1-edited.jpg': edited });
    },
  },
];

export function takeout(title: string): Buffer {
  return Buffer.from(JSON.stringify({ title, photoTakenTime: { timestamp: '1555428600' } }));
}

/** What a photo is called whose name another one has. */
export function withDigits(stem: string, content: Buffer): string {
  return `${stem}-${sha256(content).slice(0, 8)}`;
}
