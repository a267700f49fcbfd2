/** Answers that are awaited, each once. */
export class Answers<T> {
  readonly #awaited = new Map<string, (answer: T) => void>();

  await(id: string, onAnswer: (answer: T) => void): void {
    this.#awaited.set(id, onAnswer);
  }

  /** An answer that nobody awaits is none. */
  give(id: string, answer: T): void {
    const onAnswer = this.#awaited.get(id);
    this.#awaited.delete(id);
    onAnswer?.(answer);
  }
}
