/** systemd/corral-guard.service in the guest's systemd, for the tests of it: its file, root group, events and clients. */
import assert from "node:assert/strict";
import type { ChildProcess } from "node:child_process";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { GuardClient } from "../../../src/guard/client/index.ts";
import { type Line, sleeperIn } from "../guard/support.ts";
import { removeTree, v2, write } from "../support.ts";
import { installCorral, installUnit, property, scratch, systemctl } from "./units.ts";

export const unit = "corral-guard.service";
export const config = join(scratch, "guard.yaml");
const log = join(scratch, "guard.log");
export const root = `${v2}/corral-vmtest-guard`;

/** As it is shipped but for its file and root group, and its events go to a file. */
export const settings = [
  "ExecStart=",
  `ExecStart=corral guard --config ${config} --cgroup-root ${root}`,
  "Environment=NODE_OPTIONS=",
  `StandardOutput=append:${log}`,
  `StandardError=append:${log}`,
  "TimeoutStartSec=60",
];

/** What was started in sessions. */
export const started: ChildProcess[] = [];

/** One that the last guard has answered has a connection that is of no use with the next. */
export async function ask<T>(question: (client: GuardClient) => Promise<T>): Promise<T> {
  const client = new GuardClient();
  try {
    return await question(client);
  } finally {
    client.close();
  }
}

export const mainPid = (): number => Number(property(unit, "MainPID"));
export const said = (): string => (existsSync(log) ? readFileSync(log, "utf8") : "");
export const lines = (): readonly Line[] =>
  said()
    .split("\n")
    .filter((line) => line.startsWith("{") && line.endsWith("}"))
    .map((line) => JSON.parse(line) as Line);

export async function inSession(session: string): Promise<ChildProcess> {
  const child = await sleeperIn(`${root}/${session}/framework`);
  started.push(child);
  return child;
}

export function start(): void {
  const { status, text } = systemctl("start", unit);
  assert.deepEqual([status, text], [0, ""], said());
}

/** Installs it with a file, and such settings beside. */
export function install(text: string, ...more: readonly string[]): void {
  installCorral();
  writeFileSync(config, text);
  installUnit(unit, ...settings, ...more);
}

/** Ends it and what was started in its sessions. */
export async function clear(): Promise<void> {
  systemctl("stop", unit);
  for (const child of started) child.kill("SIGKILL");
  if (!existsSync(root)) return;
  write(`${root}/cgroup.kill`, "1");
  await removeTree(root);
}
