import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decideMediaType, isMediaExtension, MEDIA_TYPE_HEAD_BYTES } from '../../../src/core/media-type.ts';

function bytes(latin1: string, length = latin1.length): Uint8Array {
  return Uint8Array.from({ length }, (_, at) => latin1.charCodeAt(at) || 0);
}

/** A little-endian TIFF whose first directory has the given entries: tag, type (2 text, 3 short, 4 long), value. */
function tiff(entries: readonly (readonly [tag: number, type: number, value: number])[], text = ''): Uint8Array {
  const data = new DataView(new ArrayBuffer(1024));
  bytes('II*\0').forEach((byte, at) => {
    data.setUint8(at, byte);
  });
  data.setUint32(4, 8, true);
  data.setUint16(8, entries.length, true);
  entries.forEach(([tag, type, value], n) => {
    data.setUint16(10 + n * 12, tag, true);
    data.setUint16(12 + n * 12, type, true);
    data.setUint32(18 + n * 12, value, true);
  });
  bytes(text).forEach((byte, at) => {
    data.setUint8(512 + at, byte);
  });
  return new Uint8Array(data.buffer);
}

function ftyp(major: string, ...compatible: string[]): Uint8Array {
  const size = 16 + compatible.length * 4;
  return bytes(`\0\0\0${String.fromCharCode(size)}ftyp${major}\0\0\0\0${compatible.join('')}`, 64);
}

function formatOf(head: Uint8Array, name = 'x'): string | null {
  return decideMediaType(head, name)?.format ?? null;
}

describe('decideMediaType', () => {
  it.each([
    ['\xff\xd8\xff\xe0', 'JPEG'],
    ['\x89PNG\r\n\x1a\n', 'PNG'],
    ['GIF89a', 'GIF'],
    ['RIFF\0\0\0\0WEBPVP8 ', 'WEBP'],
    ['RIFF\0\0\0\0AVI LIST', 'AVI'],
    ['\0\0\0\x0cJXL \r\n\x87\n', 'JXL'],
    ['\xff\x0a\xfa', 'JXL'],
    ['\0\0\0\x0cjP  \r\n\x87\n', 'JP2'],
    ['8BPS\0\x01', 'PSD'],
    ['8BPS\0\x02', 'PSB'],
    ['FUJIFILMCCD-RAW 0201', 'RAF'],
    ['II\x1a\0\0\0HEAPCCDR', 'CRW'],
    ['FOVb', 'X3F'],
    ['\0MRM', 'MRW'],
    ['IIRO\x08\0\0\0', 'ORF'],
    ['IIRS\x08\0\0\0', 'ORF'],
    ['MMOR\0\0\0\x08', 'ORF'],
    ['IIU\0\x18\0\0\0', 'RW2'],
    ['II*\0\x10\0\0\0CR\x02\0', 'CR2'],
    ['\x1a\x45\xdf\xa3\x9fB\x82\x84webm', 'WEBM'],
    ['\x1a\x45\xdf\xa3\x93B\x82\x88matroska', 'MKV'],
    ['\x30\x26\xb2\x75\x8e\x66\xcf\x11\xa6\xd9\x00\xaa\x00\x62\xce\x6c', 'WMV'],
    ['FLV\x01\x05', 'FLV'],
    ['\0\0\x01\xba\x44', 'MPEG'],
    ['\x06\x0e\x2b\x34\x02\x05\x01\x01\x0d\x01\x02\x01\x01\x02', 'MXF'],
    ['\0\0\0\x08wide\0\0\0\0mdat', 'MOV'],
    ['\0\0\x10\0moov\0\0\0lmvhd', 'MOV'],
    ['\x10\0\0\0mdat', 'MOV'],
    ['OggS\0\x02\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x01\x2a\x80theora', 'OGV'],
  ])('knows %j as %s', (head, format) => {
    expect(formatOf(bytes(head, 64))).toBe(format);
  });

  it.each([
    [ftyp('heic', 'mif1'), 'HEIC'],
    [ftyp('mif1', 'mif1', 'heic'), 'HEIC'],
    [ftyp('mif1', 'mif1', 'avif'), 'AVIF'],
    [ftyp('mif1', 'mif1'), 'HEIF'],
    [ftyp('avif'), 'AVIF'],
    [ftyp('crx '), 'CR3'],
    [ftyp('qt  '), 'MOV'],
    [ftyp('isom'), 'MP4'],
    [ftyp('XAVC'), 'MP4'],
    [ftyp('M4V '), 'M4V'],
    [ftyp('3gp5'), '3GP'],
    [ftyp('3g2a'), '3G2'],
    [ftyp('abcd'), 'MP4'],
    [ftyp('M4A '), null],
  ])('tells ISO media apart by brand (%#)', (head, format) => {
    expect(formatOf(head)).toBe(format);
  });

  it('tells raw files that are TIFF inside from plain TIFF, whatever their name', () => {
    expect(formatOf(tiff([[0x103, 3, 1]]), 'scan.tif')).toBe('TIFF');
    expect(formatOf(tiff([[0xc612, 1, 0x00000401]]), 'a.tif')).toBe('DNG');
    expect(
      formatOf(
        tiff(
          [
            [0x103, 3, 34713],
            [0x10f, 2, 512],
          ],
          'NIKON CORPORATION',
        ),
        'a.jpg',
      ),
    ).toBe('NEF');
    expect(
      formatOf(
        tiff(
          [
            [0xfe, 4, 1],
            [0x10f, 2, 512],
          ],
          'SONY',
        ),
        'a',
      ),
    ).toBe('ARW');
  });

  it('lets the name tell apart only what is TIFF by content', () => {
    expect(formatOf(tiff([]), 'A.3FR')).toBe('3FR');
    expect(formatOf(bytes('\xff\xd8\xff\xe0', 64), 'a.nef')).toBe('JPEG');
    expect(formatOf(bytes('hello, this is text', 64), 'a.nef')).toBeNull();
  });

  it('finds transport streams by their rhythm, with a time code before each packet or without', () => {
    const ts = new Uint8Array(188 * 4).map((_, at) => (at % 188 === 0 ? 0x47 : 1));
    const m2ts = new Uint8Array(192 * 4).map((_, at) => (at % 192 === 4 ? 0x47 : 1));
    expect([formatOf(ts), formatOf(m2ts)]).toEqual(['TS', 'M2TS']);
    expect(formatOf(bytes('G'.repeat(20)))).toBeNull();
  });

  it.each([
    ['', ''],
    ['text', 'The wide field, with free text and moov in it'],
    ['text before a box name', 'textmoov and more text after it'],
    ['XMP', '<?xpacket begin="" id="W5M0MpCehiHzreSzNTczkc9d"?>'],
    ['PDF', '%PDF-1.7\n'],
    ['JSON', '{"a":1}'],
    ['MP3', 'ID3\x03\0\0\0\0\0\0'],
    ['WAV', 'RIFF\0\0\0\0WAVEfmt '],
    ['Ogg audio', 'OggS\0\x02\0\0\0\0\0\0\0\0\x01vorbis'],
    ['ZIP', 'PK\x03\x04'],
    ['BM as text', 'BMW is a maker of cars and motorcycles'],
    ['zeros', '\0'.repeat(512)],
  ])('knows that %s is no media', (_, head) => {
    expect(formatOf(bytes(head), 'photo.jpg')).toBeNull();
  });

  it('takes audio in a video container for audio when its name says so', () => {
    expect(formatOf(ftyp('isom'), 'song.m4a')).toBeNull();
    expect(formatOf(bytes('\x1a\x45\xdf\xa3\x93B\x82\x88matroska', 64), 'song.mka')).toBeNull();
  });

  it('never throws, whatever the bytes', () => {
    const starts = ['II*\0', 'MM\0*', '\0\0\0\x1cftyp', 'II*\0\x08\0\0\0\xff\xff', 'OggS\0', 'BM'];
    const head = fc
      .tuple(fc.constantFrom('', ...starts), fc.uint8Array({ maxLength: MEDIA_TYPE_HEAD_BYTES }))
      .map(([start, rest]) => Uint8Array.from([...bytes(start), ...rest]));
    fc.assert(fc.property(head, fc.string(), (of, name) => decideMediaType(of, name) !== undefined));
  });
});

describe('isMediaExtension', () => {
  it.each(['a.jpg', 'A.JPEG', 'x.HEIC', 'IMG.MP4', 'a.b.cr3', 'clip.mts', 'x.insv'])('says yes to %s', (name) => {
    expect(isMediaExtension(name)).toBe(true);
  });

  it.each(['a.xmp', 'a.txt', 'a.json', 'jpg', '.jpg', 'a.jpg.tmp', 'a.mp3', 'a.pdf', 'a'])('says no to %s', (name) => {
    expect(isMediaExtension(name)).toBe(false);
  });
});
