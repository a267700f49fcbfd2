import { spawn } from "node:child_process";
import { copyFileSync, readFileSync } from "node:fs";
import path from "node:path";
import { sleep } from "../lib/measure.ts";

/** Processes that do nothing, so that a host has as many as a busy one. */
export interface Crowd {
  readonly count: number;
  readonly end: () => void;
}

/** Starts `count` sleepers below one shell and waits until all are there. */
export async function startCrowd(scratch: string, count: number): Promise<Crowd> {
  const idle = path.join(scratch, "idle");
  copyFileSync("/bin/sleep", idle);
  const script = `for ((i = 0; i < ${count}; i += 1)); do ${idle} 100000 & done; wait`;
  const shell = spawn("bash", ["-c", script], { detached: true, stdio: "ignore" });
  const pid = shell.pid ?? 0;
  const children = (): number => readFileSync(`/proc/${pid}/task/${pid}/children`, "latin1").split(" ").length - 1;
  while (children() < count) await sleep(50);
  return { count, end: () => void process.kill(-pid, "SIGKILL") };
}

/** A shell that executes programs as fast as it can; no rule wants them. */
export function startStorm(): { readonly end: () => void } {
  const shell = spawn("bash", ["-c", "while :; do /bin/true; done"], { detached: true, stdio: "ignore" });
  return { end: () => void process.kill(-(shell.pid ?? 0), "SIGKILL") };
}
