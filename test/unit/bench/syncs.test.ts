import { expect, test } from 'vitest';
import { countByPlace } from '../../../bench/measure/syncs.ts';

test('sync calls are sorted by what they are for, and one that is interrupted counts once', () => {
  const trace = [
    '11 fdatasync(36</lib/Photos_Inbox/100PHONE/IMG_1.JPG>) = 0',
    '12 fdatasync(37</lib/Photos_Inbox/100PHONE/IMG_2.JPG> <unfinished ...>',
    '13 fsync(38</lib/Storage/Originals/2024/2024-03-13> <unfinished ...>',
    '12 <... fdatasync resumed>) = 0',
    '14 fdatasync(9</lib/data/postgres/18/pg_wal/000000010000000000000001>) = 0',
    '13 <... fsync resumed>) = 0',
    '15 fsync(40</lib/Storage/.photo-factory/incoming/4b1c>) = 0',
  ].join('\n');
  expect(countByPlace(trace, { root: '/lib' })).toEqual({ photos: 3, folders: 1, database: 1 });
});
