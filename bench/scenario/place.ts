import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import type { Rehearsal, RehearseOptions, Scenario } from "../../src/scenario/index.ts";
import { rehearse } from "../../src/scenario/index.ts";
import type { BenchParent } from "../lib/group-parent.ts";
import { makeParent } from "../lib/group-parent.ts";

/** Where scenarios of a benchmark run: below a group of its own, on record in a directory of its own. */
export interface Place extends AsyncDisposable {
  readonly parent: BenchParent;
  readonly run: (scenario: Scenario, options?: RehearseOptions) => Promise<Rehearsal>;
}

/** @throws Error when this user may not make groups */
export function openPlace(): Place {
  const parent = makeParent();
  const runtime = mkdtempSync(path.join(tmpdir(), "corral-bench-"));
  return {
    parent,
    run: async (scenario, options = {}) => {
      const [rehearsal] = await rehearse(scenario, { runtime, cgroupParent: parent.argument, ...options });
      const [failure] = rehearsal?.record.failures ?? [];
      if (rehearsal === undefined || failure !== undefined)
        throw new Error(failure?.message ?? "the scenario did not run");
      return rehearsal;
    },
    [Symbol.asyncDispose]: async () => {
      await parent.remove();
      rmSync(runtime, { recursive: true, force: true });
    },
  };
}
