import type { Sample, SampleSubject, SignalWant } from "../model/index.ts";
import type { Decision } from "./decision.ts";

export type OnSample = (sample: Sample, nowNs: bigint) => void;

interface Shared {
  readonly id: number;
  readonly key: string;
  readonly listeners: Set<OnSample>;
  /** The last sample, for those who come later. */
  last: Sample | null;
}

const subjectKey = (subject: SampleSubject): string =>
  subject.kind === "process"
    ? `process ${subject.identity.pid} ${subject.identity.startTicks}`
    : subject.kind === "group"
      ? `group ${subject.path}`
      : "system";

const keyOf = ({ subject, metric, trigger, everyMs }: SignalWant): string =>
  JSON.stringify([subjectKey(subject), metric, trigger, everyMs]);

/** What is watched for whom: one watch for each thing, however many want to be told of it. */
export class Watches {
  readonly #decide: (decision: Decision) => void;
  readonly #byKey = new Map<string, Shared>();
  readonly #byId = new Map<number, Shared>();
  #lastId = 0;

  constructor(decide: (decision: Decision) => void) {
    this.#decide = decide;
  }

  get size(): number {
    return this.#byId.size;
  }

  /** @returns ends it */
  add(want: SignalWant, onSample: OnSample, nowNs: bigint): () => void {
    const key = keyOf(want);
    const shared = this.#byKey.get(key) ?? this.#open(key, want);
    // A listener of its own for each call, so that the same function may be added twice.
    const listener: OnSample = (sample, at) => onSample(sample, at);
    shared.listeners.add(listener);
    if (shared.last !== null) onSample(shared.last, nowNs);
    return () => {
      shared.listeners.delete(listener);
      if (shared.listeners.size === 0) this.#close(shared);
    };
  }

  onSample(watchId: number, sample: Sample, nowNs: bigint): void {
    const shared = this.#byId.get(watchId);
    if (shared === undefined) return;
    shared.last = sample;
    for (const listener of [...shared.listeners]) listener(sample, nowNs);
  }

  #open(key: string, want: SignalWant): Shared {
    this.#lastId += 1;
    const shared: Shared = { id: this.#lastId, key, listeners: new Set(), last: null };
    this.#byKey.set(key, shared);
    this.#byId.set(shared.id, shared);
    this.#decide({ kind: "watch", watchId: shared.id, want });
    return shared;
  }

  #close(shared: Shared): void {
    if (!this.#byId.delete(shared.id)) return;
    this.#byKey.delete(shared.key);
    this.#decide({ kind: "unwatch", watchId: shared.id });
  }
}
