import type { ChildProcess } from "node:child_process";
import { spawn, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startTicks } from "../shared/processes.ts";
import { openPackageRoot } from "../shared/readable-copy.ts";
import { until } from "../shared/timing.ts";
import { read } from "./support.ts";

/** How a `corral` command ended. */
export interface Said {
  readonly status: number | null;
  readonly out: string;
  readonly err: string;
}

/** The command with records of its own. */
export interface OwnCorral extends Disposable {
  run(...args: readonly string[]): Said;
  /** Starts one that goes on; what it says on stderr is ours. */
  start(...args: readonly string[]): ChildProcess;
}

/** A `corral` whose state directory is this test's alone. */
export function ownCorral(): OwnCorral {
  const state = mkdtempSync(join(tmpdir(), "corral-vmtest-"));
  const words = (args: readonly string[]): string[] => [join(openPackageRoot(), "dist/corral.cjs"), ...args];
  const env = { ...process.env, CORRAL_STATE_DIR: state };
  return {
    run: (...args) => {
      const options = { encoding: "utf8", env, timeout: 90_000 } as const;
      const { status, stdout, stderr } = spawnSync(process.execPath, words(args), options);
      return { status, out: stdout, err: stderr };
    },
    start: (...args) => spawn(process.execPath, words(args), { env, stdio: ["ignore", "ignore", "inherit"] }),
    [Symbol.dispose]: () => rmSync(state, { recursive: true, force: true }),
  };
}

/** A process that Corral did not start, in a group of the test's choice. */
export interface Stranger extends AsyncDisposable {
  readonly pid: number;
}

/** Starts a program in a group, null: where this process is. */
export async function startStranger(group: string | null, command: readonly string[]): Promise<Stranger> {
  const enter = group === null ? "" : `echo $$ > ${group}/cgroup.procs; `;
  const child = spawn("sh", ["-c", `${enter}exec "$@"`, "sh", ...command], { stdio: "ignore" });
  const pid = child.pid ?? 0;
  await until("the program to run", () => !read(`/proc/${pid}/cmdline`).startsWith("sh\0"));
  return {
    pid,
    [Symbol.asyncDispose]: async () => {
      child.kill("SIGKILL");
      await until("the program to be gone", () => startTicks(pid) === null);
    },
  };
}

/** The v2 group of a process, as a path below the mount. */
export const placeOf = (pid: number): string => read(`/proc/${pid}/cgroup`).slice("0::".length);
