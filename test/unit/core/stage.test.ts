import { describe, expect, it } from 'vitest';
import { csvField, meansAll, type PhotoFilter } from '../../../src/core/photo-filter.ts';
import { decideNextTry } from '../../../src/core/stage.ts';
import { thumbnailPath } from '../../../src/core/thumbnail-path.ts';
import { chooseDecoders } from '../../../src/core/thumbnail-recipe.ts';
import { decideWorkerReport } from '../../../src/core/worker-report.ts';

describe('an asset that failed', () => {
  it('waits longer after each try, at most six hours', () => {
    const waits = [1, 2, 3, 4, 12, 500].map((attempts) => decideNextTry(attempts, false, 1000));
    expect(waits).toEqual([30, 60, 120, 240, 21_600, 21_600]);
  });

  it('is set down after its last try, and at once when trying cannot help', () => {
    expect(decideNextTry(8, false, 8)).toBeNull();
    expect(decideNextTry(7, false, 8)).not.toBeNull();
    expect(decideNextTry(1, true, 8)).toBeNull();
  });
});

describe('what a worker says of itself', () => {
  it('tells rate, backlog and time left of each stage', () => {
    const report = decideWorkerReport([
      { stage: 'thumbnail', rate: 12.34, backlog: 1234, trouble: null },
      { stage: 'geocode', rate: null, backlog: 0, trouble: null },
    ]);
    expect(report).toEqual({
      status: 'OK',
      currentTask: 'thumbnail: 12/s, 1,234 left, 1 min 40 s; geocode: nothing to do',
    });
  });

  it('is a warning while a stage has to wait, and shows no rate that is none', () => {
    const stuck = { stage: 'thumbnail', rate: 0, backlog: 5, trouble: 'the storage is gone' };
    expect(decideWorkerReport([stuck])).toEqual({
      status: 'WARNING',
      currentTask: 'thumbnail: waiting (the storage is gone)',
    });
    expect(decideWorkerReport([{ ...stuck, trouble: null }]).currentTask).toBe('thumbnail: 5 left');
  });
});

describe('a thumbnail', () => {
  it('is named by the photo’s content', () => {
    const hash = `9f86d081${'0'.repeat(56)}`;
    expect(thumbnailPath(hash, 'grid')).toBe(`Thumbnails/9f/86/${hash}-grid.webp`);
  });

  it('of a video is a frame, of a raw file its preview', () => {
    expect(chooseDecoders({ kind: 'video', format: 'MP4', mime: 'video/mp4' })).toEqual(['video']);
    expect(chooseDecoders({ kind: 'raw', format: 'CR2', mime: 'image/x-canon-cr2' })[0]).toBe('preview');
    expect(chooseDecoders({ kind: 'image', format: 'HEIC', mime: 'image/heic' })[0]).toBe('heif');
  });
});

describe('a field of a CSV line', () => {
  it.each([
    ['plain', 'plain'],
    [null, ''],
    [true, 'true'],
    ['a,b', '"a,b"'],
    ['say "hi"', '"say ""hi"""'],
    ['two\nlines', '"two\nlines"'],
    ['=1+1', "'=1+1"],
    ['@cmd', "'@cmd"],
  ])('%j is written %j', (value, written) => {
    expect(csvField(value)).toBe(written);
  });
});

it('tells a filter that means all photos from one that leaves some out', () => {
  const all: PhotoFilter = {
    ...{
      ids: [],
      folder: null,
      from: null,
      to: null,
      place: null,
      camera: null,
      curated: null,
      pending: null,
      errors: false,
    },
  };
  expect(meansAll(all)).toBe(true);
  const narrower: Partial<PhotoFilter>[] = [{ ids: ['x'] }, { camera: 'a' }, { curated: false }, { errors: true }];
  expect(narrower.map((one) => meansAll({ ...all, ...one }))).toEqual([false, false, false, false]);
});
