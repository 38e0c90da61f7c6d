/** Why there is no picture of a file, as far as the file or this machine is the reason. */
export type NoPictureCode = 'NOTHING_TO_SHOW' | 'PICTURE_DAMAGED' | 'PICTURE_TOO_LARGE' | 'FFMPEG_MISSING';

/** A file of which no picture can be made; a value on its way through the decoders, never a fault of the program. */
export class NoPicture extends Error {
  override readonly name = 'NoPicture';
  readonly code: NoPictureCode;

  constructor(code: NoPictureCode, reason: string) {
    super(reason);
    this.code = code;
  }
}
