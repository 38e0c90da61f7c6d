import { SIZES } from '../../core/thumbnail-recipe.ts';
import { systemCodeOf } from '../../errors.ts';
import { NoPicture } from './no-picture.ts';
import { FILE_3, type Ran, runProgram } from './run-program.ts';

/** Many videos begin black, or with a hand at the lens. */
const START_SECONDS = ['1', '0'];

/**
 * A frame of a video, upright, no larger than it is needed.
 *
 * @throws NoPicture when ffmpeg is not installed or gives none
 */
export async function readVideoFrame(fd: number): Promise<Buffer> {
  let complaint = 'it has no frame';
  for (const start of START_SECONDS) {
    const { output, complaint: said } = await runFfmpeg(start, fd);
    if (output.length > 0) return output;
    if (said !== '') complaint = said;
  }
  // Without the decoder's name and address in memory, which is another one at each try.
  const reason = (complaint.split('\n')[0] ?? '').replace(/^\[[^\]]*\] /, '').replaceAll(FILE_3, 'the file');
  if (/matches no streams/.test(reason)) throw new NoPicture('NOTHING_TO_SHOW', 'there is sound in it, and no picture');
  throw new NoPicture('PICTURE_DAMAGED', `ffmpeg says: ${reason}`);
}

async function runFfmpeg(start: string, fd: number): Promise<Ran> {
  const box = `scale=w='min(${SIZES.screen},iw)':h='min(${SIZES.screen},ih)':force_original_aspect_ratio=decrease`;
  const input = [
    '-nostdin',
    '-v',
    'error',
    '-threads',
    '1',
    '-protocol_whitelist',
    'file,pipe',
    '-ss',
    start,
    '-i',
    FILE_3,
  ];
  const output = [
    '-map',
    '0:v:0',
    '-frames:v',
    '1',
    '-vf',
    box,
    '-an',
    '-sn',
    '-c:v',
    'png',
    '-f',
    'image2pipe',
    'pipe:1',
  ];
  try {
    return await runProgram('ffmpeg', [...input, ...output], fd);
  } catch (error) {
    if (systemCodeOf(error) !== 'ENOENT') throw error;
    throw new NoPicture('FFMPEG_MISSING', 'ffmpeg is not installed');
  }
}
