import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import type { ProcessIdentity } from "../../../src/kernel/index.ts";
import { identityOf } from "../../../src/kernel/index.ts";
import type { ActionContext } from "../../../src/policy/index.ts";
import { fixture, v2, withParent, write } from "../support.ts";

export const mib = 2 ** 20;
const swapDisk = "/dev/nvme0n1";
const shell = (script: string): void => void execFileSync("sh", ["-c", script], { stdio: "ignore" });

export const swapOn = (): void => shell(`mkswap ${swapDisk} && swapon ${swapDisk}`);
export const swapOff = (): void => shell(`swapoff ${swapDisk}`);

export const context: ActionContext = {
  requestId: "r-1",
  ackTimeoutMs: 1000,
  dryRun: false,
  othersInGroup: false,
  signal: null,
};

/** A workload in a group of its own. */
export interface Held {
  readonly identity: ProcessIdentity;
  readonly directory: string;
  /** Below the mount. */
  readonly path: string;
}

/** Starts half-cold in a group: `totalMib` of memory, of which it goes on writing to `hotMib`. */
export function withHalfCold<T>(
  totalMib: number,
  hotMib: number,
  body: (held: Held) => Promise<T>,
  settings: Readonly<Record<string, string>> = {},
): Promise<T> {
  return withParent(async (directory) => {
    const child = spawn(
      "sh",
      [
        "-c",
        'echo $$ >"$0"; exec "$@"',
        `${directory}/cgroup.procs`,
        fixture("half-cold"),
        String(totalMib),
        String(hotMib),
      ],
      {
        stdio: ["ignore", "pipe", "inherit"],
      },
    );
    await new Promise((resolve) => child.stdout.once("data", resolve));
    const identity = identityOf(child.pid ?? 0);
    assert.ok(identity);
    const ended = new Promise((resolve) => child.once("exit", resolve));
    try {
      return await body({ identity, directory, path: directory.slice(v2.length) });
    } finally {
      write(`${directory}/cgroup.kill`, "1");
      await ended;
    }
  }, settings);
}
