import { accessSync, constants } from "node:fs";
import { dirname, resolve } from "node:path";
import type { AskedRun, ServedRun } from "../guard/index.ts";
import { stateDirectories } from "../run/index.ts";
import { readPlainly } from "./plain-command-line.ts";
import { reportTarget } from "./report-target.ts";
import { everydayRunFlags } from "./run-flags.ts";
import { readVariables, toRunSpec } from "./run-spec.ts";
import { separateCommand } from "./separate-command.ts";

const readable = [{ path: ["run"], flags: everydayRunFlags, args: "command" }] as const;

/** A plain file in a directory that may be written to: everything else, and every mistake, is for Node. */
function isPlainReport(path: string): boolean {
  try {
    const target = reportTarget(path);
    if (target.kind !== "file" || target.path !== path) return false;
    accessSync(dirname(path), constants.W_OK);
    return true;
  } catch {
    return false;
  }
}

/**
 * The everyday `corral run` of a client of the guard, read as the program of an everyday run reads it. Null for what needs
 * a process of its own: a workload that is to end with it, a systemd scope, a report to anything but a plain file,
 * and what is not plainly such a command line.
 * @throws CorralError USAGE
 */
export function readServedRun({ words, environment, cwd, foreground }: AskedRun): ServedRun | null {
  const plain = readPlainly(separateCommand(words, readable), readable);
  if (plain === null) return null;
  const { flags, args } = plain;
  if (flags["no-daemon"] === true) return null;
  const spec = toRunSpec(flags, args, environment);
  if (spec.lifetime === "tied" || spec.scope === "systemd") return null;
  const report = plain.flags["report"];
  if (report !== undefined && !isPlainReport(resolve(cwd, String(report)))) return null;
  return {
    spec: { ...spec, processGroup: foreground ? "shared" : "own" },
    directories: stateDirectories(environment, process.getuid?.() ?? 0),
    variables: readVariables(flags),
    quiet: plain.flags["quiet"] === true,
    json: plain.flags["json"] === true,
    report: report === undefined ? null : String(report),
  };
}
