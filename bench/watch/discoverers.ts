import type { ChildProcess } from "node:child_process";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { packageRoot } from "../../src/kernel/index.ts";
import type { BenchParent } from "../lib/group-parent.ts";
import { host } from "../lib/group-parent.ts";
import { sleep } from "../lib/measure.ts";
import { findProgram } from "../run/settings.ts";

/** What finds processes and puts them into groups: Corral in its ways, and its peers. */
export interface Discoverer {
  readonly pid: number;
  /** Corral's own account, one object per event; empty for peers. */
  readonly events: () => readonly Readonly<Record<string, unknown>>[];
  readonly end: () => Promise<void>;
}

export interface Place {
  readonly scratch: string;
  /** State directory in memory, as /run is. */
  readonly state: string;
  readonly parent: BenchParent;
  /** The program that is to be found. */
  readonly target: string;
}

async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode === null && child.signalCode === null) {
    child.kill("SIGTERM");
    await once(child, "exit");
  }
}

/** `corral watch` with one rule of three limits. @param keys further lines of its file */
export async function startCorral(place: Place, ...keys: readonly string[]): Promise<Discoverer> {
  const file = path.join(place.scratch, "watch.yaml");
  const limits = "{ cpu-quota: 50, memory-limit: 512M, pids-max: 100 }";
  const rule = `  - { name: bench, match: { exe: ${place.target} }, limits: ${limits} }`;
  writeFileSync(file, ["version: 1", ...keys, "rules:", rule, ""].join("\n"));
  const { NODE_EXTRA_CA_CERTS: _, ...env } = process.env;
  const argv = [
    path.join(packageRoot(), "dist/corral.cjs"),
    "watch",
    "--json",
    "--config",
    file,
    "--on-stop",
    "release",
  ];
  const child = spawn(process.execPath, argv, {
    env: { ...env, CORRAL_STATE_DIR: place.state, CORRAL_CGROUP_PARENT: place.parent.argument },
    stdio: ["ignore", "pipe", "inherit"],
  });
  let text = "";
  child.stdout.setEncoding("utf8").on("data", (chunk: string) => {
    text += chunk;
  });
  const events = (): Readonly<Record<string, unknown>>[] =>
    text
      .split("\n")
      .slice(0, -1)
      .map((line) => JSON.parse(line));
  while (!text.includes("\n")) await sleep(20);
  // The first scan.
  await sleep(500);
  return { pid: child.pid ?? 0, events, end: () => ended(child) };
}

/** What cgrulesengd insists on, besides its rules; made for the measurement, and only where nothing of it is there. */
const cgrules = "/etc/cgrules.conf";
const cgconfig = "/etc/cgconfig.conf";
const cgconfigs = "/etc/cgconfig.d";
const controllers = ["cpu", "memory", "pids"] as const;

/** Why cgrulesengd of cgroup-tools cannot be measured here, or null. */
export function whyNoCgrulesengd(): string | null {
  if (findProgram("cgrulesengd") === null) return "not installed (cgroup-tools)";
  const there = [cgrules, cgconfig, cgconfigs].find((file) => existsSync(file));
  if (there !== undefined) return `${there} exists`;
  return controllers.some((name) => host.owner[name]?.version !== 1) ? "the controllers are not on cgroup v1" : null;
}

/** cgrulesengd of cgroup-tools: rules of user and program, the proc connector, groups that are there already. */
export async function startCgrulesengd({ target, parent }: Place): Promise<Discoverer> {
  const lines = controllers.map((name, index) => {
    const group = `${parent.directoryOf(name)}/peer`;
    mkdirSync(group);
    const destination = group.slice((host.owner[name]?.mountPoint.length ?? 0) + 1);
    return `${index === 0 ? `root:${target}` : "%"} ${name} ${destination}\n`;
  });
  mkdirSync(cgconfigs);
  writeFileSync(cgconfig, "");
  writeFileSync(cgrules, lines.join(""));
  const child = spawn(findProgram("cgrulesengd") ?? "", ["-n", "-Q"], { stdio: "ignore" });
  await sleep(1000);
  return {
    pid: child.pid ?? 0,
    events: () => [],
    end: async () => {
      await ended(child);
      for (const file of [cgrules, cgconfig, cgconfigs]) rmSync(file, { recursive: true });
    },
  };
}

/** CPU time that a process has used so far, in seconds. */
export function cpuSec(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, "latin1").split(") ")[1]?.split(" ") ?? [];
  return (Number(fields[11]) + Number(fields[12])) / 100;
}

export const rssMib = (pid: number): number =>
  Number(/^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, "latin1"))?.[1] ?? 0) / 1024;
