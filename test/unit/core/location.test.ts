import { describe, expect, it } from 'vitest';
import { decideLocation } from '../../../src/core/location.ts';

const munich = { lat: 48.137, lon: 11.575 };

function locate(tags: Record<string, string>) {
  return decideLocation(new Map(Object.entries(tags)));
}

function exif(lat: string, latRef: string, lon: string, lonRef: string) {
  const latitude = { 'GPS:GPSLatitude': lat, 'GPS:GPSLatitudeRef': latRef };
  return locate({ ...latitude, 'GPS:GPSLongitude': lon, 'GPS:GPSLongitudeRef': lonRef });
}

describe('decideLocation', () => {
  it('takes the hemisphere from the reference tags', () => {
    expect(exif('33.8688', 'S', '151.2093', 'E')).toEqual({ lat: -33.8688, lon: 151.2093 });
    expect(exif('40.7', 'North', '74.0', 'West\0')).toEqual({ lat: 40.7, lon: -74 });
    expect(exif('-33.8688', 'S', '-70', 'W')).toEqual({ lat: -33.8688, lon: -70 });
  });

  it.each([
    ['XMP', { 'XMP-exif:GPSLatitude': '48.137', 'XMP-exif:GPSLongitude': '11.575' }],
    ['an iPhone video', { 'Keys:GPSCoordinates': '48.137 11.575 520' }],
    ['an Android video', { 'UserData:GPSCoordinates': '48.137 11.575' }],
    ['iTunes metadata', { 'ItemList:GPSCoordinates': '48.137 11.575 0' }],
    [
      'a 3GPP video',
      { 'UserData:LocationInformation': 'Role=shooting Lat=48.13700 Lon=11.57500 Alt=34.00 Body=earth' },
    ],
    [
      'a thermal camera',
      {
        'FLIR:GPSLatitude': '48.137',
        'FLIR:GPSLatitudeRef': 'N',
        'FLIR:GPSLongitude': '11.575',
        'FLIR:GPSLongitudeRef': 'E',
      },
    ],
    ['an old drone', { 'XMP-drone-dji:GPSLatitude': '48.137', 'XMP-drone-dji:GPSLongtitude': '11.575' }],
    ['a drone', { 'XMP-drone-dji:GPSLatitude': '48.137', 'XMP-drone-dji:GPSLongitude': '11.575' }],
  ])('reads the position of %s', (_, tags) => {
    expect(locate(tags)).toEqual(munich);
  });

  it('keeps the equator and the prime meridian', () => {
    expect(exif('0', 'N', '11.575', 'E')).toEqual({ lat: 0, lon: 11.575 });
    expect(exif('51.48', 'N', '0', 'W')).toEqual({ lat: 51.48, lon: 0 });
  });

  it('goes on to the next place when the first is none', () => {
    const nowhere = {
      'GPS:GPSLatitude': '0',
      'GPS:GPSLatitudeRef': 'N',
      'GPS:GPSLongitude': '0',
      'GPS:GPSLongitudeRef': 'E',
    };
    expect(locate({ ...nowhere, 'XMP-exif:GPSLatitude': '48.137', 'XMP-exif:GPSLongitude': '11.575' })).toEqual(munich);
  });

  it.each([
    ['exactly 0, 0', exif('0', 'N', '0', 'E')],
    ['out of range', exif('213', 'N', '10', 'E')],
    ['an overflowed longitude', exif('10', 'N', '4294966352', 'E')],
    ['empty text', exif('', 'N', '', 'E')],
    ['not a number', exif('50.0333..NaN', 'N', '10', 'E')],
    ['a zero denominator', exif('undef', 'N', 'inf', 'E')],
    ['decimal commas', exif('52,00000,50,00000,34,01180', 'N', '4', 'E')],
    ['half a position', locate({ 'GPS:GPSLatitude': '48', 'GPS:GPSLatitudeRef': 'N' })],
    ['no hemisphere', locate({ 'GPS:GPSLatitude': '48', 'GPS:GPSLongitude': '11' })],
    ['an unknown hemisphere', exif('48', 'x', '11', 'E')],
    ['nothing', locate({})],
  ])('is nowhere: %s', (_, found) => {
    expect(found).toBeNull();
  });
});
