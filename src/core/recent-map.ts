/** A map of promises that keeps the most recently used entries, so that memory stays flat; a rejected one is forgotten. */
export class RecentMap<T> {
  readonly #entries = new Map<string, Promise<T>>();
  readonly #limit: number;

  constructor(limit: number) {
    this.#limit = limit;
  }

  get(key: string, make: () => Promise<T>): Promise<T> {
    const found = this.#entries.get(key);
    const value = found ?? make();
    this.#entries.delete(key);
    this.#entries.set(key, value);
    if (found === undefined) {
      value.catch(() => this.#entries.delete(key));
      const oldest = this.#entries.keys().next();
      if (this.#entries.size > this.#limit && oldest.done !== true) this.#entries.delete(oldest.value);
    }
    return value;
  }

  peek(key: string): Promise<T> | null {
    return this.#entries.get(key) ?? null;
  }

  forget(key: string): void {
    this.#entries.delete(key);
  }

  clear(): void {
    this.#entries.clear();
  }
}
