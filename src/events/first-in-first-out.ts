/** A queue whose every operation costs the same on average, however long it is. */
export class FirstInFirstOut<T> {
  #items: T[] = [];
  #head = 0;

  get size(): number {
    return this.#items.length - this.#head;
  }

  push(item: T): void {
    this.#items.push(item);
  }

  /** Puts an item behind the last one that stays before it; cheap when that is near the end. */
  insert(item: T, staysBefore: (other: T) => boolean): void {
    let at = this.#items.length;
    while (at > this.#head && !staysBefore(this.#items[at - 1] as T)) at -= 1;
    if (at === this.#items.length) this.#items.push(item);
    else this.#items.splice(at, 0, item);
  }

  peek(): T | undefined {
    return this.#items[this.#head];
  }

  shift(): T | undefined {
    const item = this.#items[this.#head];
    if (this.size === 0) return undefined;
    this.#head += 1;
    // Taken items are let go in large steps: shifting an array costs its length.
    if (this.#head >= 1024 && this.#head * 2 >= this.#items.length) {
      this.#items = this.#items.slice(this.#head);
      this.#head = 0;
    }
    return item;
  }

  /** Drops items from anywhere. It costs the length: call it once as many have become useless as are not. */
  retain(keep: (item: T) => boolean): void {
    this.#items = this.#items.slice(this.#head).filter(keep);
    this.#head = 0;
  }
}
