/** Counters of the scheduler; docs/scheduler.md says what each counts. Names as scx_flatcg's where the thing is the same. */
export const counterNames = [
  ...(["act", "deact", "local", "global", "keep", "expire", "next", "none", "fail", "sweep"] as const),
  ...(["boost", "throttle", "gone", "homeless", "crowded", "hotplug"] as const),
] as const;

export type SchedulerCounters = Readonly<Record<(typeof counterNames)[number], number>>;

/** A group whose tasks ran since the sample before, or want to. */
export interface SchedulerGroup {
  /** Inode number of its directory. */
  readonly id: number;
  /** 1 with cpu.idle. */
  readonly weight: number;
  /** CPU time of its own tasks since the scheduler has it. */
  readonly ranNs: number;
  /** Its own tasks that run or wait to. */
  readonly runnable: number;
}

/** What the scheduler did from its start until a moment. */
export interface SchedulerSample {
  /** CLOCK_MONOTONIC. */
  readonly atNs: number;
  readonly counters: SchedulerCounters;
  readonly groups: readonly SchedulerGroup[];
}

/** What the helper can say. */
export type SchedulerWord =
  | { readonly kind: "ready" }
  | { readonly kind: "lack"; readonly what: string; readonly name: string }
  | { readonly kind: "fail"; readonly call: string; readonly errno: number; readonly what: string }
  | { readonly kind: "boost"; readonly group: number; readonly errno: number }
  | { readonly kind: "sample"; readonly sample: SchedulerSample }
  | {
      readonly kind: "exit";
      readonly exitKind: number;
      readonly code: string;
      readonly reason: string;
      readonly message: string;
    };

const unescaped = (text: string): string =>
  text.replace(/\\x([0-9a-f]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));

/** Pairs of a name and a number. */
function toCounters(words: readonly string[]): SchedulerCounters {
  const found = new Map<string, number>();
  for (let at = 0; at + 1 < words.length; at += 2) found.set(words[at] ?? "", Number(words[at + 1]));
  return Object.fromEntries(counterNames.map((name) => [name, found.get(name) ?? 0])) as SchedulerCounters;
}

const toGroup = ([id, weight, ranNs, runnable]: readonly string[]): SchedulerGroup => ({
  id: Number(id),
  weight: Number(weight),
  ranNs: Number(ranNs),
  runnable: Number(runnable),
});

interface OpenSample {
  readonly atNs: number;
  counters: SchedulerCounters;
  readonly groups: SchedulerGroup[];
}

/** Reads the lines of the helper, which may come in any pieces; what it does not know it passes over. */
export class SchedulerLines {
  #rest = "";
  #sample: OpenSample | null = null;

  /** The words that are complete with this piece. */
  take(piece: string): readonly SchedulerWord[] {
    const lines = `${this.#rest}${piece}`.split("\n");
    this.#rest = lines.pop() ?? "";
    return lines.flatMap((line) => this.#read(line) ?? []);
  }

  #read(line: string): SchedulerWord | null {
    const [first = "", ...words] = line.split(" ");
    const [a = "", b = "", ...rest] = words;
    if (first === "ready") return { kind: "ready" };
    if (first === "lack") return { kind: "lack", what: a, name: b };
    if (first === "fail") return { kind: "fail", call: a, errno: Number(b), what: rest.join(" ") };
    if (first === "boost") return { kind: "boost", group: Number(a), errno: Number(b) };
    if (first === "exit") {
      const [reason = "", message = ""] = rest.map(unescaped);
      return { kind: "exit", exitKind: Number(a), code: b, reason, message: message.trim() };
    }
    return this.#readSample(first, words);
  }

  #readSample(first: string, words: readonly string[]): SchedulerWord | null {
    if (first === "sample") this.#sample = { atNs: Number(words[0]), counters: toCounters([]), groups: [] };
    const sample = this.#sample;
    if (sample === null) return null;
    if (first === "counters") sample.counters = toCounters(words);
    if (first === "group") sample.groups.push(toGroup(words));
    if (first !== "end") return null;
    this.#sample = null;
    return { kind: "sample", sample };
  }
}
