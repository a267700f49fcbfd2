import { existsSync, readdirSync, readFileSync } from "node:fs";
import type { TestContext } from "node:test";
import { probeVm, runInVm, type VmOptions, type VmResult } from "../../vm/index.ts";

/** A run in a guest with the output as text and the guest's directory on the host. */
export interface ObservedRun extends VmResult {
  readonly output: string;
  /** Temporary directory that the harness made for this guest, from the guest's kernel command line. */
  readonly directory: string;
}

const timeoutMs = 180_000;

/** Ends the test with a printed reason where no guest can run. */
export async function requireVm(t: TestContext): Promise<boolean> {
  const probe = await probeVm();
  if (probe.usable) return true;
  t.skip(probe.platformProblem ?? probe.privilegeProblem ?? `missing: ${probe.missingPackages.join(", ")}`);
  return false;
}

/** Runs a shell script in a guest. */
export async function runScript(script: string, options: Partial<VmOptions> = {}): Promise<ObservedRun> {
  let output = "";
  const result = await runInVm({
    timeoutMs,
    ...options,
    command: ["sh", "-c", `cat /proc/cmdline; ${script}`],
    onOutput: (chunk) => {
      output += chunk.toString("utf8");
      options.onOutput?.(chunk);
    },
  });
  const cmdline = output.split("\n", 1)[0] ?? "";
  const directory = /CORRAL_VM_DIR=(\S+)/.exec(cmdline)?.[1] ?? "";
  return { ...result, output: output.slice(cmdline.length + 1), directory };
}

/** Everything on the host that still belongs to a guest: its processes' command lines, its directory. */
export function leftoversOf(directory: string): string[] {
  const processes = readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map((pid) => commandLineOf(pid))
    .filter((line) => line.includes(directory));
  return existsSync(directory) ? [directory, ...processes] : processes;
}

/** This process's mounts as the kernel lists them. */
export function hostMounts(): string {
  return readFileSync("/proc/self/mountinfo", "utf8");
}

function commandLineOf(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "utf8").replaceAll("\0", " ");
  } catch {
    return "";
  }
}
