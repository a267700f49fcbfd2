import { randomBytes } from "node:crypto";
import { realpath } from "node:fs/promises";
import { availableParallelism } from "node:os";
import { dirname } from "node:path";
import { CorralError } from "../src/report/index.ts";
import { BoundProcess } from "./bound-process.ts";
import { type StartedGuest, watchGuest } from "./guest.ts";
import { GuestControl } from "./guest-control.ts";
import { GuestDirectory } from "./guest-directory.ts";
import { renderKernelCommandLine } from "./guest-files.ts";
import { HostLock } from "./host-lock.ts";
import { Interruption } from "./interruption.ts";
import { type PreparedKernel, prepareKernel } from "./kernel.ts";
import { resolveVmOptions, type VmOptions, type VmResult, type VmSpec } from "./options.ts";
import { packageRoot } from "./package-files.ts";
import { requireVm } from "./probe.ts";
import { parseQemuMajor, planQemuArguments } from "./qemu-arguments.ts";
import { startRootShare } from "./root-share.ts";
import { runTool } from "./tool.ts";

const qemuProgram = "qemu-system-x86_64";

/** One per guest that may run: emulation keeps one processor of the host busy. */
const guestLocks = (): [string, ...string[]] => [
  "guest.lock",
  ...Array.from({ length: availableParallelism() - 1 }, (_, index) => `guest.${index + 1}.lock`),
];

/**
 * Boots a guest that sees the host's files read-only, runs one command in it as root with all of
 * cgroup v2, and returns how it ended. As many guests run on a host as it has processors; others wait.
 * Nothing is left behind, also when this process is stopped by SIGINT, SIGTERM or SIGHUP.
 * @throws {CorralError} USAGE for options out of range, VM_UNAVAILABLE when something is missing
 *   here, VM_FAILED when QEMU or virtiofsd gave up or this process was told to stop
 * @throws the reason of `options.signal` when that aborts
 */
export async function runInVm(options: VmOptions): Promise<VmResult> {
  const spec = resolveVmOptions(options, process.cwd());
  await requireVm(spec.init === "systemd" ? ["run", "systemd"] : ["run"]);
  const { onProgress } = options;

  const control = new GuestControl();
  using interruption = new Interruption(options.signal, (failed) => {
    if (!spec.passesSignal || !control.end(failed)) return false;
    onProgress?.("the command in the guest is told to end; a second signal stops the guest at once");
    return true;
  });
  const { signal } = interruption;
  const kernel = await prepareKernel(spec.kernel, onProgress, { modules: spec.modules, signal });
  await using lock = await HostLock.acquire({
    names: guestLocks(),
    holder: "another virtual machine",
    onProgress,
    signal,
  });
  await GuestDirectory.removeLeftover(await lock.readNote());

  const nonce = randomBytes(8).toString("hex");
  const neededPaths = await findNeededPaths(spec, kernel);
  const { init, passesSignal } = spec;
  const settings = { nonce, init, modulesRoot: kernel.modulesRoot, passesSignal, neededPaths };
  await using directory = await GuestDirectory.create(spec, settings);
  await lock.writeNote(directory.path);

  await using share = await startRootShare(directory, [...neededPaths, directory.path], signal);
  const args = await planArguments(spec, kernel, directory);
  const startedAt = performance.now();
  await using qemu = new BoundProcess(qemuProgram, args);
  const guest: StartedGuest = { qemu, share, directory, nonce, startedAt };
  const onBoot = (): void => control.open(directory.controlSocket);
  return await watchGuest(guest, { timeoutMs: spec.timeoutMs, signal, onBoot, onOutput: options.onOutput });
}

async function planArguments(spec: VmSpec, kernel: PreparedKernel, directory: GuestDirectory): Promise<string[]> {
  return planQemuArguments({
    qemuMajor: await readQemuMajor(),
    cpus: spec.cpus,
    memoryMib: spec.memoryMib,
    numaNodes: spec.numaNodes,
    kernel: kernel.image,
    initramfs: kernel.earlyModules === null ? null : await directory.writeInitramfs(kernel.earlyModules),
    kernelCommandLine: renderKernelCommandLine(directory.path, spec.init, spec.kernelArguments),
    rootSocket: directory.rootSocket,
    consoleFile: directory.consoleFile,
    outputFile: directory.outputFile,
    controlSocket: spec.passesSignal ? directory.controlSocket : null,
    diskFiles: directory.diskFiles,
  });
}

async function readQemuMajor(): Promise<number> {
  const { stdout } = await runTool(qemuProgram, ["--version"]);
  const major = parseQemuMajor(stdout.toString("utf8"));
  if (major !== null) return major;
  throw new CorralError("VM_UNAVAILABLE", `${qemuProgram} --version names no version`, {
    object: qemuProgram,
    found: stdout.toString("utf8").split("\n", 1)[0] ?? "",
  });
}

/** Paths of the host that the command needs; no temporary file system may cover them. */
async function findNeededPaths(spec: VmSpec, kernel: PreparedKernel): Promise<string[]> {
  const program = spec.command[0]?.startsWith("/") === true ? [spec.command[0]] : [];
  const modules = kernel.modulesRoot === null ? [] : [kernel.modulesRoot];
  const node = [process.execPath, await realpath(process.execPath)].map((path) => dirname(path));
  return [spec.cwd, packageRoot(), ...node, ...program, ...modules, ...spec.visiblePaths];
}
