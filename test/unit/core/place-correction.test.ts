import { describe, expect, it } from 'vitest';
import { correctPlace, placeInWords, readCountry } from '../../../src/core/place-correction.ts';

const potsdam = { city: 'Potsdam', region: 'Brandenburg', countryCode: 'DE' };
const nowhere = { city: null, region: null, countryCode: null };

describe('correctPlace', () => {
  it.each([
    ['another city of the region', { city: 'Caputh' }, { ...potsdam, city: 'Caputh' }],
    [
      'another region, of which no city is known',
      { region: 'Berlin' },
      { city: null, region: 'Berlin', countryCode: 'DE' },
    ],
    ['another country, of which nothing is known', { countryCode: 'PL' }, { ...nowhere, countryCode: 'PL' }],
    [
      'a city of another country',
      { city: 'Paris', countryCode: 'FR' },
      { city: 'Paris', region: null, countryCode: 'FR' },
    ],
    ['all of it', { city: 'a', region: 'b', countryCode: 'FR' }, { city: 'a', region: 'b', countryCode: 'FR' }],
    ['no city', { city: null }, { ...potsdam, city: null }],
    ['the same country again', { countryCode: 'DE' }, potsdam],
    ['no place at all', { countryCode: null }, nowhere],
  ])('says %s', (_, said, expected) => {
    expect(correctPlace(potsdam, said)).toEqual(expected);
  });

  it('asks for the country where none is known', () => {
    expect(correctPlace(nowhere, { city: 'Grandma’s village' })).toBeNull();
    expect(correctPlace(nowhere, { region: 'Brandenburg' })).toBeNull();
    expect(correctPlace(nowhere, { city: 'Caputh', countryCode: 'DE' })).toEqual({
      ...nowhere,
      city: 'Caputh',
      countryCode: 'DE',
    });
  });
});

it('knows the code of a country', () => {
  expect(readCountry('de')).toBe('DE');
  for (const text of ['Germany', 'D', 'D1', '']) expect(readCountry(text)).toBeNull();
});

it('says a place as far as it is known', () => {
  expect(placeInWords(potsdam)).toBe('Potsdam, Brandenburg, DE');
  expect(placeInWords({ ...nowhere, countryCode: 'DE' })).toBe('DE');
  expect(placeInWords(nowhere)).toBeNull();
});
