import type { Condition, ProcessEvent } from "../rules/index.ts";
import { idleProbe, levelProbe, pressureProbe, riseProbe, shareProbe } from "./measure-probes.ts";
import type { Probe, ProbeHost } from "./probe.ts";
import { ForProbe, nextOfDaily, nextOfEvery, ScheduleProbe, SinceProbe } from "./time-probes.ts";

/** Several conditions as one. */
class GroupProbe implements Probe {
  readonly #parts: readonly Probe[];
  readonly #judge: (holding: readonly boolean[]) => boolean;

  constructor(parts: readonly Probe[], judge: (holding: readonly boolean[]) => boolean) {
    this.#parts = parts;
    this.#judge = judge;
  }

  holds(): boolean {
    // Every part is asked, whatever the others say: some count the time for which they hold.
    return this.#judge(this.#parts.map((part) => part.holds()));
  }

  open(): void {
    for (const part of this.#parts) part.open();
  }

  onEvent(event: ProcessEvent, atNs: bigint): void {
    for (const part of this.#parts) part.onEvent(event, atNs);
  }

  pendingNs(): bigint | null {
    return earliest(this.#parts.map((part) => part.pendingNs()));
  }

  missedNs(): bigint | null {
    return earliest(this.#parts.map((part) => part.missedNs()));
  }

  close(): void {
    for (const part of this.#parts) part.close();
  }
}

const earliest = (times: readonly (bigint | null)[]): bigint | null =>
  times.reduce((least, ns) => (least === null || (ns !== null && ns < least) ? ns : least), null);

/** Puts a condition to work on one process. */
export function makeProbe(condition: Condition, host: ProbeHost): Probe {
  switch (condition.kind) {
    case "since":
      return new SinceProbe(condition, host);
    case "every":
      return new ScheduleProbe(nextOfEvery(condition.ns), host);
    case "daily":
      return new ScheduleProbe(nextOfDaily(condition.minutes, host.wallOffsetNs), host);
    case "idle":
      return idleProbe(condition, host);
    case "level":
      return levelProbe(condition, host);
    case "share":
      return shareProbe(condition, host);
    case "rise":
      return riseProbe(condition, host);
    case "pressure":
      return pressureProbe(condition, host);
    case "for":
      return new ForProbe(condition.forNs, makeProbe(condition.of, host), host);
    case "not":
      return new GroupProbe([makeProbe(condition.of, host)], ([inner]) => inner === false);
    case "all":
    case "any": {
      const parts = condition.of.map((one) => makeProbe(one, host));
      const judge = condition.kind === "all" ? all : any;
      return new GroupProbe(parts, judge);
    }
  }
}

const all = (holding: readonly boolean[]): boolean => holding.every(Boolean);
const any = (holding: readonly boolean[]): boolean => holding.some(Boolean);
