import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { packageRoot } from "../../src/kernel/index.ts";
import type { PolicyEventDocument } from "../../src/policy/session/index.ts";
import { compile } from "../lib/compile.ts";
import { sleep } from "../lib/measure.ts";

type Stopped = Extract<PolicyEventDocument, { readonly event: "stopped" }>;

/** A `corral policy run` of a benchmark. */
export interface RunningPolicy {
  readonly pid: number;
  readonly socket: string;
  readonly source: string;
  end(): Promise<Stopped>;
}

const env = (): NodeJS.ProcessEnv => {
  const { NODE_EXTRA_CA_CERTS: _, ...rest } = process.env;
  return rest;
};

/** @param rules lines of a file of rules; null: the classic policy with a delay of half a second */
export async function startPolicy(rules: readonly string[] | null, scheduling = "realtime"): Promise<RunningPolicy> {
  const scratch = mkdtempSync(path.join(tmpdir(), "corral-bench-"));
  const socket = path.join(scratch, "enrol", "s");
  const file = path.join(scratch, "policy.yaml");
  if (rules !== null) writeFileSync(file, ["version: 1", "rules:", ...rules, ""].join("\n"));
  const which = rules === null ? ["--delay-sec", "500ms"] : ["--rules", file];
  const argv = [
    path.join(packageRoot(), "dist/corral.cjs"),
    "policy",
    "run",
    "--json",
    "--sock-path",
    socket,
    ...which,
    "--scheduling",
    scheduling,
  ];
  const child = spawn(process.execPath, argv, {
    env: { ...env(), CORRAL_STATE_DIR: path.join(scratch, "state") },
    stdio: ["ignore", "pipe", "inherit"],
  });
  const told: { source: string | null } = { source: null };
  let rest = "";
  let stopped: Stopped | null = null;
  // Thousands of attempts a second are told: only the beginning and the end are kept.
  child.stdout.setEncoding("utf8").on("data", (chunk: string) => {
    const lines = (rest + chunk).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) {
      if (line.includes('"event":"started"')) told.source = (JSON.parse(line) as { source: string }).source;
      else if (line.includes('"event":"stopped"')) stopped = JSON.parse(line) as Stopped;
    }
  });
  while (told.source === null) await sleep(20);
  return {
    pid: child.pid ?? 0,
    socket,
    source: told.source,
    async end() {
      child.kill("SIGTERM");
      await once(child, "close");
      rmSync(scratch, { recursive: true, force: true });
      if (stopped === null) throw new Error("the policy said nothing of its end");
      return stopped;
    },
  };
}

/** Executes so many programs a second, or as many as two generators can. */
export function startExecStorm(perSec: number): { readonly end: () => void } {
  const scratch = mkdtempSync(path.join(tmpdir(), "corral-bench-"));
  const generators = 2;
  const argv = [1e9, (generators * 1e6) / perSec, generators, compile("events/nothing", scratch, "-static")].map(
    String,
  );
  const storm = spawn(compile("events/execgen", scratch), argv, { detached: true, stdio: "ignore" });
  return {
    end: () => {
      process.kill(-(storm.pid ?? 0), "SIGKILL");
      rmSync(scratch, { recursive: true, force: true });
    },
  };
}

/** Processes that live long enough to meet their deadline, started at moments that have nothing to do with timers. */
export async function startSleepers(count: number, gapMs: number): Promise<void> {
  for (let index = 0; index < count; index += 1) {
    spawn("/bin/sleep", ["2"], { stdio: "ignore" });
    await sleep(gapMs * (0.5 + Math.random()));
  }
  await sleep(1500);
}

/** A workload that answers each request. */
export function startWorkload(socket: string): { readonly end: () => void } {
  const file = path.join(packageRoot(), "test/host/fixtures/enrolled-workload.mjs");
  const child = spawn(process.execPath, [file, "answer", socket], { env: env(), stdio: ["pipe", "ignore", "inherit"] });
  return { end: () => void child.kill("SIGKILL") };
}

/** CPU time of a process in seconds. */
export function cpuSec(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, "latin1").split(") ")[1]?.split(" ") ?? [];
  return (Number(fields[11]) + Number(fields[12])) / 100;
}

export const forksSoFar = (): number =>
  Number(/^processes (\d+)/m.exec(readFileSync("/proc/stat", "latin1"))?.[1] ?? 0);
