import { expect, it } from 'vitest';
import { locateEmbeddedVideo } from '../../../src/core/embedded-video.ts';

const items = (...all: string[]) => all.map((item) => `<rdf:li><Container:Item ${item}/></rdf:li>`).join('\n');

it.each([
  ['Google’s first form', 'GCamera:MicroVideo="1" GCamera:MicroVideoOffset="2582"', { offset: 97_418, length: 2582 }],
  [
    'the same as an element',
    '<GCamera:MicroVideoOffset>2582</GCamera:MicroVideoOffset>',
    { offset: 97_418, length: 2582 },
  ],
  [
    'a Motion Photo',
    items('Item:Semantic="Primary" Item:Length="0" Item:Padding="0"', 'Item:Semantic="MotionPhoto" Item:Length="4686"'),
    { offset: 95_314, length: 4686 },
  ],
  [
    'one with more behind the video',
    items(
      'Item:Semantic="MotionPhoto" Item:Length="4000"',
      'Item:Semantic="GainMap" Item:Length="500" Item:Padding="8"',
    ),
    { offset: 95_492, length: 4000 },
  ],
])('finds the video of %s', (_, xmp, expected) => {
  expect(locateEmbeddedVideo(xmp, 100_000)).toEqual(expected);
});

it.each([
  ['nothing', ''],
  ['more than the file', 'MicroVideoOffset="200000"'],
  ['no length', items('Item:Semantic="MotionPhoto" Item:Length="0"')],
  ['other items', items('Item:Semantic="GainMap" Item:Length="500"')],
])('finds none where the XMP says %s', (_, xmp) => {
  expect(locateEmbeddedVideo(xmp, 100_000)).toBeNull();
});
