import { existsSync, writeFileSync } from "node:fs";
import path from "node:path";
import type { NativeAddon } from "../../src/kernel/index.ts";
import type { BenchParent } from "../lib/group-parent.ts";

/** What every part of the benchmark works with. */
export interface Settings {
  readonly addon: NativeAddon;
  readonly rounds: number;
  /** Idle time before each sample: a user's first command pays for the cold cgroup lock, the hundredth does not. */
  readonly gapMs: number;
  readonly parent: BenchParent;
  /** A folder of our own for scripts and bundles. */
  readonly scratch: string;
  /** State directories: in memory, and on the disk where results are kept; null where only memory is at hand. */
  readonly memoryState: string;
  readonly diskState: string | null;
  readonly nullFd: number;
}

/** The three limits of the headline figure. */
export const threeLimits = ["--cpu-quota", "50", "--memory-limit", "512", "--pids-max", "100"] as const;

/** Absolute path of a program on PATH, or null. */
export function findProgram(name: string): string | null {
  const folders = [...(process.env["PATH"] ?? "").split(":"), "/usr/sbin", "/sbin"];
  return folders.map((folder) => path.join(folder, name)).find((file) => existsSync(file)) ?? null;
}

/** The environment of everything measured: ours, without what would change how Node or Corral start. */
export function plainEnvironment(extra: Readonly<Record<string, string>> = {}): string[] {
  const unwanted = /^(NODE_|CORRAL_)/;
  const kept = Object.entries(process.env).filter(([name]) => !unwanted.test(name));
  return [...kept, ...Object.entries(extra)].map(([name, value]) => `${name}=${value}`);
}

const bareSpawnScript = `"use strict";
const { spawn } = require("node:child_process");
const [command, ...args] = process.argv.slice(2);
spawn(command, args, { stdio: "inherit" }).on("exit", (code, signal) => process.exit(signal ? 1 : code));
`;

/** A Node script that does nothing but spawn the same program: what a user would write instead. @returns its path */
export function writeBareScript(scratch: string): string {
  const script = path.join(scratch, "bare.cjs");
  writeFileSync(script, bareSpawnScript);
  return script;
}
