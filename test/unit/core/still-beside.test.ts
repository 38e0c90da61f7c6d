import { expect, it } from 'vitest';
import { stillDateFor } from '../../../src/core/still-beside.ts';

const still = {
  name: 'IMG_1.HEIC',
  wallClock: '2019-04-16 11:36:39.5',
  offsetMinutes: 540,
  zone: 'tag',
  confidence: 'high',
} as const;

it.each([
  ['IMG_1.MOV', '2019-04-16 11:36:39.5+09:00'],
  ['img_1.mp4', '2019-04-16 11:36:39.5+09:00'],
  ['IMG_1(1).MOV', null],
  ['IMG_11.MOV', null],
])('gives %s the still’s date: %s', (video, expected) => {
  expect(stillDateFor(video, [still])).toBe(expected);
});

it('hands on no zone that was assumed, and no date that is not sure', () => {
  expect(stillDateFor('IMG_1.MOV', [{ ...still, zone: 'default' }])).toBe('2019-04-16 11:36:39.5');
  expect(stillDateFor('IMG_1.MOV', [{ ...still, offsetMinutes: -210 }])).toBe('2019-04-16 11:36:39.5-03:30');
  expect(stillDateFor('IMG_1.MOV', [{ ...still, confidence: 'none' }])).toBeNull();
});
