import { deflateSync } from 'node:zlib';
import { chunk, type Entry, inflatingPng, layOut, png, segment, webp, withSegments } from './containers.ts';
import type { Random } from './random.ts';

/** The file that hostile texts try to have made. Nobody may make it. */
export const CANARY = 'pf-fuzz-canary';

const ADOBE = 'http://ns.adobe.com/xap/1.0/\0';

/** Makes a photo from nothing whose metadata is meant to do harm. */
export function forgePhoto(random: Random): { name: string; bytes: Buffer } {
  const tiff = forgeExif(random);
  const exif = Buffer.concat([Buffer.from('Exif\0\0'), tiff]);
  switch (random.below(7)) {
    case 0:
      return { name: 'forged.tif', bytes: tiff };
    case 1:
      return { name: 'forged.png', bytes: png([chunk('eXIf', tiff), ...forgeTexts(random)]) };
    case 2:
      return { name: 'forged.webp', bytes: webp(exif) };
    case 3:
      return { name: 'forged.jpg', bytes: withSegments(segment(0xed, forgeIptc(random))) };
    case 4:
    case 5:
      return { name: 'forged.jpg', bytes: withSegments(segment(0xe1, exif)) };
    default: {
      const xmp = Buffer.concat([Buffer.from(ADOBE), Buffer.from(forgeXmp(random))]);
      return { name: 'forged.jpg', bytes: withSegments(segment(0xe1, exif), segment(0xe1, xmp)) };
    }
  }
}

/** The forms in which 20 MB of XMP come: one packet in a PNG or a WebP, and a thousand segments of a JPEG. */
export function forgeBomb(random: Random): { name: string; bytes: Buffer } {
  const packet = Buffer.from(
    random.pick([
      () => xmpAround(`<dc:title>${'A'.repeat(20e6)}</dc:title>`),
      () => xmpAround('<rdf:li>'.repeat(1e6)),
      () => xmpAround(`${'<x:a>'.repeat(200_000)}${forgeText(random)}${'</x:a>'.repeat(200_000)}`),
      () => xmpAround(Array.from({ length: 100_000 }, (_, n) => `<x:t${n}>2019-04-16</x:t${n}>`).join('')),
      () => entityBomb(),
      () => `<?xpacket begin="\uFEFF"?>${'\0'.repeat(20e6)}`,
      () => xmpAround(`<exif:GPSLatitude>${'9'.repeat(5e6)}</exif:GPSLatitude>`),
    ])(),
  );
  const keyword = Buffer.from('XML:com.adobe.xmp\0');
  switch (random.below(5)) {
    case 0:
      return { name: 'bomb.png', bytes: png([chunk('iTXt', Buffer.concat([keyword, Buffer.alloc(4), packet]))]) };
    case 1: {
      const zipped = Buffer.concat([keyword, Buffer.from([1, 0, 0, 0]), deflateSync(packet)]);
      return { name: 'bomb.png', bytes: png([chunk('iTXt', zipped)]) };
    }
    case 2:
      return { name: 'bomb.png', bytes: inflatingPng(3) };
    case 3:
      return { name: 'bomb.webp', bytes: webp(Buffer.alloc(0), packet) };
    default: {
      const size = 65_000;
      const parts = Array.from({ length: Math.ceil(packet.length / size) }, (_, n) =>
        packet.subarray(n * size, (n + 1) * size),
      );
      return {
        name: 'bomb.jpg',
        bytes: withSegments(...parts.map((part) => segment(0xe1, Buffer.concat([Buffer.from(ADOBE), part])))),
      };
    }
  }
}

/** Texts that shells, Perl, exiftool's protocol, JSON, XML, C and PostgreSQL might take for more than a text. */
export function forgeText(random: Random): string {
  return random.pick([
    `$(touch ${CANARY})`,
    `\`touch ${CANARY}\``,
    `|touch ${CANARY}`,
    `touch ${CANARY}|`,
    `;touch ${CANARY};`,
    `@{[system "touch ${CANARY}"]}`,
    `\${\\system("touch ${CANARY}")}`,
    `-if\nsystem("touch ${CANARY}")`,
    `-if=system("touch ${CANARY}")`,
    `-w ${CANARY}`,
    `-o\n${CANARY}\n-execute\n`,
    `-TagsFromFile\n/etc/passwd\n-execute\n`,
    '\n-stay_open\nFalse\n',
    '{ready}',
    '\n{ready}\n',
    '[{"SourceFile":"x","GPS:GPSLatitude":12}]',
    '"}]\n{ready}\n[{"ExifIFD:DateTimeOriginal":"1999:01:01 00:00:00',
    'NaN',
    'Infinity',
    '-Infinity',
    '1e309',
    '-0',
    '0x7f',
    '91',
    '-181',
    '48.137.11',
    '２０１９：０４：１６',
    '2019:04:16 11:36:39',
    '0000:00:00 00:00:00',
    '9999:99:99 99:99:99',
    '2019:02:30 24:60:60',
    '-2019:04:16 11:36:39',
    '99999999999:01:01 00:00:00',
    '0001:01:01 00:00:00',
    '2019:04:16 11:36:39+99:99',
    `2019:04:16 11:36:39${' '.repeat(5000)}`,
    `${'2019:'.repeat(2000)}`,
    '2019:04:16\u000011:36:39',
    '\0\0\0\0',
    'A\0B',
    '\ud800',
    '\u202e',
    "'; DROP TABLE media_assets; --",
    '%s%n%1$s',
    '../../../../etc/passwd',
    'A'.repeat(60_000),
    '',
  ]);
}

const RATIONALS: readonly (readonly [number, number])[] = [
  [0, 0],
  [1, 0],
  [0xffffffff, 1],
  [0xffffffff, 0xffffffff],
  [1, 0xffffffff],
  [48, 1],
  [91, 1],
  [180, 1],
  [181, 1],
  [0x80000000, 1],
];

/** A TIFF structure with dates, makers and a position, each of any type, size and content. */
function forgeExif(random: Random): Buffer {
  const text = (tag: number): Entry => {
    const value = Buffer.from(`${forgeText(random)}\0`, random.pick(['utf8', 'utf8', 'latin1', 'utf16le']));
    return { tag, type: random.pick([2, 2, 2, 7, 1, 129]), count: value.length, value };
  };
  const rationals = (tag: number): Entry => {
    const count = random.pick([3, 3, 3, 1, 2, 0, 4, 50_000]);
    const value = Buffer.alloc(8 * Math.min(count, 16));
    for (let n = 0; n + 8 <= value.length; n += 8) {
      const [top, bottom] = random.pick(RATIONALS);
      value.writeUInt32LE(top, n);
      value.writeUInt32LE(bottom, n + 4);
    }
    return { tag, type: random.pick([5, 5, 5, 10, 12, 11]), count, value };
  };
  const some = (entries: Entry[]) => entries.filter(() => random.chance(0.8));
  const letters = (tag: number) =>
    random.chance(0.5) ? text(tag) : short(tag, random.pick(['N', 'S', 'E', 'W', 'n', '\0']));
  const exif = [0x9003, 0x9004, 0x9010, 0x9011, 0x9012, 0x9290, 0x9291, 0x9292].map(text);
  const gps = [letters(1), rationals(2), letters(3), rationals(4), rationals(7), text(0x1d)];
  return layOut(some([text(0x010f), text(0x0110), text(0x0132)]), some(exif), some(gps));
}

function short(tag: number, letter: string): Entry {
  return { tag, type: 2, count: 2, value: Buffer.from(`${letter}\0`) };
}

function forgeIptc(random: Random): Buffer {
  const sets = [55, 60, 62, 63, 5, 120].map((number) => {
    const value = Buffer.from(forgeText(random)).subarray(0, 30_000);
    const header = Buffer.from([0x1c, 2, number, 0, 0]);
    header.writeUInt16BE(random.chance(0.8) ? value.length : random.pick([0, 0x7fff, 0x8004, 0xffff]), 3);
    return Buffer.concat([header, value]);
  });
  const record = Buffer.concat(sets).subarray(0, 60_000);
  const header = Buffer.from('8BIM\x04\x04\0\0\0\0\0\0', 'latin1');
  header.writeUInt32BE(record.length, 8);
  return Buffer.concat([Buffer.from('Photoshop 3.0\0'), header, record]);
}

function forgeTexts(random: Random): Buffer[] {
  return ['Creation Time', 'create-date', 'Raw profile type exif', forgeText(random).slice(0, 79)].map((keyword) =>
    chunk('tEXt', Buffer.from(`${keyword}\0${forgeText(random)}`)),
  );
}

function forgeXmp(random: Random): string {
  const element = (name: string) => `<${name}>${asXmlText(forgeText(random))}</${name}>`;
  const names = [
    'photoshop:DateCreated',
    'exif:DateTimeOriginal',
    'exif:GPSLatitude',
    'exif:GPSLongitude',
    'xmp:CreateDate',
  ];
  return xmpAround(names.map(element).join('')).slice(0, 60_000);
}

function xmpAround(content: string): string {
  return (
    '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description rdf:about="" ' +
    'xmlns:photoshop="http://ns.adobe.com/photoshop/1.0/" xmlns:exif="http://ns.adobe.com/exif/1.0/" xmlns:dc="http://purl.org/dc/elements/1.1/" ' +
    `xmlns:xmp="http://ns.adobe.com/xap/1.0/">${content}</rdf:Description></rdf:RDF></x:xmpmeta>`
  );
}

/** A billion laughs, and a look at a file of this machine. */
function entityBomb(): string {
  const levels = Array.from({ length: 12 }, (_, n) => `<!ENTITY l${n + 1} "${`&l${n};`.repeat(10)}">`).join('');
  const types = `<!DOCTYPE x [<!ENTITY l0 "lol">${levels}<!ENTITY file SYSTEM "file:///etc/passwd">]>`;
  return `<?xml version="1.0"?>${types}${xmpAround('<dc:title>&l12;&file;</dc:title>')}`;
}

function asXmlText(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
}
