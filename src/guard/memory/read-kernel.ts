import { readdirSync } from "node:fs";
import { controlNumber, parseFlatKeyed, parsePressure } from "../../cgroup/index.ts";
import type { ReadFile } from "./kept-files.ts";
import type { Domain, Place, Targets } from "./place.ts";
import type { DomainReading, ProtectedReading, ToolReading } from "./readings.ts";

/** Reads what policies decide from, of those who are protected and of those from whom. */
export class KernelReader {
  readonly #read: ReadFile;

  constructor(read: ReadFile) {
    this.#read = read;
  }

  isPopulated(directory: string): boolean {
    return this.#table(`${directory}/cgroup.events`).get("populated") === 1;
  }

  /** Null: no pressure is told here. */
  stallUs(directory: string): number | null {
    return parsePressure(this.#read(`${directory}/memory.pressure`))?.some_us ?? null;
  }

  targets({ protects, domains }: Targets, wants: { readonly tools: boolean; readonly faults: boolean }) {
    return {
      protects: protects.map((one) => this.#protected(one, wants.faults)),
      domains: domains.map((one) => this.#domain(one, wants.tools)),
    };
  }

  #table(path: string): ReadonlyMap<string, number> {
    return parseFlatKeyed(this.#read(path));
  }

  #current(directory: string): number {
    return controlNumber(this.#read(`${directory}/memory.current`)) ?? 0;
  }

  /** An empty group is frozen as soon as it is told to, and says so. */
  #isFrozen(directory: string): boolean {
    return this.#table(`${directory}/cgroup.events`).get("frozen") === 1;
  }

  #protected(place: Place, wantsFaults: boolean): ProtectedReading {
    const events = this.#table(`${place.directory}/memory.events`);
    return {
      place,
      currentBytes: this.#current(place.directory),
      stallUs: this.stallUs(place.directory),
      faults: wantsFaults ? (this.#table(`${place.directory}/memory.stat`).get("pgfault") ?? 0) : null,
      highHits: events.get("high") ?? 0,
      maxHits: events.get("max") ?? 0,
    };
  }

  #domain(domain: Domain, wantsTools: boolean): DomainReading {
    return {
      domain,
      currentBytes: this.#current(domain.clamp.directory),
      frozen: domain.freeze.every((directory) => this.#isFrozen(directory)),
      tools: wantsTools ? this.#tools(domain.place) : [],
    };
  }

  /** The tool calls of a session that have processes. */
  #tools({ tools }: Place): readonly ToolReading[] {
    if (tools === null) return [];
    try {
      return readdirSync(tools, { withFileTypes: true })
        .filter((entry) => entry.isDirectory() && this.isPopulated(`${tools}/${entry.name}`))
        .map(({ name }) => ({ directory: `${tools}/${name}`, currentBytes: this.#current(`${tools}/${name}`) }));
    } catch {
      return [];
    }
  }
}
