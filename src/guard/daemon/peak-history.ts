import type { CommandClass } from "../model/index.ts";
import { usualBytes } from "../model/index.ts";
import type { StateFile } from "./state-file.ts";

type Peaks = Readonly<Partial<Record<CommandClass, readonly number[]>>>;

/** Peaks in bytes, the latest last, by the user id of who owns the session: no tenant learns what another needs. */
export interface StoredPeaks {
  readonly owners: Readonly<Record<string, Peaks>>;
}

/** The latest calls of one class of one owner. */
const mostPeaks = 200;
const mostOwners = 256;

/** So many calls may be lost when the guard is killed. */
const callsPerWrite = 10;

/** What calls of each class needed, of each owner. */
export class PeakHistory {
  readonly #file: Pick<StateFile<StoredPeaks>, "read" | "write">;
  readonly #owners: Map<string, Peaks>;
  #unwritten = 0;

  constructor(file: Pick<StateFile<StoredPeaks>, "read" | "write">) {
    this.#file = file;
    this.#owners = new Map(Object.entries(file.read()?.owners ?? {}));
  }

  /** @throws CorralError STATE_UNWRITABLE */
  add(owner: number, of: CommandClass, peakBytes: number): void {
    const key = String(owner);
    const known = this.#owners.get(key) ?? {};
    // Last in the order of the map: who was not heard of for longest goes first.
    this.#owners.delete(key);
    this.#owners.set(key, { ...known, [of]: [...(known[of] ?? []), peakBytes].slice(-mostPeaks) });
    const [oldest] = this.#owners.keys();
    if (this.#owners.size > mostOwners && oldest !== undefined) this.#owners.delete(oldest);
    this.#unwritten += 1;
    if (this.#unwritten >= callsPerWrite) this.flush();
  }

  /** What a call of a class usually needs, by this owner's own history. */
  usualBytes(owner: number, of: CommandClass): number {
    return usualBytes(of, this.#owners.get(String(owner))?.[of] ?? []);
  }

  /** @throws CorralError STATE_UNWRITABLE */
  flush(): void {
    if (this.#unwritten === 0) return;
    this.#unwritten = 0;
    this.#file.write({ owners: Object.fromEntries(this.#owners) });
  }
}
