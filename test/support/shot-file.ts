import type { ShotFile } from '../../src/core/companion-group.ts';

/** A picture that its camera has dated, alone so far. */
export function aShotFile(originalName: string, more: Partial<ShotFile> = {}): ShotFile {
  return {
    id: originalName,
    fileHash: originalName,
    originalName,
    originalFolder: '/inbox/phone',
    finalPath: `/storage/Originals/2019/2019-04-16/${originalName}`,
    kind: 'image',
    capturedAt: '2019-04-16 11:36:39',
    offsetMinutes: null,
    zone: null,
    confidence: 'high',
    source: 'ExifIFD:DateTimeOriginal',
    contentIdentifier: null,
    burstIdentifier: null,
    isCurated: false,
    groupId: null,
    ...more,
  };
}
