import { spawnSync } from "node:child_process";
import { mkdirSync } from "node:fs";
import { host } from "../lib/group-parent.ts";
import type { Summary } from "../lib/measure.ts";
import { summarize } from "../lib/measure.ts";
import type { Target } from "../lib/print.ts";
import { fixed, table } from "../lib/print.ts";
import type { LibraryReport, LibrarySample, LibraryWork, ParentSize } from "./library-worker.ts";
import { parentSizes } from "./library-worker.ts";
import type { Settings } from "./settings.ts";

export interface LibraryRow {
  readonly parent: ParentSize;
  readonly rss_mib: number;
  readonly caller: string;
  /** As the fields of LibrarySample. */
  readonly call_ms: Summary;
  readonly start_ms: Summary;
  readonly active_ms: Summary;
  readonly total_ms: Summary;
  /** Of the median start_ms and call_ms to those of child_process.spawn in the same process. */
  readonly to_spawn: number;
  readonly call_to_spawn: number;
}

const reference = "child_process.spawn";
const subject = "corral: spawn into a group";

/** A group that stays, in the v2 hierarchy and in each v1 hierarchy that the three limits need. */
function makeGroup({ parent }: Settings): { readonly group: string; readonly joins: readonly string[] } {
  const controllers = ["cpu", "memory", "pids"] as const;
  const v1 = controllers.filter((controller) => host.owner[controller]?.version === 1);
  const unified = parent.directoryOf("unified");
  if (unified === null) throw new Error("library spawns are measured with cgroup v2 mounted; here it is not");
  const made = (directory: string): string => {
    mkdirSync(`${directory}/library`);
    return `${directory}/library`;
  };
  return { group: made(unified), joins: v1.map((controller) => `${made(parent.directoryOf(controller) ?? "")}/tasks`) };
}

function runWorker(work: LibraryWork): LibraryReport {
  const { NODE_EXTRA_CA_CERTS: _, ...env } = process.env;
  const argv = ["--max-old-space-size=4096", process.argv[1] ?? "", "--library-worker", JSON.stringify(work)];
  const { status, stdout } = spawnSync(process.execPath, argv, {
    encoding: "utf8",
    env,
    stdio: ["ignore", "pipe", "inherit"],
  });
  if (status !== 0) throw new Error(`the worker for ${work.size} ended with status ${status}`);
  return JSON.parse(stdout) as LibraryReport;
}

/** Library spawns from parents of several sizes, each in a process of its own. */
export function measureLibrary(settings: Settings): LibraryRow[] {
  const group = makeGroup(settings);
  return (Object.keys(parentSizes) as ParentSize[]).flatMap((size) => {
    const { rssMib, samples } = runWorker({
      size,
      rounds: settings.rounds,
      gapMs: settings.gapMs,
      ...group,
      cgroupParent: settings.parent.argument,
      stateDir: settings.memoryState,
    });
    const of = (caller: string, field: keyof LibrarySample): Summary =>
      summarize((samples[caller] ?? []).map((sample) => sample[field]));
    const ratio = (caller: string, field: keyof LibrarySample): number =>
      of(caller, field).median / of(reference, field).median;
    return Object.keys(samples).map((caller) => ({
      parent: size,
      rss_mib: rssMib,
      caller,
      call_ms: of(caller, "callMs"),
      start_ms: of(caller, "startMs"),
      active_ms: of(caller, "activeMs"),
      total_ms: of(caller, "totalMs"),
      to_spawn: ratio(caller, "startMs"),
      call_to_spawn: ratio(caller, "callMs"),
    }));
  });
}

/** How long a spawn holds the event loop until the program runs, all callbacks included, against child_process.spawn. */
export function libraryTargets(rows: readonly LibraryRow[]): Target[] {
  const limits: Readonly<Record<ParentSize, number>> = {
    "small parent": 0.2,
    "1 GiB of heap": 0.2,
    "500 MiB of buffers": 0.02,
  };
  return rows
    .filter(({ caller }) => caller === subject)
    .map(({ parent, to_spawn }) => ({
      name: `event loop held by a spawn into a group ÷ ${reference}, ${parent}`,
      value: to_spawn,
      limit: limits[parent],
    }));
}

export function printLibrary(rows: readonly LibraryRow[]): string {
  const head = ["loop held (ms)", "to exec", "p10", "p90", "÷ spawn", "by call", "÷ spawn", "to exit", "wall to exit"];
  return (Object.keys(parentSizes) as ParentSize[])
    .map((size) => {
      const own = rows.filter(({ parent }) => parent === size);
      const cells = own.map((row) => [
        row.caller,
        fixed(row.start_ms.median, 3),
        fixed(row.start_ms.p10, 3),
        fixed(row.start_ms.p90, 3),
        fixed(row.to_spawn, 3),
        fixed(row.call_ms.median, 3),
        fixed(row.call_to_spawn, 3),
        fixed(row.active_ms.median),
        fixed(row.total_ms.median),
      ]);
      return `  ${size}, RSS ${own[0]?.rss_mib ?? 0} MiB\n${table(head, cells)}`;
    })
    .join("\n");
}
