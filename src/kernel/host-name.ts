import { readProcText } from "./proc-read.ts";

/** The name of this host (proc_sys_kernel(5), hostname), as uname(2) has it: loading node:os costs a cold start 0.4 ms. */
export const hostName = (): string =>
  readProcText("/proc/sys/kernel/hostname")?.trimEnd() ?? process.getBuiltinModule("node:os").hostname();
