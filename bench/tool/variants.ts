import { symlinkSync, writeFileSync } from "node:fs";
import path from "node:path";
import { packageRoot, requireThinClient } from "../../src/kernel/index.ts";
import type { BenchGuard } from "./guard.ts";
import { callFlags, shimEnvironment } from "./guard.ts";

/** One way to run a tool. */
export interface ToolVariant {
  readonly name: string;
  readonly command: readonly string[];
  readonly env: Readonly<Record<string, string>>;
}

export const names = {
  plain: "bash -c true",
  original: "the original wrapper's mechanism",
  thin: "corral tool run, native client",
  installed: "the same, as npm installs it",
  shim: "bash -c true through the stand-in",
  node: "corral tool run, Node",
} as const;

/**
 * What the original wrapper does for a call, with its order of steps and its forks, from its description: a group, a cap, itself
 * into it, the command as a child, two figures read, a line for a log, back out, the group away. Where there is no controller of
 * memory, files that every group has take the place of its three, so that the number of steps is the same.
 */
const originalMechanism = `
root=$1 out=$2 cap=$3 value=$4 peak=$5 current=$6; shift 6
hint=\${AGENT_RESOURCE_HINT:-}
case $hint in memory:*) value=\${hint#memory:} ;; esac
group=$root/tool_$$_$(date +%s%N)
start=$(date +%s%N)
mkdir "$group" && echo "$value" >"$group/$cap" && echo $$ >"$group/cgroup.procs"
/bin/bash "$@"
code=$?
used=$(cat "$group/$peak" | head -n 1)
now=$(cat "$group/$current" | head -n 1)
end=$(date +%s%N)
cmd=$(printf '%s' "$2" | head -c 200 | tr '"' "'")
printf '{"ts":%s,"pid":%s,"cgroup":"%s","cmd":"%s","exit":%s,"duration_ms":%s,"peak_mem":"%s","current_mem":"%s","hint":"%s"}\\n' \\
  "$end" $$ "$group" "$cmd" $code $(((end - start) / 1000000)) "$used" "$now" "$hint" >>"$out"
echo $$ >"$(dirname "$root")/framework/cgroup.procs"
rmdir "$group"
exit $code
`;

const withMemory = ["memory.high", "max", "memory.peak", "memory.current"] as const;
const withoutMemory = ["cgroup.max.descendants", "max", "cpu.stat", "cgroup.stat"] as const;

export function toolVariants(guard: BenchGuard, scratch: string): readonly ToolVariant[] {
  const wrapper = path.join(scratch, "original.sh");
  writeFileSync(wrapper, originalMechanism);
  const shim = path.join(scratch, "bash");
  symlinkSync(requireThinClient(), shim);
  const files = guard.missing.includes("memory") ? withoutMemory : withMemory;
  const command = ["bash", "-c", "true"];
  const call = ["tool", "run", ...callFlags(guard), "--", ...command];
  const env = {};
  return [
    { name: names.plain, command: ["/bin/bash", "-c", "true"], env },
    {
      name: names.original,
      command: ["/bin/bash", wrapper, guard.tools, path.join(scratch, "log"), ...files, "-c", "true"],
      env,
    },
    { name: names.thin, command: [requireThinClient(), ...call], env },
    { name: names.installed, command: [path.join(packageRoot(), "bin/corral"), ...call], env },
    { name: names.shim, command: [shim, "-c", "true"], env: shimEnvironment(guard) },
    { name: names.node, command: [process.execPath, path.join(packageRoot(), "dist/corral.cjs"), ...call], env },
  ];
}

/** What others have published of a start and an end of a container; not measured here. */
export const published: readonly { readonly name: string; readonly ms: number; readonly source: string }[] = [
  { name: "docker run, Azure VM with 2 vCPU, SSD", ms: 568, source: "arXiv:2602.15214" },
  { name: "docker run, the same with HDD", ms: 1157, source: "arXiv:2602.15214" },
  { name: "docker run ubuntu echo, Apple M3 Pro", ms: 299, source: "github.com/apple/container/issues/58" },
];
