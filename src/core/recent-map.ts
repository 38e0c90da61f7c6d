/** A map of promises that keeps the most recently used entries, so that memory stays flat; a rejected one is forgotten. */
export class RecentMap<T> {
  readonly #entries = new Map<string, { readonly value: Promise<T>; weight: number }>();
  readonly #limit: number;
  readonly #weigh: (value: T) => number;
  #weight = 0;

  /**
   * @param limit what all entries together may weigh; the one that was used last stays whatever it weighs
   * @param weigh what one weighs besides itself, which is 1
   */
  constructor(limit: number, weigh: (value: T) => number = () => 0) {
    this.#limit = limit;
    this.#weigh = weigh;
  }

  get(key: string, make: () => Promise<T>): Promise<T> {
    const found = this.#entries.get(key);
    if (found !== undefined) {
      this.#entries.delete(key);
      this.#entries.set(key, found);
      return found.value;
    }
    const entry = { value: make(), weight: 1 };
    this.#entries.set(key, entry);
    this.#weight += 1;
    entry.value.then(
      (value) => {
        if (this.#entries.get(key) === entry) this.grow(key, this.#weigh(value));
      },
      () => {
        if (this.#entries.get(key) === entry) this.forget(key);
      },
    );
    this.#forgetOldest();
    return entry.value;
  }

  peek(key: string): Promise<T> | null {
    return this.#entries.get(key)?.value ?? null;
  }

  /** Notes that an entry weighs so much more by now. */
  grow(key: string, weight: number): void {
    const entry = this.#entries.get(key);
    if (entry === undefined) return;
    entry.weight += weight;
    this.#weight += weight;
    this.#forgetOldest();
  }

  forget(key: string): void {
    this.#weight -= this.#entries.get(key)?.weight ?? 0;
    this.#entries.delete(key);
  }

  clear(): void {
    this.#entries.clear();
    this.#weight = 0;
  }

  #forgetOldest(): void {
    for (const key of this.#entries.keys()) {
      if (this.#weight <= this.#limit || this.#entries.size <= 1) return;
      this.forget(key);
    }
  }
}
