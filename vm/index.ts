/**
 * vm/: a virtual machine for one command: Debian kernel, QEMU without KVM, the host's files read-only
 * as root file system, everything of cgroup v2. Kernels come from Debian's archive, verified by apt.
 * Knows nothing of what runs in the guest; of Corral it may know errors and the doors of the kernel.
 */

export { buildGuestProgram } from "./guest-program.ts";
export { type PreparedKernel, type PrepareOptions, prepareKernel } from "./kernel.ts";
export type { KernelName, VmInit, VmOptions, VmResult } from "./options.ts";
export { probeVm, type VmProbe, type VmRequirement } from "./probe.ts";
export type { RequirementUse } from "./requirements.ts";
export { runInVm } from "./run-in-vm.ts";
