/**
 * `npm run bench -- run`: what `corral run` and a library spawn cost, beside their peers.
 *
 *     npm run bench -- run [--rounds N] [--gap-ms N] [--only cold,library,waiting,served] [--json] [--vm]
 *
 * With --vm the cold part runs in a virtual machine with systemd as process 1; its CPU is emulated, so no target is
 * judged there. Exit status 1 when a target fails.
 */
import { mkdirSync, mkdtempSync, openSync, rmSync, statfsSync } from "node:fs";
import path from "node:path";
import { parseArgs } from "node:util";
import { packageRoot, requireAddon } from "../src/kernel/index.ts";
import { makeParent } from "./lib/group-parent.ts";
import { sleep } from "./lib/measure.ts";
import type { Target } from "./lib/print.ts";
import { holds, targetLines } from "./lib/print.ts";
import { coldTargets, measureColdStart, printColdStart } from "./run/cold-start.ts";
import { libraryTargets, measureLibrary, printLibrary } from "./run/library.ts";
import type { LibraryWork } from "./run/library-worker.ts";
import { runLibraryWorker } from "./run/library-worker.ts";
import { measureServed, printServed, servedTargets } from "./run/served.ts";
import type { Settings } from "./run/settings.ts";
import { benchInVm } from "./run/vm.ts";
import { measureWaiting, printWaiting, waitingTargets } from "./run/waiting.ts";

const { values } = parseArgs({
  options: {
    rounds: { type: "string", default: "41" },
    "gap-ms": { type: "string", default: "50" },
    only: { type: "string", default: "cold,library,waiting,served" },
    json: { type: "boolean", default: false },
    vm: { type: "boolean", default: false },
    emulated: { type: "boolean", default: false },
    "library-worker": { type: "string" },
  },
});

const tmpfsMagic = 0x01021994;
const isInMemory = (directory: string): boolean => statfsSync(directory).type === tmpfsMagic;

/** Runs `use` with folders and groups of our own, which are gone afterwards. */
async function withSettings<T>(use: (settings: Settings) => Promise<T>): Promise<T> {
  const scratch = mkdtempSync("/tmp/corral-bench-");
  const memory = mkdtempSync("/dev/shm/corral-bench-");
  const parent = makeParent();
  try {
    const disk = path.join(scratch, "state");
    mkdirSync(disk);
    return await use({
      addon: requireAddon(),
      rounds: Number(values.rounds),
      gapMs: Number(values["gap-ms"]),
      parent,
      scratch,
      memoryState: memory,
      diskState: isInMemory(disk) ? null : disk,
      nullFd: openSync("/dev/null", "r+"),
    });
  } finally {
    await parent.remove();
    for (const directory of [scratch, memory]) rmSync(directory, { recursive: true, force: true });
  }
}

interface Part {
  readonly text: string;
  readonly data: unknown;
  readonly targets: readonly Target[];
}

const parts: Readonly<Record<string, (settings: Settings) => Promise<Part>>> = {
  cold: async (settings) => {
    const data = await measureColdStart(settings);
    return { text: printColdStart(data), data, targets: coldTargets(data) };
  },
  library: async (settings) => {
    const data = measureLibrary(settings);
    return { text: printLibrary(data), data, targets: libraryTargets(data) };
  },
  served: async (settings) => {
    const data = await measureServed(settings);
    return { text: printServed(data), data, targets: servedTargets(data) };
  },
  waiting: async (settings) => {
    const data = await measureWaiting(settings);
    return { text: printWaiting(data), data, targets: waitingTargets(data) };
  },
};

/** Prints one part after the other; the JSON document comes at the end and alone. */
async function main(): Promise<boolean> {
  return withSettings(async (settings) => {
    const results: Record<string, unknown> = {};
    const targets: Target[] = [];
    for (const name of values.only.split(",")) {
      const part = await parts[name]?.(settings);
      if (part === undefined) throw new Error(`--only knows ${Object.keys(parts).join(", ")}, not ${name}`);
      if (!values.json) console.log(`\n${part.text}`);
      results[name] = part.data;
      if (!values.emulated) targets.push(...part.targets);
    }
    const judged = targets.map((target) => ({ ...target, pass: holds(target) }));
    const document = { schema: "corral.bench-run/1", rounds: settings.rounds, gap_ms: settings.gapMs, ...results };
    if (values.json) console.log(JSON.stringify({ ...document, targets: judged }, null, 2));
    else if (targets.length > 0) console.log(`\n${targetLines(targets)}`);
    return targets.every(holds);
  });
}

const worker = values["library-worker"];
if (worker !== undefined) {
  console.log(JSON.stringify(await runLibraryWorker(JSON.parse(worker) as LibraryWork)));
} else if (values.vm) {
  process.exitCode = benchInVm(packageRoot(), values.rounds, values.json);
} else {
  // The set-up that came before must not be heard in the first samples.
  await sleep(500);
  process.exitCode = (await main()) ? 0 : 1;
}
