import { spawn } from "node:child_process";
import {
  chmodSync,
  chownSync,
  closeSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
} from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import type { RunReport } from "../../src/report/index.ts";
import type { GroupParent } from "./group-parent.ts";
import { makeGroupParent } from "./group-parent.ts";
import { killQuietly, processesMarked } from "./processes.ts";
import { openPackageRoot } from "./readable-copy.ts";
import { scaled, until } from "./timing.ts";

/** The user without any rights that stands for everybody who is not root. */
export const nobody = 65_534;

export interface RunOptions {
  /** Uid to run the CLI as; default: this process's. */
  readonly uid?: number;
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** File that becomes standard input, or a text or bytes for it. Default: nothing to read. */
  readonly input?: string | Buffer;
  /** Programs before the CLI, such as `["unshare", "-m"]`. */
  readonly wrap?: readonly string[];
  readonly cwd?: string;
  /** What to run with the arguments in place of Node's CLI. */
  readonly program?: readonly string[];
  /** Milliseconds on the reference machine after which the CLI hangs. */
  readonly limitMs?: number;
}

/** How a CLI ended and what it wrote. */
export interface Ran {
  readonly status: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: Buffer;
  readonly out: string;
  readonly err: string;
  /** Lines of stderr that are Corral's warnings, without the prefix. */
  readonly warnings: readonly string[];
}

/** A CLI that runs. */
export interface Started {
  readonly pid: number;
  readonly ended: Promise<Ran>;
  /** What it and its workload have written so far. */
  out(): string;
  err(): string;
  kill(signal: NodeJS.Signals): void;
}

/** A workbench for one test file: directories, a parent group and the CLI; `leftovers` tells what was not cleaned up. */
export interface Bench {
  /** A directory that everybody may enter and write. */
  readonly dir: string;
  readonly stateDir: string;
  readonly parent: GroupParent;
  readonly env: Readonly<Record<string, string>>;
  /** A path below `dir` that nothing has used yet. */
  fresh(name: string): string;
  start(args: readonly string[], options?: RunOptions): Started;
  /** Runs the CLI to its end. */
  corral(args: readonly string[], options?: RunOptions): Promise<Ran>;
  /** `corral run` with a report file; the report must come. */
  report(
    flags: readonly string[],
    command: readonly string[],
    options?: RunOptions,
  ): Promise<Ran & { report: RunReport }>;
  /** Start records now in the state directory. */
  records(): string[];
  results(): string[];
  leftovers(): { groups: string[]; processes: number[]; records: string[] };
  /** Ends what a job left on purpose: its processes, its groups, its start record. */
  discard(jobId: string, pids?: readonly number[]): Promise<void>;
  close(): Promise<void>;
}

const cli = path.join(openPackageRoot(), "dist", "corral.cjs");

const list = (directory: string): string[] => {
  try {
    return readdirSync(directory);
  } catch {
    return [];
  }
};

/** The environment of every CLI: this process's, without what would change how Node or Corral behave. */
function baseEnv(stateDir: string, parent: GroupParent, mark: string): Record<string, string> {
  const { NODE_EXTRA_CA_CERTS: _ca, NODE_TEST_CONTEXT: _context, CORRAL_NO_ADDON: _addon, ...env } = process.env;
  return {
    ...(env as Record<string, string>),
    CORRAL_STATE_DIR: stateDir,
    CORRAL_CGROUP_PARENT: parent.argument,
    CORRAL_TEST_MARK: mark,
  };
}

/** Sets up a workbench; call `close` after the last test. */
export function openBench(extraEnv: Readonly<Record<string, string>> = {}): Bench {
  const dir = mkdtempSync(path.join(tmpdir(), "corral-test-"));
  chmodSync(dir, 0o777);
  const stateDir = path.join(dir, "state");
  const nobodyState = path.join(dir, "state-nobody");
  for (const directory of [stateDir, nobodyState]) mkdirSync(directory);
  if (process.getuid?.() === 0) chownSync(nobodyState, nobody, nobody);
  const parent = makeGroupParent();
  const mark = path.basename(dir);
  const env = { ...baseEnv(stateDir, parent, mark), ...extraEnv };
  let used = 0;
  const fresh = (name: string): string => {
    used += 1;
    return path.join(dir, `${used}-${name}`);
  };

  const start = (args: readonly string[], options: RunOptions = {}): Started => {
    const outPath = fresh("out");
    const errPath = fresh("err");
    const fds = [openSync(outPath, "w"), openSync(errPath, "w")] as const;
    const childEnv = {
      ...env,
      ...(options.uid === undefined ? {} : { CORRAL_STATE_DIR: nobodyState }),
      ...options.env,
    };
    const [program = "", ...rest] = [...(options.wrap ?? []), ...(options.program ?? [process.execPath, cli]), ...args];
    const child = spawn(program, rest, {
      env: childEnv,
      cwd: options.cwd ?? dir,
      stdio: [options.input === undefined ? "ignore" : "pipe", ...fds],
      ...(options.uid === undefined ? {} : { uid: options.uid, gid: options.uid }),
    });
    for (const fd of fds) closeSync(fd);
    child.stdin?.on("error", () => {});
    if (options.input !== undefined) child.stdin?.end(options.input);
    const limitMs = scaled(options.limitMs ?? 15_000);
    const ended = new Promise<Ran>((resolve, reject) => {
      const timer = setTimeout(() => {
        child.kill("SIGKILL");
        reject(new Error(`corral ${args.join(" ").slice(0, 200)} did not end within ${limitMs} ms`));
      }, limitMs);
      child.on("error", reject);
      child.on("exit", (status, signal) => {
        clearTimeout(timer);
        const stdout = readFileSync(outPath);
        const err = readFileSync(errPath, "utf8");
        const warnings = err.split("\n").flatMap((line) => /^\[corral\] (WARNING: .*)$/.exec(line)?.[1] ?? []);
        resolve({ status, signal, stdout, out: stdout.toString("utf8"), err, warnings });
      });
    });
    ended.catch(() => {});
    return {
      pid: child.pid ?? 0,
      ended,
      out: () => readFileSync(outPath, "utf8"),
      err: () => readFileSync(errPath, "utf8"),
      kill: (signal) => void child.kill(signal),
    };
  };

  const records = (): string[] => [stateDir, nobodyState].flatMap((state) => list(path.join(state, "run", "jobs")));
  const leftovers = (): ReturnType<Bench["leftovers"]> => ({
    groups: parent.children(),
    processes: processesMarked(mark, parent.name),
    records: records(),
  });
  return {
    dir,
    stateDir,
    parent,
    env,
    fresh,
    start,
    corral: (args, options) => start(args, options).ended,
    report: async (flags, command, options) => {
      const file = fresh("report.json");
      const ran = await start(["run", ...flags, "--report", file, "--", ...command], options).ended;
      return { ...ran, report: JSON.parse(readFileSync(file, "utf8")) as RunReport };
    },
    records,
    results: () => list(path.join(stateDir, "results")),
    leftovers,
    discard: async (jobId, pids = []) => {
      for (const pid of pids) killQuietly(pid);
      await parent.removeJob(jobId);
      for (const state of [stateDir, nobodyState])
        rmSync(path.join(state, "run", "jobs", `${jobId}.json`), { force: true });
    },
    close: async () => {
      for (const pid of processesMarked(mark, parent.name)) killQuietly(pid);
      await until("every process of the tests is gone", () => leftovers().processes.length === 0);
      await parent.remove();
      rmSync(dir, { recursive: true, force: true });
    },
  };
}
