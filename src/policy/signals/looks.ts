import type { OpenSource, Sink } from "./source.ts";

/** No look comes sooner after the one before. */
const shortestMs = 50;
const quickening = 4;
/** A value that moved by more than this share since the last look is looked at more often. */
const movingShare = 0.05;

/** What a look finds: a value, or why there will be none any more. */
export type Look<T> = () => { readonly value: T } | { readonly gone: string };

interface Subject {
  readonly look: () => void;
}

/** Looks at many things with one timer per interval. The timers do not keep the process alive. */
export class Looks {
  readonly #rounds = new Map<number, { readonly timer: NodeJS.Timeout; readonly subjects: Set<Subject> }>();

  #join(everyMs: number, subject: Subject): void {
    const known = this.#rounds.get(everyMs);
    if (known !== undefined) {
      known.subjects.add(subject);
      return;
    }
    const subjects = new Set([subject]);
    const timer = setInterval(() => {
      for (const one of [...subjects]) if (subjects.has(one)) one.look();
    }, everyMs);
    timer.unref();
    this.#rounds.set(everyMs, { timer, subjects });
  }

  #leave(everyMs: number, subject: Subject): void {
    const round = this.#rounds.get(everyMs);
    round?.subjects.delete(subject);
    if (round === undefined || round.subjects.size > 0) return;
    clearInterval(round.timer);
    this.#rounds.delete(everyMs);
  }

  /**
   * A source that looks now and then every so often.
   * @param adaptive look up to four times as often while a number moves
   */
  open<T>(everyMs: number, adaptive: boolean, look: Look<T>, reason: string): OpenSource<T> {
    return (sink) => {
      const slow = Math.max(shortestMs, Math.round(everyMs));
      const subject = new LookedAt(look, sink);
      let current = slow;
      const move = (next: number): void => {
        if (next === current) return;
        this.#leave(current, subject);
        current = next;
        this.#join(current, subject);
      };
      const quick = Math.max(shortestMs, Math.round(slow / quickening));
      if (adaptive) subject.onMoving = (moving) => move(moving ? quick : slow);
      subject.onGone = () => this.#leave(current, subject);
      this.#join(slow, subject);
      const first = setImmediate(() => subject.look());
      first.unref();
      return {
        means: { mechanism: "polling", reason },
        close: () => {
          clearImmediate(first);
          subject.close();
          this.#leave(current, subject);
        },
      };
    };
  }
}

class LookedAt<T> implements Subject {
  readonly #look: Look<T>;
  readonly #sink: Sink<T>;
  #open = true;
  #last: T | null = null;
  onMoving: (moving: boolean) => void = () => {};
  onGone: () => void = () => {};

  constructor(look: Look<T>, sink: Sink<T>) {
    this.#look = look;
    this.#sink = sink;
  }

  look(): void {
    if (!this.#open) return;
    const found = this.#look();
    if ("gone" in found) {
      this.close();
      this.onGone();
      this.#sink.end(found.gone);
      return;
    }
    this.onMoving(isMoving(this.#last, found.value));
    this.#last = found.value;
    this.#sink.value(found.value);
  }

  close(): void {
    this.#open = false;
  }
}

/** Whether a number has changed by more than a few per cent. */
export function isMoving(before: unknown, now: unknown): boolean {
  if (typeof before !== "number" || typeof now !== "number" || before === now) return false;
  if (!Number.isFinite(before) || !Number.isFinite(now)) return true;
  return Math.abs(now - before) > movingShare * Math.max(Math.abs(before), 1);
}
