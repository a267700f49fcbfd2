/**
 * Remembers at least the newest so many of what is put in, and at most twice as many: in two generations, of which the older is
 * forgotten as a whole. Putting in costs the same however many there are.
 */
export class Newest<K, V> {
  readonly #least: number;
  #young = new Map<K, V>();
  #old = new Map<K, V>();

  constructor(least: number) {
    this.#least = least;
  }

  set(key: K, value: V): void {
    this.#young.set(key, value);
    if (this.#young.size < this.#least) return;
    this.#old = this.#young;
    this.#young = new Map();
  }

  /** What was put in last under a key; undefined when nothing was, or it is forgotten. */
  get(key: K): V | undefined {
    return this.#young.get(key) ?? this.#old.get(key);
  }
}
