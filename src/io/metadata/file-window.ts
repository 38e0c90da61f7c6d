import type { OpenFile } from '../disk/calls.ts';
import { readBytes } from '../read-bytes.ts';

/** How much of one file may be read into memory to find its metadata, all windows together. */
const BUDGET_BYTES = 4 * 1024 * 1024;

/**
 * An open file, read by position and within a budget: metadata that needs more than that is not looked for here.
 *
 * Reading by position leaves the descriptor's own position alone, which belongs to whoever opened it.
 */
export class FileWindow {
  readonly sizeBytes: number;
  readonly #handle: Pick<OpenFile, 'read'>;
  readonly #head: Uint8Array;
  #leftBytes = BUDGET_BYTES;

  constructor(handle: Pick<OpenFile, 'read'>, { sizeBytes, head }: { sizeBytes: number; head: Uint8Array }) {
    this.#handle = handle;
    this.sizeBytes = sizeBytes;
    this.#head = head;
  }

  /**
   * The bytes from `offset`, fewer at the file's end; null when the budget is spent.
   *
   * @throws what `read(2)` says
   */
  async bytes(offset: number, length: number): Promise<Buffer | null> {
    const end = Math.min(offset + length, this.sizeBytes);
    if (!(offset >= 0 && offset < end)) return Buffer.alloc(0);
    if (end <= this.#head.length) return Buffer.from(this.#head.buffer, this.#head.byteOffset + offset, end - offset);
    this.#leftBytes -= end - offset;
    if (this.#leftBytes < 0) return null;
    return readBytes(this.#handle, offset, end - offset);
  }
}
