import { CorralError } from "../src/report/index.ts";
import { isAtOrBelow, ownMounts } from "./shared-tree.ts";

/** Kernels that Corral fetches by itself: Debian's cloud flavour of the last but one release, of the last, and of sid. */
export type KernelName = "debian-oldstable" | "debian-stable" | "debian-latest";

/** Which program is process 1 of the guest. */
export type VmInit = "plain" | "systemd";

/** What to run in a guest and what the guest looks like. */
export interface VmOptions {
  /** Program and arguments, run as root. */
  readonly command: readonly string[];
  /** Working directory: an absolute path of the host, which the guest sees read-only. Default: that of this process. */
  readonly cwd?: string;
  /** Other paths of the host, absolute, that the command needs: nothing of the guest's own covers them. Default: none. */
  readonly visiblePaths?: readonly string[];
  /** Added to the guest's own small environment; nothing is inherited from this process. Default: nothing. */
  readonly env?: Readonly<Record<string, string>>;
  /** A kernel by name, or the absolute path of a vmlinux or bzImage. Default: "debian-stable". */
  readonly kernel?: string;
  /** Fetch the kernel's modules too and let modprobe find them; only for kernels by name. Default: false. */
  readonly modules?: boolean;
  /** Words appended to the kernel command line, such as `psi=0`. Default: none. */
  readonly kernelArguments?: readonly string[];
  /** Virtual CPUs, 1 to 64. Default: 2. */
  readonly cpus?: number;
  /** Memory in MiB, at least 256. Default: 2048. */
  readonly memoryMib?: number;
  /** NUMA nodes sharing CPUs and memory evenly, 1 to 8 and at most one per CPU. Default: 1. */
  readonly numaNodes?: number;
  /** Empty NVMe disks of 256 MiB, 0 to 8: /dev/nvme0n1, /dev/nvme1n1, … Default: 1. */
  readonly disks?: number;
  /** Default: "plain". */
  readonly init?: VmInit;
  /** Time for boot and command together, in milliseconds. Default: 600000. */
  readonly timeoutMs?: number;
  /** Receives the command's output, stdout and stderr in one stream, while it runs. */
  readonly onOutput?: (chunk: Buffer) => void;
  /** Receives one line for people per slow step: download, waiting for another guest. */
  readonly onProgress?: (message: string) => void;
  /**
   * The first SIGINT, SIGTERM or SIGHUP to this process while the command runs is passed on to it as SIGTERM, and its end is waited for;
   * the next one stops the guest at once. Default: false, the first one does.
   */
  readonly passesSignal?: boolean;
  /** Stops the guest at once; `runInVm` then rejects with the signal's reason. */
  readonly signal?: AbortSignal;
}

/** How a guest ended. */
export interface VmResult {
  /** The command's own status (128+n on signal); 124 when the time ran out; 125 when the guest failed. */
  readonly exitStatus: number;
  /** Whether the guest was stopped because `timeoutMs` had passed. */
  readonly timedOut: boolean;
  /** One line on why the guest ended without the command's status; null when the command ended by itself or time ran out. */
  readonly failure: string | null;
  /** From the start of QEMU until the command was about to start; null when it never was. */
  readonly bootMs: number | null;
  /** From the start of QEMU until its end. */
  readonly durationMs: number;
  /** `uname -r` of the guest; null when it never said so. */
  readonly kernelRelease: string | null;
  /** Last lines of the guest's kernel console; null when the command ended by itself. */
  readonly consoleTail: string | null;
}

/** Options with every default filled in and every value checked. */
export interface VmSpec {
  readonly command: readonly string[];
  readonly cwd: string;
  readonly visiblePaths: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly kernel: string;
  readonly modules: boolean;
  readonly kernelArguments: readonly string[];
  readonly cpus: number;
  readonly memoryMib: number;
  readonly numaNodes: number;
  readonly disks: number;
  readonly init: VmInit;
  readonly timeoutMs: number;
  readonly passesSignal: boolean;
}

/**
 * Fills in defaults and checks ranges.
 * @throws {CorralError} USAGE naming the option, its range and what was given
 */
export function resolveVmOptions(options: VmOptions, currentDirectory: string): VmSpec {
  if (options.command.length === 0) throw usage("command", "nothing", "a program to run");
  const cpus = integerIn("cpus", options.cpus ?? 2, 1, 64);
  return {
    command: options.command.map((word) => noNul("command", word)),
    cwd: absolute("cwd", options.cwd ?? currentDirectory),
    visiblePaths: (options.visiblePaths ?? []).map((path) => visible("visiblePaths", path)),
    env: checkedEnvironment(options.env ?? {}),
    kernel: options.kernel ?? "debian-stable",
    modules: options.modules ?? false,
    kernelArguments: options.kernelArguments ?? [],
    cpus,
    memoryMib: integerIn("memoryMib", options.memoryMib ?? 2048, 256, 1 << 20),
    numaNodes: integerIn("numaNodes", options.numaNodes ?? 1, 1, Math.min(8, cpus)),
    disks: integerIn("disks", options.disks ?? 1, 0, 8),
    init: options.init ?? "plain",
    timeoutMs: integerIn("timeoutMs", options.timeoutMs ?? 600_000, 1, 2 ** 31 - 1),
    passesSignal: options.passesSignal ?? false,
  };
}

function checkedEnvironment(env: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  for (const [name, value] of Object.entries(env)) {
    if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(name)) throw usage("env", name, "names of letters, digits and _");
    noNul(`env ${name}`, value);
  }
  return env;
}

function integerIn(option: string, value: number, least: number, most: number): number {
  if (Number.isInteger(value) && value >= least && value <= most) return value;
  throw usage(option, String(value), `a whole number from ${least} to ${most}`);
}

function absolute(option: string, path: string): string {
  if (path.startsWith("/")) return noNul(option, path);
  throw usage(option, path, "an absolute path");
}

/** What lies where the guest has something of its own cannot be shown to it. */
function visible(option: string, path: string): string {
  const own = ownMounts.find((mount) => isAtOrBelow(path, mount));
  if (own === undefined) return absolute(option, path);
  throw new CorralError("USAGE", `the guest cannot see ${path}: it has a ${own} of its own`, {
    object: path,
    found: own,
    fix: "copy it to another directory, such as the working directory",
  });
}

function noNul(option: string, text: string): string {
  if (text.includes("\0")) throw usage(option, "a NUL byte", "text without NUL bytes");
  return text;
}

function usage(option: string, found: string, wanted: string): CorralError {
  return new CorralError("USAGE", `vm ${option}: expected ${wanted}, got ${found}`, {
    object: option,
    found,
    fix: `give ${wanted}`,
  });
}
