import { copyFileSync, existsSync, mkdirSync, symlinkSync } from "node:fs";
import path from "node:path";
import { packageRoot } from "../../src/kernel/index.ts";
import { host } from "../lib/group-parent.ts";
import { makeRuncBundle } from "./runc-bundle.ts";
import type { Settings } from "./settings.ts";
import { findProgram, plainEnvironment, threeLimits, writeBareScript } from "./settings.ts";

/** A command line to measure cold, or why it cannot be measured here. */
export type ColdVariant =
  | { readonly name: string; readonly command: readonly string[]; readonly env: readonly string[] }
  | { readonly name: string; readonly missing: string };

export const names = {
  exec: "true, executed directly",
  node: "node -e 0",
  bare: "bare Node script that spawns it",
  unlimited: "corral run",
  limited: "corral run, three limits",
  onDisk: "corral run, three limits, state on disk",
  uncached: "corral run, three limits, no code cache",
} as const;

/** Where an installation keeps its code cache. */
const cacheName = `run.${process.version}.${process.arch}.v8`;

/** An installation of our own, so that neither a build nor another run meanwhile changes what is measured. */
function install(root: string): string {
  mkdirSync(path.join(root, "dist"), { recursive: true });
  for (const file of ["package.json", "dist/corral.cjs", "dist/run.cjs", "dist/program.cjs"])
    copyFileSync(path.join(packageRoot(), file), path.join(root, file));
  symlinkSync(path.join(packageRoot(), "prebuilds"), path.join(root, "prebuilds"));
  return path.join(root, "dist/corral.cjs");
}

/** One that can never keep a code cache. */
function installUncached(root: string): string {
  const cli = install(root);
  mkdirSync(path.join(root, "dist", cacheName));
  return cli;
}

/** A group for a peer to join, as a path from the mount: on v2 our parent passes controllers on and takes no process. */
function joinableGroup({ parent }: Settings, controller: "cpu" | "memory" | "pids"): string {
  const mount = host.owner[controller]?.mountPoint ?? "";
  const directory = `${parent.directoryOf(controller) ?? ""}/peer`;
  mkdirSync(directory, { recursive: true });
  return directory.slice(mount.length).replace(/^\//, "");
}

/** What cgexec is told to join: a group of ours for each of the three limits. */
export const peerGroups = (settings: Settings): readonly string[] =>
  (["cpu", "memory", "pids"] as const).flatMap((controller) => [
    "-g",
    `${controller}:${joinableGroup(settings, controller)}`,
  ]);

function peers(settings: Settings, env: readonly string[]): ColdVariant[] {
  const peer = (name: string, program: string, rest: (file: string) => readonly string[]): ColdVariant => {
    const file = findProgram(program);
    return file === null ? { name, missing: `${program} is not installed` } : { name, command: rest(file), env };
  };
  const target = `${settings.scratch}/bundle`;
  const systemd = existsSync("/run/systemd/system");
  const limits = ["-p", "CPUQuota=50%", "-p", "MemoryMax=512M", "-p", "TasksMax=100"];
  const systemdRun = (name: string, flags: readonly string[]): ColdVariant =>
    systemd
      ? peer(name, "systemd-run", (file) => [file, "--quiet", "--collect", ...flags, ...limits, "true"])
      : { name, missing: "systemd is not process 1 here (--vm measures it)" };
  return [
    peer("bwrap, no limits", "bwrap", (file) => [file, "--dev-bind", "/", "/", "true"]),
    peer("cgexec, group already there", "cgexec", (file) => [file, ...peerGroups(settings), "true"]),
    peer("runc run, three limits", "runc", (file) => {
      makeRuncBundle(file, target, settings.parent.name);
      return [file, "--root", `${settings.scratch}/runc`, "run", "--bundle", target, settings.parent.name];
    }),
    systemdRun("systemd-run --scope, three limits", ["--scope"]),
    systemdRun("systemd-run --wait --pipe, three limits", ["--wait", "--pipe"]),
  ];
}

/** Everything measured cold, in the order of a round. */
export function coldVariants(settings: Settings): ColdVariant[] {
  const { scratch, memoryState, diskState, parent } = settings;
  const script = writeBareScript(scratch);
  const node = process.execPath;
  const cli = install(path.join(scratch, "installed"));
  const env = plainEnvironment();
  const corral = (name: string, flags: readonly string[], state: string, file = cli): ColdVariant => ({
    name,
    command: [node, file, "run", "--quiet", ...flags, "--", "true"],
    env: plainEnvironment({ CORRAL_STATE_DIR: state, CORRAL_CGROUP_PARENT: parent.argument }),
  });
  return [
    { name: names.exec, command: [findProgram("true") ?? "/bin/true"], env },
    { name: names.node, command: [node, "-e", "0"], env },
    { name: names.bare, command: [node, script, "true"], env },
    corral(names.unlimited, [], memoryState),
    corral(names.limited, threeLimits, memoryState),
    diskState === null
      ? { name: names.onDisk, missing: "there is no disk to write to" }
      : corral(names.onDisk, threeLimits, diskState),
    corral(names.uncached, threeLimits, memoryState, installUncached(path.join(scratch, "uncached"))),
    ...peers(settings, env),
  ];
}
