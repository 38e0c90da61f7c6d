import { describe, expect, it } from 'vitest';
import { companionKey } from '../../../src/core/companion-key.ts';
import { findTakeoutJson, takeoutRank } from '../../../src/core/takeout-name.ts';

const GO = 'simulot/immich-go';
const HELPER = 'TheLastGimbus/GooglePhotosTakeoutHelper';
const NEO = 'Xentraxx/GooglePhotosTakeoutHelper_Neo';
const ENTE = 'ente/ente';
const EXIF = 'mattwilson1024/google-photos-exif';

/** Photo, JSON, where it was reported. */
const REPORTED: readonly (readonly [media: string, json: string, from: string])[] = [
  ['PXL_20211013_220651983.jpg', 'PXL_20211013_220651983.jpg.json', `${GO} matcher_test.go`],
  ['DSC_0101(1).JPG', 'DSC_0101.JPG(1).json', `${GO} matcher_test.go`],
  ['IMG_2710(1).HEIC', 'IMG_2710.HEIC(1).json', `${GO} matcher_test.go`],
  ['PXL_20231118_035751175.MP.jpg', 'PXL_20231118_035751175.MP.jpg.json', `${GO} matcher_test.go`],
  ['IMG_0839(1).JPG', 'IMG_0839.JPG(1).json', `${GO}#12`],
  [
    'PXL_20230809_203449253.LONG_EXPOSURE-02.ORIGINA.jpg',
    'PXL_20230809_203449253.LONG_EXPOSURE-02.ORIGIN.json',
    `${GO}#35`,
  ],
  [
    '05yqt21kruxwwlhhgrwrdyb6chhwszi9bqmzu16w0 2.jpg',
    '05yqt21kruxwwlhhgrwrdyb6chhwszi9bqmzu16w0 2.jp.json',
    `${GO}#35`,
  ],
  [
    '😀😃😄😁😆😅😂🤣🥲☺️😊😇🙂🙃😉😌😍🥰😘😗😙😚😋😛.jpg',
    '😀😃😄😁😆😅😂🤣🥲☺️😊😇🙂🙃😉😌😍🥰😘😗😙😚😋.json',
    `${GO}#35`,
  ],
  [
    'Backyard_ceremony_wedding_photography_xxxxxxx_m(494).jpg',
    'Backyard_ceremony_wedding_photography_xxxxxxx_(494).json',
    `${GO} matcher_test.go`,
  ],
  [
    'original_1d4caa6f-16c6-4c3d-901b-9387de10e528_P.jpg',
    'original_1d4caa6f-16c6-4c3d-901b-9387de10e528_.json',
    `${GO} matcher_test.go`,
  ],
  [
    'original_1d4caa6f-16c6-4c3d-901b-9387de10e528_P(1).jpg',
    'original_1d4caa6f-16c6-4c3d-901b-9387de10e528_.json',
    `${GO} matcher_test.go`,
  ],
  ['PXL_20210102_221126856.MP~2.jpg', 'PXL_20210102_221126856.MP~2.jpg.json', `${GO}#405`],
  [
    '13039_327707840323_537645323_9470255_27214_n.jpg',
    '13039_327707840323_537645323_9470255_27214_n.j.json',
    `${GO}#613`,
  ],
  [
    '13039_327707840323_537645323_9470255_27214_n(1).jpg',
    '13039_327707840323_537645323_9470255_27214_n.j(1).json',
    `${GO}#613`,
  ],
  ['20161105_170829.jpg', '20161105_170829.jpg.supplemental-metadata.json', `${GO}#652`],
  ['Screenshot_20231027_123303_Facebook.jpg', 'Screenshot_20231027_123303_Facebook.jpg.supple.json', `${GO}#652`],
  ['Screenshot_20231027_123303_Facebook(1).jpg', 'Screenshot_20231027_123303_Facebook.jpg.supple(1).json', `${GO}#652`],
  [
    'Screenshot_20231027_123303_Facebook-edited.jpg',
    'Screenshot_20231027_123303_Facebook.jpg.supple.json',
    `${GO}#652`,
  ],
  ['MVIMG_20191230_232926.jpg', 'MVIMG_20191230_232926.jpg.supplemental-metadat.json', `${GO}#652`],
  ['Screenshot_20200301-161151.png', 'Screenshot_20200301-161151.png.supplemental-me.json', `${GO}#652`],
  ['MVIMG_20200207_134534~2.jpg', 'MVIMG_20200207_134534~2.jpg.supplemental-metad.json', `${GO}#652`],
  ['Scan35(1).jpg', 'Scan35.jpg.supplemental-metadata(1).json', `${GO}#673`],
  ['CLIP0001(10).AVI', 'CLIP0001.AVI.supplemental-metadata(10).json', `${GO}#673`],
  ['IMG_20140515_063415-edited.jpg', 'IMG_20140515_063415.jpg.supplemental-metadata.json', `${GO}#673`],
  ['IMAG0061-edited.JPG', 'IMAG0061.JPG.supplemental-metadata.json', `${GO}#698`],
  ['IMG-20230325-WA0122~2-edited.jpg', 'IMG-20230325-WA0122~2.jpg.supplemental-metadat.json', `${GO}#674`],
  ['2234089303984509579-edited.jpg', '2234089303984509579.supplemental-metadata.json', `${GO}#674`],
  ['2234089303984509579.jpg', '2234089303984509579.supplemental-metadata.json', `${GO}#674`],
  ['Peanut Butter Balls.jpg', 'Peanut Butter Balls.supplemental-metadata.json', `${GO}#674`],
  ['2013-12-23(1).jpg', '2013-12-23.supplemental-metadata(1).json', `${GO}#756`],
  ['IMG_20120216_094016-edited(1).jpg', 'IMG_20120216_094016.jpg.supplemental-metadata.json', `${GO}#756`],
  ['IMG_20120216_094016.jpg', 'IMG_20120216_094016.jpg.suppl.json', `${GO}#756`],
  [
    'Screenshot_2024-08-31-00-53-48-647_com.snapchat.jpg',
    'Screenshot_2024-08-31-00-53-48-647_com.snapcha.json',
    `${GO} matcher_test.go`,
  ],
  ['IMG_0769(1).mp4', 'IMG_0769.HEIC.supplemental-metadata(1).json', `${GO}#1321`],
  ['IMG_0769.mp4', 'IMG_0769.HEIC.supplemental-metadata.json', `${GO}#1321`],
  ['PXL_20220405_090123740.PORTRAIT-modifié.jpg', 'PXL_20220405_090123740.PORTRAIT.jpg.json', `${GO} matcher_test.go`],
  [
    'Urlaub in Knaufspesch in der Schneifel (38).JPG',
    'Urlaub in Knaufspesch in der Schneifel (38).JP.json',
    `${HELPER}#8`,
  ],
  ['197_197.jpg', '197_197.JPG.json', `${HELPER}#46`],
  ['IMG_4081(1).jpg', 'IMG_4081.JPG(1).json', `${HELPER}#59`],
  ['IMG_0503.MP4', 'IMG_0503.HEIC.json', `${HELPER}#92`],
  ['IMG_4269-edited.JPG', 'IMG_4269.JPG.json', `${HELPER}#92`],
  ['PXL_20230604_172812686.MP', 'PXL_20230604_172812686.MP.jpg.json', `${HELPER}#180`],
  ['IMG-20150118-WA0000-modifié.jpg', 'IMG-20150118-WA0000.jpg.json', `${HELPER}#204`],
  ['2021-05-22 23.19.26-ha editado.jpeg', '2021-05-22 23.19.26.jpeg.json', `${HELPER}#217`],
  ['IMG_20210704_094147(1).jpg', 'IMG_20210704_094147.jpg.supplemental-metadata(1).json', `${HELPER}#375`],
  [
    'Screenshot_2022-10-28-09-31-43-118_com.snapchat.jpg',
    'Screenshot_2022-10-28-09-31-43-118_com.snapcha.json',
    `${HELPER} gpth_test.dart`,
  ],
  ['img_(87).(vacation stuff).lol(87).jpg', 'img_(87).(vacation stuff).lol.jpg(87).json', `${HELPER} gpth_test.dart`],
  ['IMG-20150125-WA0003-modifié(1).jpg', 'IMG-20150125-WA0003.jpg.json', `${HELPER} gpth_test.dart`],
  ['LIVE_PHOTO.MP4', 'LIVE_PHOTO.MP4.metadata.json', `${HELPER}#460`],
  ['img(18).jpg', 'img(18).jpg.supple(18).json', 'Wacheee/GooglePhotosTakeoutHelper#15'],
  ['IMG20231202-bearbeitet.jpg', 'IMG20231202.jpg.json', `${EXIF}#49`],
  ['100-0016_IMG_2_2.JPG', '100-0016_IMG_2_2.JPG.supplemental-metadata.json', `${EXIF}#50`],
  ['IMG_20250112_100426.jpg', 'IMG_20250112_100426.jpg.supplemental-metadata.json', `${EXIF}#52`],
  ['IMG_7000.MP4', 'IMG_7000.JPG.json', `${EXIF}#26`],
  ['IMG_1234(1).jpg', 'IMG_1234.jpg.supplemental-metadata(1).json', `${ENTE}#4956`],
  [
    '00100lPORTRAIT_00100_BURST20190915164304772_COV.jpg',
    '00100lPORTRAIT_00100_BURST20190915164304772_CO.json',
    `${ENTE}#4875`,
  ],
  [
    '00100lPORTRAIT_00100_BURST20190915164304772_COV(1).jpg',
    '00100lPORTRAIT_00100_BURST20190915164304772_CO.json',
    `${ENTE}#4875`,
  ],
  [
    'Screenshot_2017-07-05-10-05-26.png',
    'Screenshot_2017-07-05-10-05-26.png.supplementa.json',
    'pulsejet/memories#1559',
  ],
  [
    'Screenshot_20241227_105539_Edge.jpg',
    'Screenshot_20241227_105539_Edge.jpg.supplement.json',
    'pulsejet/memories#1559',
  ],
  [
    'Screenshot_20220207_102421_com.snapchat.android.jpg',
    'Screenshot_20220207_102421_com.snapchat.androi.json',
    'pulsejet/memories#1559',
  ],
  [
    'D7157814-D2D5-4A62-AFCE-9CF465CB7D66.jpeg',
    'D7157814-D2D5-4A62-AFCE-9CF465CB7D66.jpeg.supp.json',
    'pulsejet/memories#1559',
  ],
  ['IMG_2551.MP4', 'IMG_2551.HEIC.supplemental-metadata.json', `${NEO}#119`],
  [
    '123456789123456789123456789123456789_DSCN0091.JPG',
    '123456789123456789123456789123456789_DSCN0091.JP.supplemental-meta.json',
    `${NEO}#29`,
  ],
  [
    '123456789123456789123456789123456789_DSCN0098(1).JPG',
    '123456789123456789123456789123456789_DSCN0098.JPG.su(1).json',
    `${NEO}#29`,
  ],
  [
    '123456789123456789123456789123456789_DSCN0091-ha edit.JPG',
    '123456789123456789123456789123456789_DSCN0091.JPG.s.json',
    `${NEO}#29`,
  ],
  ['DSC06824-modifié.JPG', 'DSC06824.JPG.json', 'garzj/google-photos-migrate#5'],
];

describe('findTakeoutJson', () => {
  it.each(REPORTED)('finds for %s the JSON %s (%s)', (media, name) => {
    const json = { name, title: null };
    expect(findTakeoutJson(media, [{ name: 'metadata.json', title: null }, json])).toBe(json);
  });

  it.each(REPORTED)('looks for %s where %s is', (media, json) => {
    expect(companionKey(json)).toBe(companionKey(media));
  });

  it.each([
    ['another photo', 'PXL_20211013_220651958.jpg', 'PXL_20211013_220651983.jpg.json'],
    [
      'the edit of another photo',
      'PXL_20220405_090123741.PORTRAIT-modifié.jpg',
      'PXL_20220405_090123740.PORTRAIT.jpg.json',
    ],
    ['another copy', 'DSC_0102(1).JPG', 'DSC_0102.JPG(2).json'],
    ['the original of a copy', 'DSC_0103.JPG', 'DSC_0103.JPG(1).json'],
    ['a copy of the original', 'DSC_0104(1).JPG', 'DSC_0104.JPG.json'],
    [
      'another number of a cut name',
      'Backyard_ceremony_wedding_photography_xxxxxxx_m(185).jpg',
      'Backyard_ceremony_wedding_photography_xxxxxxx_(494).json',
    ],
    ['a longer number', 'IMG_12345.jpg', 'IMG_1234.jpg.json'],
    ['an album', 'IMG_1.jpg', 'metadata.json'],
    ['an album in German', 'Metadaten.jpg', 'IMG_1.json'],
    ['another extension', 'IMG_1.png', 'IMG_1.jpg.json'],
  ])('takes no JSON of %s', (_, media, name) => {
    expect(findTakeoutJson(media, [{ name, title: null }])).toBeNull();
  });

  it('takes the JSON with the title before one whose name is as good', () => {
    const stem = `${'a'.repeat(46)}`;
    const first = { name: `${stem}.json`, title: `${stem}x.jpg` };
    const second = { name: `${stem}.json`, title: `${stem}y.jpg` };
    expect(findTakeoutJson(`${stem}y.jpg`, [first, second])).toBe(second);
  });

  it.each([
    ['a title that was cut', `${'a'.repeat(47)}.jpg`, `${'a'.repeat(60)}.jpg`],
    ['signs that no file can have', 'Why_ _me & you_.jpg', 'Why? "me & you".jpg'],
    ['a title without extension', 'Summer.jpg', 'Summer'],
  ])('follows %s', (_, media, title) => {
    const name = `${media.slice(0, 45)}.odd.json`;
    expect(takeoutRank({ name, title: null }, media)).toBeNull();
    expect(takeoutRank({ name, title }, media)).not.toBeNull();
  });

  it('needs the number of a copy beside the title, which has none', () => {
    const jsons = ['IMG_4081.JPG.json', 'IMG_4081.JPG(1).json', 'IMG_4081.JPG(2).json'].map((name) => ({
      name,
      title: 'IMG_4081.JPG',
    }));
    expect(findTakeoutJson('IMG_4081(2).jpg', jsons)?.name).toBe('IMG_4081.JPG(2).json');
    expect(findTakeoutJson('IMG_4081.jpg', jsons)?.name).toBe('IMG_4081.JPG.json');
    expect(findTakeoutJson('IMG_4081(3).jpg', jsons)).toBeNull();
  });

  it('prefers an own JSON to that of the still', () => {
    const jsons = ['IMG_1.HEIC.json', 'IMG_1.MP4.json'].map((name) => ({ name, title: null }));
    expect(findTakeoutJson('IMG_1.MP4', jsons)?.name).toBe('IMG_1.MP4.json');
    expect(findTakeoutJson('IMG_1.MOV', jsons)?.name).toBe('IMG_1.HEIC.json');
  });
});
