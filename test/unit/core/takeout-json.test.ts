import { describe, expect, it } from 'vitest';
import { readTakeoutJson } from '../../../src/core/takeout-json.ts';

const taken = { photoTakenTime: { timestamp: '1432899863', formatted: 'May 29, 2015, 11:44:23 AM UTC' } };
const geo = { latitude: 48.1, longitude: 11.5, altitude: 520, latitudeSpan: 0, longitudeSpan: 0 };
const nowhere = { latitude: 0, longitude: 0 };

function read(json: unknown) {
  return readTakeoutJson(JSON.stringify(json));
}

describe('readTakeoutJson', () => {
  it('reads title, time and position', () => {
    expect(read({ title: 'IMG_1.JPG', ...taken, geoData: geo })).toEqual({
      title: 'IMG_1.JPG',
      takenMs: 1_432_899_863_000,
      location: { lat: 48.1, lon: 11.5 },
    });
  });

  it('takes the camera’s position where the owner gave none', () => {
    expect(read({ ...taken, geoData: nowhere, geoDataExif: geo })?.location).toEqual({ lat: 48.1, lon: 11.5 });
    expect(read({ ...taken, geoData: nowhere, geoDataExif: nowhere })?.location).toBeNull();
  });

  it('takes no position out of range, and still the time', () => {
    expect(read({ ...taken, geoData: { latitude: 213, longitude: 0 } })).toMatchObject({
      location: null,
      takenMs: 1_432_899_863_000,
    });
  });

  it('knows photos from before 1970', () => {
    expect(read({ photoTakenTime: { timestamp: '-86400' } })?.takenMs).toBe(-86_400_000);
  });

  it.each([
    ['an album', { title: 'Holidays', description: '', access: 'protected', date: { timestamp: '1432899863' } }],
    ['when it was uploaded', { title: 'a.jpg', creationTime: { timestamp: '1432899863' } }],
    ['a list', [1, 2]],
    ['a time that is no number', { photoTakenTime: { timestamp: 'yesterday' } }],
  ])('is not misled by %s', (_, json) => {
    expect(read(json)).toBeNull();
  });

  it('is not misled by what is no JSON', () => {
    expect(readTakeoutJson('{"photoTakenTime"')).toBeNull();
  });
});
