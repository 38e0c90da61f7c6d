import { expect, it } from 'vitest';
import { decideLocation } from '../../../src/core/location.ts';
import { readSidecar, xmpFacts } from '../../../src/core/sidecar-facts.ts';

it('takes time and place out of a Takeout JSON as tags that the one list knows', () => {
  const json = {
    title: 'a.jpg',
    photoTakenTime: { timestamp: '1432899863' },
    geoData: { latitude: 1.5, longitude: -2 },
  };
  const found = readSidecar('takeout', JSON.stringify(json));
  expect(found).toEqual({
    kind: 'takeout',
    title: 'a.jpg',
    facts: { 'Takeout:Title': 'a.jpg', 'Takeout:PhotoTakenTime': '2015-05-29 11:44:23Z', 'Takeout:Position': '1.5 -2' },
  });
  expect(decideLocation(new Map(Object.entries(found?.facts ?? {})))).toEqual({ lat: 1.5, lon: -2 });
});

it('takes the zero of Unix, which Google writes where it knows no date, for none', () => {
  expect(readSidecar('takeout', '{"photoTakenTime":{"timestamp":"0"}}')?.facts).toEqual({});
});

it('believes the content, not the name', () => {
  expect(readSidecar('xmp', '<?xpacket?><x:xmpmeta xmlns:x="adobe:ns:meta/">')).not.toBeNull();
  const inUtf16 = Buffer.from('<x:xmpmeta xmlns:x="adobe:ns:meta/">', 'utf16le').toString('utf8');
  expect(readSidecar('xmp', inUtf16)).not.toBeNull();
  expect(readSidecar('xmp', 'no XMP at all')).toBeNull();
  expect(readSidecar('aae', '<?xml version="1.0"?><!DOCTYPE plist')).not.toBeNull();
  expect(readSidecar('aae', 'bplist00abc')).not.toBeNull();
  expect(readSidecar('aae', 'else')).toBeNull();
  expect(readSidecar('takeout', '{"title":"an album"}')).toBeNull();
});

it('keeps of an XMP sidecar what may decide when and where', () => {
  const tags = new Map([
    ['XMP-exif:DateTimeOriginal', '2019:04:16 11:36:39'],
    ['XMP-exif:GPSLatitude', '1.5'],
    ['XMP-exif:GPSLongitude', '-2'],
    ['XMP-xmp:MetadataDate', '2023:01:01 00:00:00'],
    ['ExifIFD:DateTimeOriginal', '2023:01:01 00:00:00'],
  ]);
  const facts = xmpFacts(tags);
  expect(Object.keys(facts)).toEqual([
    'Sidecar-XMP-exif:DateTimeOriginal',
    'Sidecar-XMP-exif:GPSLatitude',
    'Sidecar-XMP-exif:GPSLongitude',
  ]);
  expect(decideLocation(new Map(Object.entries(facts)))).toEqual({ lat: 1.5, lon: -2 });
});
