import { describe, expect, it } from 'vitest';
import { groupShots, leaderOf, type ShotFile } from '../../../src/core/companion-group.ts';
import { aShotFile } from '../../support/shot-file.ts';

const CONTENT = '8E74F7CD-53DE-4EB6-B31F-2DADF318C25B';
const KINDS = {
  heic: 'image',
  jpg: 'image',
  png: 'image',
  dng: 'raw',
  mov: 'video',
  mp4: 'video',
  lrv: 'video',
} as const;

function file(originalName: string, more: Partial<ShotFile> = {}): ShotFile {
  const extension = originalName.slice(originalName.lastIndexOf('.') + 1).toLowerCase();
  const kind = Object.entries(KINDS).find(([name]) => name === extension)?.[1] ?? 'image';
  return aShotFile(originalName, { kind, ...more });
}

const at = (capturedAt: string, more: Partial<ShotFile> = {}): Partial<ShotFile> => ({ capturedAt, ...more });
const guess = { confidence: 'none', source: 'mtime', offsetMinutes: 0, zone: 'default' } as const;
const utc = { offsetMinutes: 0, zone: 'default', confidence: 'medium' } as const;

/** The names in each group, the leader first. */
function groupsOf(files: readonly ShotFile[]): readonly (readonly string[])[] {
  return groupShots(files).map(({ members }) => members.map(({ originalName }) => originalName));
}

type Case = readonly [what: string, files: readonly ShotFile[], groups: readonly (readonly string[])[]];

const CASES: readonly Case[] = [
  [
    'a Live Photo by its identifier, whatever names, folders and dates are',
    [
      file('cut.mov', at('2020-01-01 00:00:00', { contentIdentifier: CONTENT, originalFolder: '/other' })),
      file('IMG_1.HEIC', { contentIdentifier: CONTENT }),
    ],
    [['IMG_1.HEIC', 'cut.mov']],
  ],
  [
    'not pictures of different days, though a program gave them one identifier; the film goes with the nearer',
    [
      file('a.heic', { contentIdentifier: CONTENT }),
      file('b.heic', at('2021-04-16 11:36:39', { contentIdentifier: CONTENT })),
      file('c.mov', at('2021-04-16 09:36:39', { ...utc, contentIdentifier: CONTENT })),
    ],
    [['b.heic', 'c.mov']],
  ],
  [
    'a pair by name and time',
    [file('IMG_1.MOV', at('2019-04-16 11:36:37')), file('img_1.heic')],
    [['img_1.heic', 'IMG_1.MOV']],
  ],
  [
    'a pair whose video knows only UTC',
    [file('IMG_1.HEIC'), file('IMG_1.MOV', at('2019-04-16 02:36:38', utc))],
    [['IMG_1.HEIC', 'IMG_1.MOV']],
  ],
  [
    'not a video that is another moment, whatever the zone',
    [file('IMG_1.HEIC'), file('IMG_1.MOV', at('2019-04-16 02:44:00', utc))],
    [],
  ],
  ['not an instant that is days away', [file('IMG_1.HEIC'), file('IMG_1.MOV', at('2019-04-18 11:36:39', utc))], []],
  [
    'two clocks with zones by their instants',
    [
      file('IMG_1.HEIC', { offsetMinutes: 540, zone: 'tag' }),
      file('IMG_1.MOV', at('2019-04-16 02:36:38', { offsetMinutes: 0, zone: 'tag' })),
    ],
    [['IMG_1.HEIC', 'IMG_1.MOV']],
  ],
  [
    'not the same name months later: counters begin again',
    [file('IMG_1.HEIC'), file('IMG_1.MOV', at('2019-09-01 11:36:39'))],
    [],
  ],
  [
    'not the same name in another folder',
    [file('IMG_1.HEIC'), file('IMG_1.MOV', { originalFolder: '/inbox/hers' })],
    [],
  ],
  ['RAW and JPEG, the JPEG first', [file('IMG_1.DNG'), file('IMG_1.JPG')], [['IMG_1.JPG', 'IMG_1.DNG']]],
  [
    'a film beside a picture with the same time in its file',
    [file('a.jpg'), file('a.mp4', { ...utc, ...guess, capturedAt: '2019-04-16 11:36:40' })],
    [['a.jpg', 'a.mp4']],
  ],
  ['not two files that were only copied together', [file('a.jpg', guess), file('a.mov', guess)], []],
  ['not a film and its conversion', [file('a.mp4'), file('a.mov')], []],
  [
    'a film and its small preview, the film first',
    [file('GL010001.LRV'), file('GX010001.MP4')],
    [['GX010001.MP4', 'GL010001.LRV']],
  ],
  [
    'a film and the picture that its camera put beside it, the film first',
    [file('MVI_1.THM'), file('MVI_1.MOV', at('2019-04-16 11:36:38'))],
    [['MVI_1.MOV', 'MVI_1.THM']],
  ],
  ['an iPhone’s edit', [file('IMG_E0001.JPG'), file('IMG_0001.HEIC')], [['IMG_0001.HEIC', 'IMG_E0001.JPG']]],
  [
    'an edit without a date of its own',
    [file('IMG_1-edited.jpg', at('2024-01-01 00:00:00', guess)), file('IMG_1.jpg')],
    [['IMG_1.jpg', 'IMG_1-edited.jpg']],
  ],
  [
    'not such an edit when two shots have its name',
    [
      file('IMG_1-edited.jpg', at('2024-01-01 00:00:00', guess)),
      file('IMG_1.jpg'),
      file('IMG_1.heic', at('2021-01-01 00:00:00')),
    ],
    [],
  ],
  [
    'copies by their numbers',
    [file('a(1).jpg'), file('a(1).mov'), file('a.jpg'), file('a.mov')],
    [
      ['a(1).jpg', 'a(1).mov'],
      ['a.jpg', 'a.mov'],
    ],
  ],
  [
    'a burst by its identifier, in the order in which it was taken',
    [
      file('IMG_3.JPG', at('2019-04-16 11:36:40', { burstIdentifier: CONTENT })),
      file('IMG_2.JPG', { burstIdentifier: CONTENT }),
    ],
    [['IMG_2.JPG', 'IMG_3.JPG']],
  ],
  [
    'a burst by its names, the cover first',
    [file('00000IMG_00000_BURST20190416113639123.jpg'), file('00003IMG_00003_BURST20190416113639123_COVER.jpg')],
    [['00003IMG_00003_BURST20190416113639123_COVER.jpg', '00000IMG_00000_BURST20190416113639123.jpg']],
  ],
  [
    'a Pixel’s shot, its RAW and its edit',
    [
      file('PXL_20210403_100534402.RAW-02.ORIGINAL.dng'),
      file('PXL_20210403_100534402~2.jpg'),
      file('PXL_20210403_100534402.RAW-01.COVER.jpg'),
    ],
    [
      [
        'PXL_20210403_100534402.RAW-01.COVER.jpg',
        'PXL_20210403_100534402.RAW-02.ORIGINAL.dng',
        'PXL_20210403_100534402~2.jpg',
      ],
    ],
  ],
  ['not two states of one file', [file('a.jpg'), file('a.jpg', { id: 'later', fileHash: 'later' })], []],
  [
    'what is stored under the same digits, when names tell no more',
    [
      file('a.heic', { finalPath: '/s/2019/a-1a2b3c4d.heic' }),
      file('a-1a2b3c4d.mov', { finalPath: '/s/2019/a-1a2b3c4d.mov' }),
    ],
    [['a.heic', 'a-1a2b3c4d.mov']],
  ],
  [
    'who was together before a person gave one of them another date',
    [file('a.jpg', at('1985-07-01 00:00:00', { source: 'person', groupId: 'g' })), file('a.mov', { groupId: 'g' })],
    [['a.jpg', 'a.mov']],
  ],
  ['nobody with what a person has dated alone', [file('a.jpg', { source: 'person' }), file('a.mov')], []],
];

describe('a group', () => {
  it.each(CASES)('is %s', (_what, files, expected) => {
    expect(groupsOf(files)).toEqual(expected);
    expect(new Set(groupsOf(files.toReversed()))).toEqual(new Set(expected));
  });

  it('is named after its first, and stays so when others come', () => {
    const first = file('IMG_1.MOV');
    const [group] = groupShots([first, file('IMG_1.HEIC')]);
    expect(group?.id).toBe(first.id);
    const later = [
      file('IMG_1.DNG'),
      file('IMG_1.MOV', { groupId: first.id }),
      file('IMG_1.HEIC', { groupId: first.id }),
    ];
    expect(groupShots(later).map(({ id }) => id)).toEqual([first.id]);
  });

  it('that turns out to be one with another keeps the older name', () => {
    const merged = groupShots([
      file('a.jpg', { groupId: 'one', contentIdentifier: CONTENT }),
      file('a.mov', { groupId: 'one' }),
      file('b.jpg', { groupId: 'two', contentIdentifier: CONTENT, originalFolder: '/b' }),
    ]);
    expect(merged.map(({ id, members }) => [id, members.length])).toEqual([['one', 3]]);
  });

  it('that turns out to be two leaves its name to the older', () => {
    const groupId = 'one';
    const apart = groupShots([
      file('a.jpg', { groupId }),
      file('a.mov', { groupId }),
      file('b.jpg', { groupId }),
      file('b.mov', { groupId }),
    ]);
    expect(apart.map(({ id }) => id)).toEqual(['one', 'b.jpg']);
  });
});

it('lets the picture lead before its RAW, its edit and its film', () => {
  const files = [file('IMG_0001.MOV'), file('IMG_E0001.HEIC'), file('IMG_0001.DNG'), file('IMG_0001.HEIC')];
  const order: string[] = [];
  for (let left: readonly ShotFile[] = files; left.length > 0; ) {
    const leader = leaderOf(left);
    order.push(leader?.originalName ?? '');
    left = left.filter((each) => each !== leader);
  }
  expect(order).toEqual(['IMG_0001.HEIC', 'IMG_0001.DNG', 'IMG_E0001.HEIC', 'IMG_0001.MOV']);
});
