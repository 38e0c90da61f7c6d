import { bundledExiftool } from '../metadata/exiftool-command.ts';
import { NoPicture } from './no-picture.ts';
import { FILE_3, runProgram } from './run-program.ts';

export type Preview = {
  readonly picture: Buffer;
  /** How the photo it was made of is to be turned (Exif 2.32, tag 0x0112); the preview itself seldom says. */
  readonly orientation: number;
};

/** Where cameras and programs put a smaller picture. */
const PREVIEW_TAGS = [
  'JpgFromRaw',
  'PreviewImage',
  'OtherImage',
  'ThumbnailImage',
  'PhotoshopThumbnail',
  'PreviewTIFF',
];

/**
 * Reads the largest picture that a file carries in its metadata.
 *
 * @throws NoPicture when it carries none
 */
export async function extractPreview(fd: number): Promise<Preview> {
  const args = [
    '-config',
    '',
    '-j',
    '-a',
    '-G4',
    '-b',
    '-n',
    '-Orientation',
    ...PREVIEW_TAGS.map((tag) => `-${tag}`),
    FILE_3,
  ];
  const { output } = await runProgram(bundledExiftool(), args, fd);
  const [tags] = readTags(output.toString('utf8'));
  const values = Object.entries(tags ?? {});
  let picture: Buffer = Buffer.alloc(0);
  for (const [, value] of values) {
    if (typeof value !== 'string' || !value.startsWith('base64:')) continue;
    const found = Buffer.from(value.slice('base64:'.length), 'base64');
    if (found.length > picture.length) picture = found;
  }
  if (picture.length === 0) throw new NoPicture('NOTHING_TO_SHOW', 'no picture is embedded in it');
  const orientation = Number(values.find(([name]) => name.endsWith('Orientation'))?.[1] ?? 1);
  return { picture, orientation: orientation >= 1 && orientation <= 8 ? orientation : 1 };
}

function readTags(text: string): readonly Record<string, unknown>[] {
  try {
    const tags: unknown = JSON.parse(text);
    return Array.isArray(tags) ? tags : [];
  } catch (error) {
    throw new NoPicture('NOTHING_TO_SHOW', error instanceof SyntaxError ? 'exiftool cannot read it' : String(error));
  }
}
