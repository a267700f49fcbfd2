import path from "node:path";
import { GuardClient } from "../../src/guard/client/index.ts";
import { startGuard } from "../tool/guard.ts";
import type { Place } from "../watch/discoverers.ts";
import { startCgrulesengd, whyNoCgrulesengd } from "../watch/discoverers.ts";

export interface RunningMover {
  /** CPU seconds that keeping the kernel's lock warm has taken so far; null: it is not kept. */
  keptSec(): Promise<number | null>;
  end(): Promise<void>;
}

/** What moves a process when it has executed a program. */
export interface Mover {
  readonly name: string;
  /** Why it cannot be measured here, or null. */
  readonly missing: string | null;
  start(place: Place): Promise<RunningMover>;
}

const guard = (name: string, ...keys: readonly string[]): Mover => ({
  name,
  missing: null,
  start: async ({ scratch, parent, target }) => {
    const unified = parent.directoryOf("unified");
    if (unified === null) throw new Error("there is no cgroup v2 mount here");
    const rule = `placement: [{ name: bench, session: bench, match: { exe: ${target} } }]`;
    const { socket, end } = await startGuard(scratch, path.join(unified, "guard"), rule, ...keys);
    const client = new GuardClient({ socket });
    return {
      keptSec: async () => (await client.status()).warm_moves.cpu_ms / 1000,
      end: () => {
        client.close();
        return end();
      },
    };
  },
});

/** The first is the one that targets are for. */
export const movers: readonly Mover[] = [
  guard("corral guard"),
  guard("corral guard, lock always kept warm", "warm_moves: always"),
  guard("corral guard, lock never kept warm", "warm_moves: never"),
  {
    name: "cgrulesengd",
    missing: whyNoCgrulesengd(),
    start: async (place) => ({ keptSec: async () => null, end: (await startCgrulesengd(place)).end }),
  },
];
