import { describe, expect, it } from 'vitest';
import { isBookkeepingFile, isForeignFile, isForeignFolder } from '../../../src/core/ignore-rules.ts';

describe('ignore rules', () => {
  it.each([
    '.syncthing.IMG_0001.JPG.tmp',
    '~syncthing~IMG_0001.JPG.tmp',
    '.stignore',
    '._IMG_0001.JPG',
    '.DS_Store',
    'Thumbs.db',
    'IMG_0001.JPG.part',
    'IMG_0001.jpg.crdownload',
    '.IMG_0001.JPG.Xy12Za',
    '.pending-1700000000-IMG_1.jpg',
    '.trashed-1700000000-IMG_1.jpg',
    '.nfs000000000012ab',
    '.pf-release-17',
  ])('leaves %s alone', (name) => {
    expect(isForeignFile(name)).toBe(true);
  });

  it.each([
    'IMG_0001.JPG',
    'IMG_0001.sync-conflict-20240506-070809-ABCDEFG.JPG',
    '.hidden.jpg',
    '.photo.jpeg',
    '-rf.jpg',
    '@file.jpg',
    'party.partition.jpg',
    'tmp.jpg',
    'noextension',
  ])('looks at %s', (name) => {
    expect(isForeignFile(name)).toBe(false);
  });

  it.each(['.DS_Store', '._IMG_0001.JPG', 'Thumbs.db', 'desktop.ini', '.nomedia'])(
    'finds nothing to look after in %s, wherever it lies',
    (name) => expect(isBookkeepingFile(name)).toBe(true),
  );

  it.each([
    '.trashed-1700000000-IMG_1.jpg',
    '.IMG_0001.JPG.Xy12Za',
    'IMG_0001.JPG.part',
    '.pf-release-17',
    '.hidden.jpg',
  ])('does not lose sight of %s below Originals: it may be a photo', (name) =>
    expect(isBookkeepingFile(name)).toBe(false),
  );

  it.each(['.stfolder', '.stversions', '@eaDir', '#recycle', '.Trash-1000', '$RECYCLE.BIN', '.thumbnails'])(
    'stays out of %s',
    (name) => {
      expect(isForeignFolder(name)).toBe(true);
    },
  );

  it.each(['DCIM', 'a.jpg', '.camera', '2024'])('enters %s', (name) => {
    expect(isForeignFolder(name)).toBe(false);
  });
});
