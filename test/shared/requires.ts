import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import type { TestContext } from "node:test";
import type { Controller } from "../../src/cgroup/index.ts";
import { host } from "./group-parent.ts";

/** Null when the host can, else why it cannot. */
export type Reason = string | null;

/** Skips the test, printing the first reason, unless the host has all that it needs. */
export function requires(t: TestContext, ...reasons: readonly Reason[]): boolean {
  const missing = reasons.find((reason) => reason !== null);
  if (missing === undefined || missing === null) return true;
  t.skip(missing);
  return false;
}

export function program(name: string): Reason {
  const found = (process.env["PATH"] ?? "").split(":").some((folder) => existsSync(path.join(folder, name)));
  return found ? null : `${name} is not installed`;
}

export const root = (): Reason => (process.getuid?.() === 0 ? null : "needs root");

export function controller(name: Controller): Reason {
  return host.owner[name] === undefined ? `no mounted cgroup hierarchy has the ${name} controller` : null;
}

export function cpus(count: number): Reason {
  const text = readFileSync("/proc/self/status", "latin1");
  const mask = /^Cpus_allowed:\s*([0-9a-f,]+)/m.exec(text)?.[1]?.replaceAll(",", "") ?? "1";
  const allowed = BigInt(`0x${mask}`).toString(2).replaceAll("0", "").length;
  return allowed >= count ? null : `needs ${count} CPUs, has ${allowed}`;
}

/** Numbers of capabilities (capabilities(7)) that some tests need. */
const capabilityNumbers = { CAP_SYS_NICE: 23, CAP_SYS_RESOURCE: 24, CAP_SYS_ADMIN: 21 } as const;

export function capability(name: keyof typeof capabilityNumbers): Reason {
  const text = readFileSync("/proc/self/status", "latin1");
  const effective = BigInt(`0x${/^CapEff:\s*([0-9a-f]+)/m.exec(text)?.[1] ?? "0"}`);
  return (effective >> BigInt(capabilityNumbers[name])) & 1n ? null : `this process has no ${name}`;
}
