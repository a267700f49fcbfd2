import type { MemorySettings } from "../model/index.ts";
import { plainMemory } from "../model/index.ts";
import type { Decision } from "./decision.ts";
import type { Domain, Place } from "./place.ts";
import { selectTargets } from "./place.ts";
import type { DomainReading, ProtectedReading, Readings, ToolReading } from "./readings.ts";
import { TwoStage } from "./two-stage.ts";

/*
 * What the tests of this room share: sessions whose memory the test moves, and a kernel that does what the policy writes. Nothing
 * outside of tests imports it.
 */

export const mebibyte = 1024 * 1024;

/** As a control file has it. */
export const mib = (number: number): string => String(number * mebibyte);

export const placeOf = (name: string, rank: number): Place => ({
  name,
  rank,
  directory: `/root/${name}`,
  framework: `/root/${name}/framework`,
  tools: `/root/${name}/tools`,
  standing: { high: "max", low: "0", min: "0", max: "max" },
});

/** A group that a client names: no session. */
export const plainPlaceOf = (name: string): Place => ({ ...placeOf(name, 1), framework: null, tools: null });

export const protectedReading = (place: Place, changed: Partial<ProtectedReading> = {}): ProtectedReading => ({
  place,
  currentBytes: 0,
  stallUs: 0,
  faults: null,
  highHits: 0,
  maxHits: 0,
  ...changed,
});

/** A session as the tests move it, sizes in MiB. */
export interface Simulated {
  readonly place: Place;
  mib: number;
  inside: boolean;
  /** Milliseconds that its tasks take to stop once they are told to. */
  freezesInMs: number;
  tools: ToolReading[];
  stallUs: number;
  hits: number;
}

export const session = (name: string, rank: number, sizeMib: number): Simulated => ({
  place: placeOf(name, rank),
  mib: sizeMib,
  inside: true,
  freezesInMs: 0,
  tools: [],
  stallUs: 0,
  hits: 0,
});

const limitMib = 1100;

/** A root of 1100 MiB with a clock of its own: what the policy writes takes effect as the kernel would have it. */
export class Simulation {
  nowMs = 1_000_000;
  /** Without the reserve, which is tested by itself. */
  settings: MemorySettings = { ...plainMemory, reserveWindowMs: 0 };
  sessions: Simulated[];
  readonly policy = new TwoStage();
  readonly files = new Map<string, string>();
  readonly killed: string[] = [];
  readonly #frozenAtMs = new Map<string, number>();
  readonly told: Decision[] = [];

  constructor(...sessions: Simulated[]) {
    this.sessions = sessions;
  }

  get freeMib(): number {
    return limitMib - this.sessions.reduce((sum, one) => sum + one.mib, 0);
  }

  #of(place: Place): Simulated {
    return this.sessions.find((one) => one.place === place) as Simulated;
  }

  #isFrozen(directory: string, { freezesInMs }: Simulated): boolean {
    const sinceMs = this.#frozenAtMs.get(directory);
    return sinceMs !== undefined && this.nowMs >= sinceMs + freezesInMs;
  }

  #domain(domain: Domain): DomainReading {
    const one = this.#of(domain.place);
    const frozen = domain.freeze.every((directory) => this.#isFrozen(directory, one));
    return { domain, currentBytes: one.mib * mebibyte, frozen, tools: one.tools };
  }

  readings(): Readings {
    const places = this.sessions.map(({ place }) => place);
    const { protects, domains } = selectTargets(
      places,
      (place) => this.#of(place).inside,
      () => false,
    );
    return {
      nowMs: this.nowMs,
      limitBytes: limitMib * mebibyte,
      headroomBytes: this.freeMib * mebibyte,
      boundBy: "/root",
      rootStallUs: 0,
      protects: protects.map((place) => {
        const { mib: sizeMib, stallUs, hits } = this.#of(place);
        return protectedReading(place, { currentBytes: sizeMib * mebibyte, stallUs, highHits: hits });
      }),
      domains: domains.map((domain) => this.#domain(domain)),
      places,
    };
  }

  /** One look, after so many milliseconds. What was decided, as short texts. */
  look(afterMs = 50): string[] {
    this.nowMs += afterMs;
    const made = this.policy.step(this.readings(), this.settings);
    this.told.push(...made);
    for (const decision of made) this.#do(decision);
    return made.map(({ domain, action, reason }) => `${domain} ${action} ${reason}`);
  }

  #do({ writes, kill }: Decision): void {
    if (kill !== null) this.killed.push(kill);
    for (const { path, value, standing } of writes) {
      if (value === standing) this.files.delete(path);
      else this.files.set(path, value);
      if (!path.endsWith("/cgroup.freeze")) continue;
      const directory = path.slice(0, -"/cgroup.freeze".length);
      if (value === "1") this.#frozenAtMs.set(directory, this.nowMs);
      else this.#frozenAtMs.delete(directory);
    }
  }

  /** Looks every 50 ms for so long. */
  run(ms: number): string[] {
    const lines: string[] = [];
    for (let atMs = 0; atMs < ms; atMs += 50) lines.push(...this.look());
    return lines;
  }

  stages(): Record<string, string> {
    return Object.fromEntries(this.policy.stages());
  }
}
