import type { FailureCode } from '../errors.ts';

/** What a person can do about a file that was not filed, where its failure's own words do not say so already. */
const ADVICE: Partial<Record<FailureCode, string>> = {
  EMPTY_FILE: 'Copy it again from where it came, or delete it.',
  NOT_MEDIA: 'If it is a photo, copy it again; if not, delete it or rename it.',
  READ_FAILED: 'Check that the file can be read; it is tried again by itself.',
  PLACE_FAILED: 'Run "photo-factory doctor" and make room on the storage; it is tried again by itself.',
  COPY_MISMATCH: 'Check the disk and the memory of this machine: bytes changed on their way.',
  SYNC_FAILED: 'Check the disk of the storage; it is tried again by itself.',
  RELEASE_FAILED: 'Check that the inbox can be written; it is tried again by itself.',
};

/** @returns null when there is nothing to add, or the code is none of ours */
export function adviseOnFile(code: string | null): string | null {
  return Object.entries(ADVICE).find(([known]) => known === code)?.[1] ?? null;
}
