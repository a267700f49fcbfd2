import type { CannedScenario } from "./canned.ts";

/** `corral.scenario-list/1`: the scenarios that are shipped. */
export interface CannedListDocument {
  readonly schema: "corral.scenario-list/1";
  readonly scenarios: readonly {
    readonly name: string;
    readonly title: string;
    readonly proves: string;
    readonly file: string;
    readonly duration_sec: number;
    readonly needs: {
      readonly cpus: number | null;
      readonly llcs: number | null;
      readonly numa_nodes: number | null;
      readonly threads_per_core: number | null;
      readonly tmpdir_disk: boolean;
    };
  }[];
}

export const toCannedListDocument = (scenarios: readonly CannedScenario[]): CannedListDocument => ({
  schema: "corral.scenario-list/1",
  scenarios: scenarios.map(({ name, title, proves, path, durationMs, needs }) => ({
    name,
    title,
    proves,
    file: path,
    duration_sec: durationMs / 1000,
    needs: {
      cpus: needs.cpus ?? null,
      llcs: needs.llcs ?? null,
      numa_nodes: needs.numaNodes ?? null,
      threads_per_core: needs.threadsPerCore ?? null,
      tmpdir_disk: needs.tmpdirDisk ?? false,
    },
  })),
});
