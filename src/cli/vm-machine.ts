import type { VmOptions } from "../../vm/index.ts";
import { parseSize } from "../report/index.ts";
import { durationMs, wholeNumber } from "../run/settings/index.ts";
import type { RawFlags } from "./flag-definition.ts";
import { flagValue } from "./flag-values.ts";
import type { vmKernelFlag, vmMachineFlags, vmTimeoutFlag } from "./vm-machine-flags.ts";

type MachineFlags = RawFlags<
  typeof vmMachineFlags & { readonly kernel: typeof vmKernelFlag; readonly timeout: typeof vmTimeoutFlag }
>;

const mib = 2 ** 20;
const defaultTimeoutMs = 600_000;

/** The machine that flags describe. @throws CorralError USAGE */
export function vmMachine(
  flags: MachineFlags,
): Required<Pick<VmOptions, "cpus" | "numaNodes" | "memoryMib" | "kernel" | "timeoutMs">> {
  const number = (flag: "cpus" | "numa", most: number, fallback: number): number =>
    flags[flag] === undefined ? fallback : flagValue(flag, flags[flag], wholeNumber(1, most));
  const memory =
    flags.memory === undefined ? 2048 * mib : flagValue("memory", flags.memory, (text) => parseSize(text, mib));
  return {
    cpus: number("cpus", 64, 2),
    numaNodes: number("numa", 8, 1),
    memoryMib: Math.floor(memory / mib),
    kernel: flags.kernel ?? "debian-latest",
    timeoutMs: flags.timeout === undefined ? defaultTimeoutMs : flagValue("timeout", flags.timeout, durationMs),
  };
}
