import type { TiedHelper } from "../../kernel/index.ts";
import { startRestorer } from "../../kernel/index.ts";
import type { MemorySettings } from "../model/index.ts";
import type { FaultSettings } from "./fault-policy.ts";
import type { DoneDecision, ProtectionStatus } from "./messages.ts";
import { commonGroup, namedPlaces, weightOf } from "./named-groups.ts";
import type { Place } from "./place.ts";
import { Protector } from "./protector.ts";
import { WriteDesk } from "./write-desk.ts";

export interface MemoryControlOptions {
  readonly mountPoint: string;
  /** Directory of the group that is protected. */
  readonly high: string;
  /** Directories of the groups that memory is taken from. */
  readonly low: readonly string[];
  readonly settings: MemorySettings;
  readonly faults: FaultSettings | null;
  readonly onDecision: (decision: DoneDecision) => void;
  readonly onStatus: (status: ProtectionStatus) => void;
}

/** The protection of one group from others without a daemon and its sessions: `corral memcg`. */
export class MemoryControl {
  readonly #protector: Protector;
  readonly #restorer: TiedHelper;
  /** cpu.weight of clamped groups: the thread leaves it to who has the sessions. */
  readonly #weights = new WriteDesk();
  readonly #places: readonly Place[];
  readonly #standingWeights: ReadonlyMap<string, string>;
  /** Resolves with why nothing is protected any more. */
  readonly ended: Promise<string>;

  private constructor(options: MemoryControlOptions, places: readonly Place[], restorer: TiedHelper) {
    let onEnd: (reason: string) => void = () => {};
    this.ended = new Promise((resolve) => {
      onEnd = resolve;
    });
    this.#places = places;
    this.#standingWeights = new Map(
      places.flatMap(({ directory }) => weightOf(directory).map((one) => [directory, one])),
    );
    this.#restorer = restorer;
    const { mountPoint, high, low, settings, faults, onStatus } = options;
    const root = commonGroup([high, ...low], mountPoint);
    const onDecision = (decision: DoneDecision): void => {
      this.#weigh(decision);
      options.onDecision(decision);
    };
    this.#protector = Protector.start(
      { root, mountPoint, settings, places, mode: "named", faults },
      { onKill: () => {}, onDecision, onStatus, onEnd },
    );
  }

  /**
   * Begins; what it writes is put back when this process dies.
   * @throws CorralError USAGE for groups that cannot be these, NATIVE_MISSING, NATIVE_CALL
   */
  static async open(options: MemoryControlOptions): Promise<MemoryControl> {
    const places = namedPlaces(options.high, options.low);
    const writes = places.flatMap(({ directory, standing }) => [
      { path: `${directory}/cgroup.freeze`, value: "0" },
      ...(["high", "low", "min", "max"] as const).map((name) => ({
        path: `${directory}/memory.${name}`,
        value: standing[name],
      })),
      ...weightOf(directory).map((value) => ({ path: `${directory}/cpu.weight`, value })),
    ]);
    const restorer = await startRestorer({ afterMs: null, writes });
    try {
      return new MemoryControl(options, places, restorer);
    } catch (thrown) {
      restorer.goodbye();
      throw thrown;
    }
  }

  #weigh({ weight, session, dryRun }: DoneDecision): void {
    const place = this.#places.find(({ name }) => name === session);
    if (weight === null || place === undefined || dryRun) return;
    const path = `${place.directory}/cpu.weight`;
    const standing = this.#standingWeights.get(place.directory);
    if (weight === "standing") this.#weights.restore(place.directory);
    else if (standing !== undefined)
      this.#weights.apply([{ path, value: String(Math.min(weight, Number(standing))), standing }]);
  }

  /** Takes everything back. @returns what could not be put back */
  async close(): Promise<readonly string[]> {
    const failed = [...(await this.#protector.close()), ...this.#weights.restore(null)];
    this.#restorer.goodbye();
    return failed;
  }
}
