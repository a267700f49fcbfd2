import type { JobEvent } from "../../report/index.ts";

/** The events of one job, for any number of readers: each gets all of them, from the first on, as they happen. */
export class EventFeed implements AsyncIterable<JobEvent> {
  readonly #events: JobEvent[] = [];
  #closed = false;
  #changed = Promise.resolve();
  #change: () => void = () => {};

  constructor() {
    this.#renew();
  }

  push(event: JobEvent): void {
    this.#events.push(event);
    this.#announce();
  }

  /** No more will come: readers end when they have had the last. */
  close(): void {
    this.#closed = true;
    this.#announce();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<JobEvent, void, undefined> {
    for (let next = 0; ; ) {
      for (let event = this.#events[next]; event !== undefined; event = this.#events[next]) {
        next += 1;
        yield event;
      }
      if (this.#closed) return;
      await this.#changed;
    }
  }

  #announce(): void {
    const change = this.#change;
    this.#renew();
    change();
  }

  #renew(): void {
    this.#changed = new Promise((resolve) => {
      this.#change = resolve;
    });
  }
}
